"""Make the summary tables of 6_summary."""

from daydream.results.summary import make_summaries
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "summary_tables"):
    inputs, least = snakemake.input, snakemake.params.min_coverage
    make_summaries(inputs.scores, inputs.scales, least, snakemake.output)
