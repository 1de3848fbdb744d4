"""Tables: the scores of the cohort, what they say, and the same over every cohort in the store.

Inputs:  the parsed.txt of every evaluation; membership.csv, so that a cohort that grew or shrank
         brings new tables
Outputs: 5_parsing/<cohort>/parsed_scores.csv, 6_summary/<cohort>/*.csv, both also as *.parquet;
         7_cross_experiment/*.csv
Reruns:  when an evaluation or the membership is newer. With allow_incomplete the tables are made
         from what is there, after everything else has had its turn.
"""


rule parsed_scores:
    """One row per evaluation, with its score or the reason why there is none."""
    input:
        membership=cohort_made,
        evaluations=scored,
    output:
        csv=layout.scores(COHORT),
        parquet=layout.scores(COHORT, "parquet"),
    log:
        "logs/parsed_scores.log",
    priority: -1
    # All threads and last: with allow_incomplete the rows are read when everything else had its turn.
    threads: workflow.cores if project.settings.allow_incomplete else 1
    message:
        "Reading the scores of cohort {COHORT}"
    run:
        plainly(project.write_scores)


rule summary_table:
    """A table of 6_summary."""
    input:
        scores=rules.parsed_scores.output.csv,
        membership=cohort_made,
        scales=layout.templates_csv("evaluation"),
    output:
        csv=layout.summary(COHORT, "{table}"),
        parquet=layout.summary(COHORT, "{table}", "parquet"),
    log:
        "logs/summary_table/{table}.log",
    wildcard_constraints:
        table="|".join(SUMMARY_TABLES),
    conda:
        "envs/tables.yaml"
    params:
        min_coverage=project.settings.min_coverage,
    script:
        "../scripts/summary_table.py"


rule cross_scores:
    """One row per evaluation in the store, whichever cohort asked for it."""
    input:
        scores=rules.parsed_scores.output.csv,
        membership=cohort_made,
        others=project.other_cohorts_scores,
    output:
        layout.cross("parsed_scores"),
    log:
        "logs/cross_scores.log",
    run:
        plainly(project.write_store_scores)


rule cross_table:
    """A table of 7_cross_experiment."""
    input:
        scores=rules.cross_scores.output[0],
        scales=layout.templates_csv("evaluation"),
    output:
        layout.cross("{table}"),
    log:
        "logs/cross_table/{table}.log",
    wildcard_constraints:
        table="|".join(CROSS_TABLES),
    conda:
        "envs/tables.yaml"
    params:
        keep=project.filters_as_columns,
    script:
        "../scripts/cross_table.py"


rule results_processing:
    """The scores of the cohort."""
    input:
        rules.parsed_scores.output,


rule results_summary:
    """The summary tables of the cohort."""
    input:
        [layout.summary(COHORT, table, form) for table in SUMMARY_TABLES for form in FORMS],


rule cross_experiment:
    """The tables over every cohort in the store."""
    input:
        rules.cross_scores.output,
        [layout.cross(table) for table in CROSS_TABLES],


localrules:
    parsed_scores,
    cross_scores,
    results_processing,
    results_summary,
    cross_experiment,
