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

from snakemake.utils import min_version

min_version("9.27")


include: "rules/package.smk"


# The shipped one, then an experiment's own: the later over the earlier.
for path in config_files():

    configfile: path


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
