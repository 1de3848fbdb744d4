"""Opens the experiment: configuration and catalogs are read and checked here, before any job."""

import functools
import inspect

from daydream.errors import DaydreamError
from daydream.report.charts.figures import FIGURES
from daydream.report.sources import page_sources
from daydream.experiment.ratings import rating_files, rating_folder
from daydream.results.names import (
    ANALYSIS_TABLES,
    CROSS_TABLES,
    HUMAN_TABLES,
    PAIRWISE_TABLES,
    SUMMARY_TABLES,
)
from daydream.store.file_errors import files_told
from daydream.store.layout import exists
from daydream.workflow import tables
from daydream.workflow.definitions import filters_as_columns
from daydream.workflow.node import make_slice_here
from daydream.workflow.open_runs import open_run
from daydream.workflow.submission import TARGETS
from daydream.workflow.until import check_until

this_run = open_run(workflow, config, HERE)
project = this_run.project
inputs = this_run.inputs
layout = project.layout
COHORT = project.cohort


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


def plainly(action, *arguments):
    """Run an action; the user is shown the message of its error, without a traceback."""
    try:
        with files_told():
            return action(*arguments)
    except DaydreamError as error:
        raise error.with_traceback(None) from None


def new_definition(wildcards):
    """What the configuration asks for, when that is not what the cohort on disk is."""
    return this_run.made_from.new_definition()


def new_columns(wildcards):
    """What the tables have otherwise than this version makes them."""
    return this_run.made_from.new_columns()


def new_filters(wildcards):
    """What the configuration filters, when that is not what the tables were made with."""
    return this_run.made_from.new_filters()


@functools.cache
def made_membership():
    """The membership; what is made stays made, and each of 100,000 generations asks for it."""
    plainly(check_until, workflow)
    return checkpoints.cohort_membership.get().output.membership


def cohort_made(wildcards):
    """The membership, once the checkpoint has made it; tables have it as an explicit input."""
    return made_membership()


def sources(stage):
    """An input function: the files that a generation of a stage is made of."""

    def sources_of(wildcards):
        return cohort_made(wildcards) and plainly(
            this_run.made_from.sources, stage, wildcards.gen_id
        )

    # Snakemake looks at it twice for each generation, which takes longer than the call.
    sources_of.__signature__ = inspect.signature(sources_of)
    return sources_of


def every(stage):
    """An input function: every generation of a stage that the cohort asks for."""
    return lambda wildcards: cohort_made(wildcards) and plainly(this_run.generations, stage)


def for_table(stage):
    """An input function: the generations of a stage that a table waits for."""
    return lambda wildcards: cohort_made(wildcards) and plainly(this_run.generations, stage, True)


def of_the_whole(*inputs):
    """What `all` asks for beyond the generations of its slice: nothing, if it is one."""
    return [] if project.settings.part else list(inputs)


def last_of_all():
    """The threads of a table of what is there: all, to start when everything else is over.

    Slices are waited for by their marks.
    """
    return workflow.cores if project.settings.allow_incomplete and not SLICED else 1


def slice_order(wildcards):
    """What the slice is to make."""
    return plainly(this_run.order, wildcards.target, wildcards.scatteritem)


def slices_before(wildcards):
    """The slices that this one waits for."""
    return plainly(this_run.slices_before, wildcards.target)
