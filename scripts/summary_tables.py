"""Make the summary tables of 6_summary."""

from daydream.logs import script_logged
from daydream.tables import make_summaries

with script_logged(snakemake.log[0], "summary_tables"):
    wanted, least = snakemake.input, snakemake.params.min_coverage
    make_summaries(wanted.scores, wanted.scales, least, snakemake.output)
