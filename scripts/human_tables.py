"""Make the tables of human ratings in 6_summary."""

from daydream.results.human import make_human
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "human_tables"):
    files, least = snakemake.input, snakemake.params.min_coverage
    ratings = [files.ratings] if isinstance(files.ratings, str) else files.ratings
    make_human(files.scores, ratings, files.membership, least, snakemake.output)
