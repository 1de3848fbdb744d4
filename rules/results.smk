"""Tables: the scores of the cohort, what they say, and the same over every cohort in the store.

Inputs:  the parsed.txt of every evaluation and comparison; membership.csv, so that a cohort that
         grew or shrank brings new tables; the scales of the evaluation templates; the models,
         for their families; the concepts, for their names
Outputs: 5_parsing/<cohort>/{parsed_scores,parsed_comparisons}.csv, 6_summary/<cohort>/*.csv,
         both also as *.parquet; 7_cross_experiment/*.csv
Reruns:  when one of these is newer, when an earlier version made them with other columns, and the
         tables over every cohort also when the configuration filters something else. With allow_incomplete the tables are made from what is there,
         after everything else has had its turn.
"""


rule parsed_scores:
    """Table: a row per evaluation of the cohort, with its score or why there is none."""
    input:
        membership=cohort_made,
        evaluations=for_table("evaluation"),
        scales=layout.templates_csv("evaluation"),
        models=layout.models_csv,
        concepts=layout.raw("concepts_metadata.csv"),
        columns=new_columns,
    output:
        csv=in_report(layout.scores(COHORT), "parsed_scores", "parsed_scores"),
        parquet=layout.scores(COHORT, "parquet"),
    log:
        "logs/parsed_scores.log",
    priority: -1
    # All threads and last: with allow_incomplete the rows are read when everything else had its turn.
    threads: last_of_all()
    message:
        f"Reading the scores of cohort {COHORT}"
    run:
        plainly(tables.write_parsed_scores, project, output.csv, output.parquet)


rule parsed_comparisons:
    """Table: a row per comparison of the cohort, with its verdict or why there is none."""
    input:
        membership=cohort_made,
        comparisons=for_table("comparison"),
        concepts=layout.raw("concepts_metadata.csv"),
        columns=new_columns,
    output:
        csv=layout.comparisons(COHORT),
        parquet=layout.comparisons(COHORT, "parquet"),
    log:
        "logs/parsed_comparisons.log",
    priority: -1
    # As for the scores.
    threads: last_of_all()
    message:
        f"Reading the comparisons of cohort {COHORT}"
    run:
        plainly(tables.write_parsed_comparisons, project, output.csv, output.parquet)


# One job for all of them: a process takes longer to import pandas than to fill a table.
rule summary_tables:
    """Tables in 6_summary: means, counts and pivots of the scores. Target: results_summary."""
    input:
        scores=rules.parsed_scores.output.parquet,
        membership=cohort_made,
        scales=layout.templates_csv("evaluation"),
    output:
        [in_report(layout.summary(COHORT, table), table, table) for table in SUMMARY_TABLES],
        [layout.summary(COHORT, table, "parquet") for table in SUMMARY_TABLES],
    log:
        "logs/summary_tables.log",
    conda:
        "envs/tables.yaml"
    params:
        min_coverage=project.settings.min_coverage,
    script:
        "../scripts/summary_tables.py"


rule snapshots:
    """Table in 6_summary: which versions of the models answered. Target: results_summary."""
    input:
        scores=rules.parsed_scores.output.parquet,
        comparisons=tables.parsed_comparisons(project),
        membership=cohort_made,
    output:
        csv=in_report(layout.summary(COHORT, "snapshots"), "snapshots", "snapshots"),
        parquet=layout.summary(COHORT, "snapshots", "parquet"),
    log:
        "logs/snapshots.log",
    conda:
        "envs/tables.yaml"
    script:
        "../scripts/snapshot_tables.py"


rule cross_scores:
    """Table: a row per evaluation in the store, whichever cohort asked. Target: cross_experiment."""
    input:
        scores=rules.parsed_scores.output.csv,
        membership=cohort_made,
        others=inputs.other_cohorts_scores,
        models=layout.models_csv,
        concepts=layout.raw("concepts_metadata.csv"),
    output:
        csv=layout.cross("parsed_scores"),
        parquet=layout.cross("parsed_scores", "parquet"),
    log:
        "logs/cross_scores.log",
    run:
        plainly(tables.write_store_scores, project, output.csv, output.parquet)


rule cross_tables:
    """Tables in 7_cross_experiment: the scores over every cohort. Target: cross_experiment."""
    input:
        scores=rules.cross_scores.output.parquet,
        own=[rules.parsed_scores.output.parquet],
        others=inputs.other_cohorts_scores,
        filters=new_filters,
        scales=layout.templates_csv("evaluation"),
    output:
        [layout.cross(table) for table in CROSS_TABLES],
    log:
        "logs/cross_tables.log",
    conda:
        "envs/tables.yaml"
    params:
        keep=filters_as_columns(project),
        min_coverage=project.settings.min_coverage,
    script:
        "../scripts/cross_tables.py"


rule results_processing:
    """Target to type: parsed_scores of the cohort, and parsed_comparisons if it has some."""
    input:
        cohort_made,  # a target brings the cohort back, if that was lost
        rules.parsed_scores.output,
        tables.parsed_comparisons(project),


rule results_summary:
    """Target to type: summary_tables and snapshots of the cohort."""
    input:
        cohort_made,
        rules.summary_tables.output,
        rules.snapshots.output,


rule cross_experiment:
    """Target to type: cross_scores and cross_tables, over every cohort in the store."""
    input:
        cohort_made,
        rules.cross_scores.output,
        rules.cross_tables.output,


localrules:
    parsed_scores,
    parsed_comparisons,
    cross_scores,
    results_processing,
    results_summary,
    cross_experiment,
