"""The runs of this process: one for each experiment, however often its Snakefile is read."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from daydream.errors import DaydreamError
from daydream.experiment.config_file import keep_typed, load_config
from daydream.experiment.installation import IS_CHECKOUT, WORKFLOW
from daydream.experiment.settings import Settings
from daydream.store.file_errors import files_told
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.ending_errors import message_of
from daydream.workflow.object_store import ObjectStore
from daydream.workflow.processes import collect_garbage_rarely, share_package
from daydream.workflow.project import Project
from daydream.workflow.run import Run
from daydream.workflow.signals import SIGNALS

_RUNS: list[Run] = []


def open_run(workflow: Any, config: dict[str, Any], folder: str) -> Run:
    """Open the experiment that a Snakefile's configuration asks for, before any job.

    Args:
        workflow: Snakemake's ``workflow`` object.
        config: Snakemake's configuration; names in it become what was typed.
        folder: where the Snakefile and ``rules/`` are, a path or an address.

    Raises:
        SystemExit: with one message, when configuration or catalogs cannot be used.
    """
    if IS_CHECKOUT:
        share_package(str(WORKFLOW))
    collect_garbage_rarely()
    SIGNALS.listen(is_main=compat.is_main_process(workflow))
    compat.shield_scripts(workflow)
    try:
        with files_told():
            keep_typed(config, *compat.config_sources(workflow))
            values = load_config(values=config)  # a module may be given a few keys only
            settings = Settings.from_config(values)
            run = _find(workflow, settings) or _first(workflow, values, settings, folder)
    except DaydreamError as error:
        sys.exit(f"Error: {error}")
    run.rules.learn_names()
    return run


def _find(workflow: Any, settings: Settings) -> Run | None:
    same = (run for run in _RUNS if run.workflow is workflow)
    return next((run for run in same if run.project.settings == settings), None)


def _first(workflow: Any, values: dict[str, Any], settings: Settings, folder: str) -> Run:
    store = ObjectStore(settings) if settings.store else None
    brings = store is not None and compat.is_main_process(workflow)
    if store is not None and brings:
        store.bring_design()
    project = Project(values)
    if store is not None and brings:
        store.bring_generations(project)
    if compat.is_main_process(workflow) and (announced := project.announcement()):
        print(announced, file=sys.stderr)
    run = Run(workflow, project, folder, store)
    if not _RUNS:
        targets = partial(compat.known_targets, workflow)
        compat.tell_plainly(partial(message_of, targets=targets))
    _RUNS.append(run)
    compat.at_start(run.begin)
    return run


def last_lines(nothing_to_do: bool) -> list[str]:
    """The last lines of this process: where what was made is, if all went well.

    Args:
        nothing_to_do: whether Snakemake found nothing to do.
    """
    return [line for run in _RUNS for line in run.last_lines(nothing_to_do)]


def describe_dry_run(jobs: Iterable[tuple[str, Mapping[str, str], str]]) -> list[str]:
    """What a dry run would buy, for its end, and what would be in the way.

    Args:
        jobs: rule, wildcards and reason of each job.
    """
    from daydream.workflow.plan.planning import opening

    jobs, lines = list(jobs), []
    for run in _RUNS:
        try:
            with files_told():
                own = [run.rules.job(*job) for job in jobs]
                options = compat.typed_options(run.workflow)
                plan, obstacles = opening(run.project, own, options=options)
        except DaydreamError as error:
            plan, obstacles = [], [str(error)]
        lines += [*plan, *(f"A run would end at once: {obstacle}" for obstacle in obstacles)]
    return lines
