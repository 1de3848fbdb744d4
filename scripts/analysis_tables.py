"""Make the analyses of 6_summary."""

from daydream.results.analyses import make_analyses
from daydream.results.selection import selection_note
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "analysis_tables"):
    wanted, least = snakemake.input, snakemake.params.min_coverage
    outputs, answers = snakemake.output, wanted.snapshots
    chosen = selection_note(wanted.membership)
    make_analyses(wanted.scores, wanted.scales, least, outputs, answers, chosen)
