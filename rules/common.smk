"""Opens the experiment: configuration and catalogs are read and checked here, before any job."""

import collections
import logging
import os
import sys

# The package is taken from beside the Snakefile, installed or not, here and in `script:` jobs.
sys.path.insert(0, workflow.basedir)

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
from daydream.workflow.project import (
    FORCED_VARIABLE,
    Project,
    forced_targets,
    is_forced,
    share_package,
)

from daydream.workflow.terminal import News
from daydream.workflow.snakemake_compat import spare_looks
from snakemake.jobs import Job as SnakemakeJob
from snakemake.logging import logger

share_package(workflow.basedir)
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

layout = project.layout
COHORT = project.cohort


def new_definition(wildcards):
    """What the configuration asks for, when that is not what the cohort on disk is."""
    return project.new_definition(workflow.dryrun) if workflow.is_main_process else []


def kept_filters(wildcards):
    """What the configuration filters, when that is not what the tables were made with."""
    return project.kept_filters(workflow.dryrun) if workflow.is_main_process else []


def shown(path, caption, table):
    """A table that `snakemake --report` shows, with the caption report/<caption>.rst."""
    return report(
        path, caption=f"../report/{caption}.rst", category="Tables", labels={"table": table}
    )


def figure(name, title, section):
    """A picture that `snakemake --report` shows, with the caption report/<name>.rst."""
    return report(
        layout.figure(COHORT, name),
        caption=f"../report/{name}.rst",
        category="Figures",
        subcategory=section.capitalize(),
        labels={"figure": title},
    )


def cohort_made(wildcards):
    """Wait for the checkpoint; returns the roster, which is always worth an explicit input."""
    return checkpoints.cohort_membership.get().output.membership


def plainly(action, *arguments):
    """Do something; of an error the user is shown the message, not the way through the package."""
    try:
        return action(*arguments)
    except DaydreamError as error:
        raise error.with_traceback(None) from None


def sources(stage, wildcards):
    """The files that a generation is made of, once the cohort is known."""
    cohort_made(wildcards)
    return plainly(project.sources, stage, wildcards.gen_id)


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
    return cohort_made(wildcards) and project.parsed("draft")


def essays(wildcards):
    """Every essay of the cohort."""
    return cohort_made(wildcards) and project.parsed("essay")


def evaluations(wildcards):
    """Every evaluation of the cohort."""
    return cohort_made(wildcards) and project.parsed("evaluation")


def comparisons(wildcards):
    """Every comparison of the cohort; none when no essays are compared."""
    return cohort_made(wildcards) and project.parsed("comparison")


def awaited(paths):
    """The files that tables wait for: all, or those that are there."""
    return list(filter(os.path.exists, paths)) if project.settings.allow_incomplete else paths


def scored(wildcards):
    """The evaluations that the tables wait for."""
    return awaited(evaluations(wildcards))


def compared(wildcards):
    """The comparisons that the tables wait for."""
    return awaited(comparisons(wildcards))


def generate(stage, wildcards, output, log, rule):
    """Make one generation; when the budget is spent, end the run after the calls under way."""
    try:
        project.make(stage, wildcards.gen_id, log[0], is_forced(rule, output[0]))
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
    jobs = dag.needrun_jobs(exclude_finished=False) if dag else []
    return [
        Job(job.rule.name, job.wildcards_dict.get("gen_id", ""), str(dag.reason(job)))
        for job in jobs
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
    open_run()
    follow_run()


def wanted_by_stage():
    """How many generations of each stage this run makes."""
    rules = collections.Counter(job.rule.name for job in workflow.dag.needrun_jobs(False))
    return {stage: rules[f"generate_{stage}"] for stage in STAGES}


ticker = project.ticker(wanted_by_stage)
news = News()


report_at_exit(planned_jobs)
