"""Make the tables of 7_cross_experiment."""

from daydream.logs import script_logged
from daydream.tables import make_cross

with script_logged(snakemake.log[0], "cross_tables"):
    keep, least = snakemake.params.keep, snakemake.params.min_coverage
    make_cross(snakemake.input.scores, keep, least, snakemake.output)
