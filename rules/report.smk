"""The report: a static site that a person opens from disk, and its figures as pictures.

Inputs:  the scores and every table of 6_summary; cohort_levels of 7_cross_experiment;
         membership.csv; the catalogs, for the names; the pages of the package
Outputs: 8_report/<cohort>/index.html, and beside it what it leads to: essays.html (and essays-2.html ...), essays/*.html,
         cohorts.html, assets/*, data/* (copies of the tables among it);
         8_report/<cohort>/figures/*.svg, for `snakemake --report`
Reruns:  when one of the inputs is newer
"""


# What `snakemake --report` opens with.
report: "../report/workflow.rst"


# One job: a process takes longer to import Altair than to draw.
rule site:
    """The pages of the report on the cohort, and its charts as pictures. Target: report."""
    input:
        rules.results_summary.input,
        rules.results_analysis.input,
        scores=rules.parsed_scores.output.csv,
        membership=cohort_made,
        catalogs=inputs.catalogs,
        pages=page_sources(),
        cohorts=layout.cross("cohort_levels"),
    output:
        # The other pages are not declared: a directory would take whatever a person put there with
        # it when it is made again. The index is written last, and Snakemake removes it before the
        # job and after a failure, so that half a site has no way in.
        index=layout.report(COHORT),
        figures=[figure(*one) for one in FIGURES],
    log:
        "logs/site.log",
    conda:
        "envs/tables.yaml"
    params:
        data_root=lambda wildcards: layout.root,
        min_coverage=project.settings.min_coverage,
    script:
        "../scripts/report.py"


rule report:
    """Target to type: the report on the cohort, and all tables it needs."""
    input:
        cohort_made,
        rules.site.output,
    message:
        f"The report on cohort {COHORT}: {layout.report(COHORT)}"


localrules:
    report,
