"""Make the tables of 7_cross_experiment."""

from daydream.results.summary import make_cross
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "cross_tables"):
    keep, least = snakemake.params.keep, snakemake.params.min_coverage
    make_cross(snakemake.input.scores, keep, least, snakemake.output)
