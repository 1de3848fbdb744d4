"""Make the report: its figures and its pages."""

from daydream.logs import script_logged
from daydream.report.site import make_report

with script_logged(snakemake.log[0], "report"):
    root, least = snakemake.config["data_root"], snakemake.params.min_coverage
    make_report(root, snakemake.input.membership, least, snakemake.output.figures)
