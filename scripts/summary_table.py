"""Make one table of 6_summary."""

from daydream.logs import script_logged
from daydream.tables import make_summary

table, wanted = snakemake.wildcards.table, snakemake.input
with script_logged(snakemake.log[0], table):
    least = snakemake.params.min_coverage
    make_summary(table, wanted.scores, wanted.scales, least, snakemake.output)
