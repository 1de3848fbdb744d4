"""Make the analyses of 6_summary."""

from daydream.results.analyses import make_analyses
from daydream.results.selection import selection_note
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "analysis_tables"):
    inputs, least = snakemake.input, snakemake.params.min_coverage
    outputs, answers = snakemake.output, inputs.snapshots
    chosen = selection_note(inputs.membership)
    make_analyses(inputs.scores, inputs.scales, least, outputs, answers, chosen)
