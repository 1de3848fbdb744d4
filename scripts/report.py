"""Make the report: its figures and its pages."""

from daydream.report.site import make_report
from daydream.workflow.job_log import script_logged

with script_logged(snakemake.log[0], "report"):
    root, min_coverage = snakemake.params.data_root, snakemake.params.min_coverage
    make_report(root, snakemake.input.membership, min_coverage, snakemake.output.figures)
