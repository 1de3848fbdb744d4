"""Make one table of 7_cross_experiment."""

from daydream.logs import script_logged
from daydream.tables import make_cross

table = snakemake.wildcards.table
with script_logged(snakemake.log[0], table):
    make_cross(table, snakemake.input.scores, snakemake.params.keep, snakemake.output[0])
