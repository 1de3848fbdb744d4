"""Make the table of the models' versions in 6_summary."""

from daydream.results.snapshots import make_snapshots
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "snapshots"):
    make_snapshots(snakemake.input.membership, snakemake.output)
