"""The state of the place that an experiment runs in, a line for each thing: `daydream doctor`."""

from __future__ import annotations

import resource
from collections.abc import Iterator

from daydream.errors import DaydreamError
from daydream.experiment.fallbacks import with_fallbacks
from daydream.experiment.model import Model
from daydream.llm.reach import check_endpoints
from daydream.store.layout import exists
from daydream.store.place import (
    Finding,
    check_clock,
    check_inodes,
    check_locks,
    check_locks_between_hosts,
)
from daydream.workflow.open_files import needed_files
from daydream.workflow.project import Project


def report(project: Project) -> Iterator[str]:
    """A line for each finding.

    Raises:
        DaydreamError: after the last line, when something is wrong.
    """
    wrong = 0
    for finding in examine(project):
        wrong += finding.state == "wrong"
        yield f"{finding.state:<6}  {finding.subject:<20}  {finding.message}"
    if wrong:
        raise DaydreamError(f"{wrong} of these must be mended before a run; how, stands there.")


def examine(project: Project) -> Iterator[Finding]:
    """Look at one thing after the other; nothing is paid."""
    root, models = project.layout.root, _models(project)
    yield check_locks(root)
    yield check_locks_between_hosts(root)
    yield check_clock(root)
    yield check_inodes(root, _generations_to_come(project))
    yield _open_files(project, models)
    yield from check_endpoints(project.settings, models)


def _models(project: Project) -> list[Model]:
    catalog = project.design.catalog
    writers = catalog.generation_models if project.design.makes("draft") else ()
    return with_fallbacks((*writers, *catalog.evaluation_models), catalog.all_models)


def _generations_to_come(project: Project) -> int:
    layout = project.layout
    return sum(not exists(layout.parsed(m.stage, m.gen_id)) for m in project.members())


def _open_files(project: Project, models: list[Model]) -> Finding:
    names = {model.endpoint for model in models}
    calls = sum(project.settings.endpoints[name].max_concurrency for name in names)
    needed = needed_files(calls)
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)  # a run raises its soft limit itself
    message = f"{limit:,} may be open at once, {calls} calls under way need {needed:,}"
    if limit < needed:
        return Finding("open files", "wrong", f"{message}. Have it raised: ulimit -Hn {needed}")
    return Finding("open files", "ok", message)
