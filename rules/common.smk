"""Opens the experiment: configuration and catalogs are read and checked here, before any job."""

import collections
import logging
import os
import sys

# The package is taken from beside the Snakefile, installed or not, here and in `script:` jobs.
HERE = os.path.dirname(str(workflow.current_basedir.get_path_or_uri(secret_free=True)))
sys.path.insert(0, HERE)

from daydream.workflow.dry_run import Job, report_at_exit
from daydream.errors import BudgetError, DaydreamError
from daydream.experiment.config_file import keep_typed
from daydream.store.layout import STAGES
from daydream.report.charts.figures import FIGURES
from daydream.report.sources import page_sources
from daydream.experiment.ratings import rating_files
from daydream.results.names import (
    ANALYSIS_TABLES,
    CROSS_TABLES,
    HUMAN_TABLES,
    PAIRWISE_TABLES,
    SUMMARY_TABLES,
)
from daydream.llm.stopping import listen
from daydream.store.failures import find_missing
from daydream.workflow import tables
from daydream.workflow.definitions import filters_as_columns
from daydream.workflow.failure_summary import describe
from daydream.workflow.forcing import FORCED_VARIABLE, forced_targets, is_forced
from daydream.workflow.inputs import Inputs, score_parser_sources, verdict_parser_sources
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.processes import share_package
from daydream.workflow.progress import Ticker
from daydream.workflow.project import Project
from daydream.workflow.snakemake_compat import spare_looks
from daydream.workflow.terminal import News
from snakemake.jobs import Job as SnakemakeJob
from snakemake.logging import logger

share_package(HERE)
try:
    keep_typed(
        config,
        workflow.config_settings.config_args or [],
        [*workflow.configfiles, *workflow.overwrite_configfiles],
    )
    project = Project(config)
except DaydreamError as error:
    sys.exit(f"Error: {error}")

if workflow.is_main_process and (announced := project.announcement()):
    print(announced, file=sys.stderr)

inputs = Inputs(project)
jobs = GenerationJobs(project)
layout = project.layout
COHORT = project.cohort


def new_definition(wildcards):
    """What the configuration asks for, when that is not what the cohort on disk is."""
    return inputs.definition(workflow.dryrun) if workflow.is_main_process else []


def new_filters(wildcards):
    """What the configuration filters, when that is not what the tables were made with."""
    return inputs.filters(workflow.dryrun) if workflow.is_main_process else []


def in_report(path, caption, table):
    """A table in `snakemake --report`, with the caption report/<caption>.rst."""
    return report(
        path, caption=f"../report/{caption}.rst", category="Tables", labels={"table": table}
    )


def figure(name, title, section):
    """A picture in `snakemake --report`, with the caption report/<name>.rst."""
    return report(
        layout.figure(COHORT, name),
        caption=f"../report/{name}.rst",
        category="Figures",
        subcategory=section.capitalize(),
        labels={"figure": title},
    )


def cohort_made(wildcards):
    """The membership, once the checkpoint has made it; tables have it as an explicit input."""
    return checkpoints.cohort_membership.get().output.membership


def plainly(action, *arguments):
    """Run an action; the user is shown the message of its error, without a traceback."""
    try:
        return action(*arguments)
    except DaydreamError as error:
        raise error.with_traceback(None) from None


def sources(stage, wildcards):
    """The files that a generation is made of, once the cohort is known."""
    cohort_made(wildcards)
    return plainly(inputs.sources, stage, wildcards.gen_id)


def draft_sources(wildcards):
    """The template and the descriptions of the combo's concepts."""
    return sources("draft", wildcards)


def essay_sources(wildcards):
    """The template, if there is one, and the draft."""
    return sources("essay", wildcards)


def evaluation_sources(wildcards):
    """The template and the essay."""
    return sources("evaluation", wildcards)


def comparison_sources(wildcards):
    """The template and both essays."""
    return sources("comparison", wildcards)


def drafts(wildcards):
    """Every draft of the cohort."""
    return cohort_made(wildcards) and plainly(inputs.parsed, "draft")


def essays(wildcards):
    """Every essay of the cohort."""
    return cohort_made(wildcards) and plainly(inputs.parsed, "essay")


def evaluations(wildcards):
    """Every evaluation of the cohort."""
    return cohort_made(wildcards) and plainly(inputs.parsed, "evaluation")


def comparisons(wildcards):
    """Every comparison of the cohort; none when no essays are compared."""
    return cohort_made(wildcards) and plainly(inputs.parsed, "comparison")


def scored(wildcards):
    """The evaluations that the tables wait for."""
    return cohort_made(wildcards) and plainly(inputs.for_table, "evaluation")


def compared(wildcards):
    """The comparisons that the tables wait for."""
    return cohort_made(wildcards) and plainly(inputs.for_table, "comparison")


def generate(stage, wildcards, output, log, rule):
    """Make one generation, asked anew when it was forced; when the budget is spent, end the run after the calls under way."""
    if workflow.is_main_process:
        ask_forced()  # the hooks of a workflow that is used as a module do not run
    try:
        jobs.make(stage, wildcards.gen_id, output[0], log[0], is_forced(rule, output[0]))
    except DaydreamError as error:
        if line := news.failure(output[0], error):
            logger.error(line)
        if isinstance(error, BudgetError):
            # Not by SIGTERM: its handler takes a lock that the interrupted thread may be holding.
            workflow.scheduler.exit_gracefully()
        raise error.with_traceback(None) from None


def ask_forced():
    """Tell the jobs, wherever they run, what -f, -F and -R name; known once the DAG is built."""
    dag = workflow.dag_settings
    os.environ[FORCED_VARIABLE] = forced_targets(
        dag.forceall, dag.forcetargets, dag.targets, dag.forcerun
    )


def planned_jobs():
    """Every job of this run, with Snakemake's reason; known once the DAG is built."""
    dag = workflow.dag
    planned = dag.needrun_jobs(exclude_finished=False) if dag else []
    return [
        Job(job.rule.name, job.wildcards_dict.get("gen_id", ""), str(dag.reason(job)))
        for job in planned
    ]


def open_run():
    """Say what the run is going to buy; end it before the first call when a key is not set."""
    from daydream.workflow.plan.planning import opening

    lines, obstacles = ([], []) if workflow.touch else opening(project, planned_jobs())
    print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr, flush=True)
    if obstacles:
        sys.exit("\n".join(f"Error: {obstacle}" for obstacle in obstacles))


def follow_run():
    """Show how far the run is instead of a block of lines for each job."""
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream in (
            sys.stderr,
            sys.stdout,
        ):
            handler.addFilter(news)
    ticker.start()
    if workflow.local_exec:
        spare_looks(workflow.scheduler)


def spare_searches():
    """Answer for Snakemake that no input is a pipe or a service: this workflow has none.

    It would search the inputs of a job once for each of them, and take minutes over the 50,000
    evaluations that a table of scores may have.
    """
    SnakemakeJob.is_pipe_or_service_input = lambda job, path: False


def begin():
    """What is to be done before the first job."""
    spare_searches()
    ask_forced()
    listen()
    open_run()
    follow_run()


def wanted_by_stage():
    """How many generations of each stage this run makes."""
    rules = collections.Counter(job.rule.name for job in workflow.dag.needrun_jobs(False))
    return {stage: rules[f"generate_{stage}"] for stage in STAGES}


def failures():
    """What the cohort lacks and why, for the end of a run that failed."""
    try:
        missing = find_missing(layout, project.membership)
    except DaydreamError as error:
        return str(error)
    return "\n".join(describe(missing, layout))


ticker = Ticker(jobs.generator.meter, wanted_by_stage, lambda: jobs.in_flight)
news = News()


report_at_exit(planned_jobs)
