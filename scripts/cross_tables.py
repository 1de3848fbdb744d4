"""Make the tables of 7_cross_experiment."""

from daydream.results.cross import make_cross
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "cross_tables"):
    given, asked = snakemake.input, snakemake.params
    make_cross(
        given.scores,
        given.scales,
        [*given.own, *given.others],
        asked.keep,
        asked.min_coverage,
        snakemake.output,
    )
