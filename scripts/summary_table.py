"""Make one table of 6_summary."""

from daydream.logs import script_logged
from daydream.tables import make_summary

table = snakemake.wildcards.table
with script_logged(snakemake.log[0], table):
    make_summary(table, snakemake.input.scores, snakemake.input.scales, snakemake.output[0])
