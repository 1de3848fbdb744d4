"""The catalogs, checked, and the cohort made from them.

Inputs:  the CSV files of 1_raw and 2_tasks
Outputs: catalog/concept_index.csv; cohorts/<cohort>/{manifest.json,membership.csv}
Reruns:  when one of the CSV files is newer, or the configuration asks for another cohort
"""


checkpoint cohort_membership:
    """The list of generations that the cohort asks for, and its manifest. Target: cohort."""
    input:
        catalogs=inputs.of_cohort,
        definition=new_definition,
    output:
        # First, as what waits for a checkpoint asks for its first output only.
        membership=layout.membership(COHORT),
        manifest=layout.manifest(COHORT),
    log:
        "logs/cohort_membership.log",
    run:
        plainly(tables.make_cohort, project)


rule concept_index:
    """The list of concepts with the description levels they have. Target: raw_data."""
    input:
        catalogs=inputs.catalogs,
        descriptions=inputs.descriptions,
    output:
        layout.concept_index,
    log:
        "logs/concept_index.log",
    message:
        "Indexing the concepts: {output}"
    run:
        plainly(tables.write_concept_index, project, output[0])


rule raw_data:
    """Target to type: the catalogs are checked and the concepts indexed, without a call."""
    input:
        rules.concept_index.output,


rule cohort:
    """Target to type: the cohort's manifest and membership, without a call."""
    input:
        rules.cohort_membership.output,


localrules:
    cohort_membership,
    concept_index,
    raw_data,
    cohort,
