"""Make the tables of comparisons in 6_summary."""

from daydream.logs import script_logged
from daydream.pairwise_tables import make_pairwise

with script_logged(snakemake.log[0], "pairwise_tables"):
    wanted, least = snakemake.input, snakemake.params.min_coverage
    make_pairwise(wanted.comparisons, wanted.membership, least, snakemake.output)
