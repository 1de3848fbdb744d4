"""DayDreaming: can a language model come up with an idea when it is shown other ones?

concepts  --combine-->  combos  --draft-->  drafts  --essay-->  essays  --evaluate-->  scores

{data_root}/1_raw/                                  concepts, templates, models: yours to edit
{data_root}/cohorts/{cohort}/membership.csv         every generation that one experiment asks for
{data_root}/gens/{stage}/{gen_id}/parsed.txt        one draft, essay, evaluation or comparison
{data_root}/5_parsing/{cohort}/parsed_scores.csv    a row per evaluation
{data_root}/6_summary/{cohort}/{table}.csv          what the scores say
{data_root}/7_cross_experiment/{table}.csv          the same over every cohort in the store
{data_root}/8_report/{cohort}/index.html            what a person opens
"""

import os

from snakemake.utils import min_version

min_version("9.27")


SHIPPED = f"{workflow.current_basedir.get_path_or_uri(secret_free=True)}/config/config.yaml"

if os.path.exists(SHIPPED):  # not so when it comes from a repository; the package has it as well

    configfile: SHIPPED


if os.path.exists("daydream.yaml"):  # an experiment's own, in the working directory

    configfile: "daydream.yaml"


if os.getenv("DAYDREAM_CONFIG"):  # a configuration named once for all commands

    configfile: os.getenv("DAYDREAM_CONFIG")


include: "rules/package.smk"
include: "rules/common.smk"
include: "rules/slices.smk"
include: "rules/cohort.smk"
include: "rules/draft.smk"
include: "rules/essay.smk"
include: "rules/evaluation.smk"
include: "rules/comparison.smk"
include: "rules/results.smk"
include: "rules/analysis.smk"
include: "rules/report.smk"


rule all:
    """What plain `snakemake` makes: generations, scores, tables and report of the cohort."""
    default_target: True
    input:
        rules.evaluation.input,
        of_the_whole(
            rules.raw_data.input,
            rules.comparison.input,
            rules.results_processing.input,
            rules.results_summary.input,
            rules.results_analysis.input,
            rules.cross_experiment.input,
            rules.report.input,
        ),
    localrule: True
    message:
        f"Cohort {COHORT} is made: {layout.report(COHORT)}"
