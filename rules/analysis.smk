"""Analyses: how far evaluators agree, where the variance comes from, and what can be ranked.

Inputs:  parsed_scores.csv, parsed_comparisons.csv; snapshots, for what a call costs; membership.csv, so that a cohort that grew or
         shrank brings new tables; the scales of the evaluation templates
Outputs: 6_summary/<cohort>/*.csv and the same as *.parquet
Reruns:  when the scores, the membership or the scales are newer.
"""


# One job for all of them: a process takes longer to import SciPy than to fill a table.
rule analysis_tables:
    """Tables in 6_summary: ranking, reliability, variance and the like. Target: results_analysis."""
    input:
        scores=rules.parsed_scores.output.parquet,
        membership=cohort_made,
        scales=layout.templates_csv("evaluation"),
        snapshots=rules.snapshots.output.parquet,
    output:
        [in_report(layout.summary(COHORT, table), table, table) for table in ANALYSIS_TABLES],
        [layout.summary(COHORT, table, "parquet") for table in ANALYSIS_TABLES],
    log:
        "logs/analysis_tables.log",
    conda:
        "envs/tables.yaml"
    params:
        min_coverage=project.settings.min_coverage,
    script:
        "../scripts/analysis_tables.py"


rule pairwise_tables:
    """Tables in 6_summary: who wins the comparisons. Target: results_analysis."""
    input:
        comparisons=rules.parsed_comparisons.output.parquet,
        membership=cohort_made,
    output:
        [in_report(layout.summary(COHORT, table), table, table) for table in PAIRWISE_TABLES],
        [layout.summary(COHORT, table, "parquet") for table in PAIRWISE_TABLES],
    log:
        "logs/pairwise_tables.log",
    conda:
        "envs/tables.yaml"
    params:
        min_coverage=project.settings.min_coverage,
    script:
        "../scripts/pairwise_tables.py"


RATINGS = rating_files(layout)
HUMAN_WANTED = RATINGS or exists(layout.summary(COHORT, HUMAN_TABLES[0]))


rule human_tables:
    """Tables in 6_summary: how far judges follow people. Target: results_analysis."""
    input:
        scores=rules.parsed_scores.output.parquet,
        ratings=RATINGS,
        folder=rating_folder(layout),
        membership=cohort_made,
    output:
        [in_report(layout.summary(COHORT, table), table, table) for table in HUMAN_TABLES],
        [layout.summary(COHORT, table, "parquet") for table in HUMAN_TABLES],
    log:
        "logs/human_tables.log",
    conda:
        "envs/tables.yaml"
    params:
        min_coverage=project.settings.min_coverage,
    script:
        "../scripts/human_tables.py"


rule results_analysis:
    """Target to type: analysis_tables of the cohort, pairwise_tables and human_tables."""
    input:
        cohort_made,
        rules.analysis_tables.output,
        tables.pairwise_tables(project),
        rules.human_tables.output if HUMAN_WANTED else [],


localrules:
    results_analysis,
