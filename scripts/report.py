"""Make the report: its figures and its pages."""

from daydream.report.site import make_report
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "report"):
    root, least = snakemake.config["data_root"], snakemake.params.min_coverage
    make_report(root, snakemake.input.membership, least, snakemake.output.figures)
