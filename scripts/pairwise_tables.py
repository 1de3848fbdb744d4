"""Make the tables of comparisons in 6_summary."""

from daydream.results.pairwise import make_pairwise
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "pairwise_tables"):
    inputs, least = snakemake.input, snakemake.params.min_coverage
    make_pairwise(inputs.comparisons, inputs.membership, least, snakemake.output)
