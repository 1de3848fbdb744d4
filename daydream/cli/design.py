"""``daydream design``: the rows of a spec, counts by stage and the cost, before anything runs."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daydream.cli.console import aligned
from daydream.errors import SpecError
from daydream.experiment.concept_names import concept_names, joined_names
from daydream.experiment.essays_elsewhere import import_essays
from daydream.experiment.settings import Settings
from daydream.experiment.spec import AXES, Rows, Spec, compile_spec, read_spec
from daydream.experiment.spec.compiler import columns
from daydream.experiment.spec.model import written
from daydream.store.layout import Layout, exists

if TYPE_CHECKING:
    from daydream.workflow.project import Project

DEFAULT_ROWS = 20  # rows of a table, unless more are asked for


def spec_path(name: str | None, settings: Settings) -> str | None:
    """The spec that a user names: a file, a folder with a ``config.yaml``, or a cohort.

    Raises:
        SpecError: when there is none of that name.

    """
    layout, name = Layout(settings.data_root), name or settings.cohort
    if name is None:
        return None
    folder = Path(name)
    for path in (folder, folder / "config.yaml", folder / "spec" / "config.yaml"):
        if path.is_file():
            return str(path)
    if "/" not in name and exists(layout.spec(name)):
        return layout.spec(name)
    if name == settings.cohort:
        return None
    raise SpecError(
        f"there is no spec {name}, neither as a file nor as {layout.spec(name)}. Write it there, "
        "or name another."
    )


def cohort_of(path: str, settings: Settings) -> str | None:
    """The cohort whose spec this is; None for a spec elsewhere."""
    name = Path(path).resolve().parent.parent.name
    own = Path(Layout(settings.data_root).spec(name))
    return name if own.resolve() == Path(path).resolve() else None


def imported(path: str, source: str, settings: Settings) -> Iterator[str]:
    """Import essays; what was done, what could not be placed, and what to type next."""
    layout = Layout(settings.data_root)
    done = import_essays(Path(path), source, layout)
    known = len(done.essays) - done.new
    yield f"{done.new} essay(s) imported, {known} already there, {len(done.unplaced)} not placed."
    yield from (f"  {left.name}: {left.reason}" for left in done.unplaced)
    yield f"Cohort {source} evaluates them ({layout.spec(source)})."
    yield f"What it costs: daydream design {source} --count"
    yield f"To evaluate them: snakemake --config cohort={source}"


def compiled(path: str | None, arguments: argparse.Namespace) -> Iterator[str]:
    """A spec's rows by itself: no catalogs, only the axes it names, a row a line."""
    if path is None:
        raise SpecError("--no-catalog needs a spec. Name its file: daydream design SPEC.")
    spec = read_spec(Path(path), own_axes=True)
    rows = compile_spec(spec)
    if arguments.count:
        return iter([str(len(rows.rows))])
    return _printed(spec, rows, arguments, arguments.limit)


def designed(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """The rows of a cohort's design, its counts by stage and what it would cost now."""
    design = project.design
    rows = Rows(AXES, list(design.lineages()))
    spec = design.spec.spec if design.spec else Spec("", {})
    if arguments.format != "table" and not arguments.count:
        yield from _printed(spec, rows, arguments, arguments.limit)
        return
    if not arguments.count:
        limit = DEFAULT_ROWS if arguments.limit is None else arguments.limit
        yield from _printed(spec, rows, arguments, limit, _concepts(project))
        if limit < len(rows.rows):
            yield f"and {len(rows.rows) - limit} more rows (--limit N shows more)"
        yield ""
    yield from _counts(project, len(rows.rows))


def _concepts(project: Project) -> dict[str, str]:
    """The combos of a design by the names of their concepts."""
    names = concept_names(project.layout)
    return {c.combo_id: joined_names(c.concept_ids, names) for c in project.design.combos}


def _counts(project: Project, rows: int) -> Iterator[str]:
    from daydream.workflow.plan.plan import describe
    from daydream.workflow.plan.planning import make_plan

    counts = Counter(member.stage for member in project.design.members())
    stages = ", ".join(f"{counts[stage]} {stage}(s)" for stage in project.design.stages)
    yield f"{rows} row(s): {stages}"
    yield from describe(make_plan(project))


def _printed(
    spec: Spec,
    rows: Rows,
    arguments: argparse.Namespace,
    limit: int | None,
    called: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Rows in a format; ``called`` are the names of combos, for a person who reads the table."""
    names, places = zip(*columns(spec, rows.axes), strict=True)
    picked = ([row[i] for i in places] for row in islice(rows.rows, limit))
    if arguments.format == "jsonl":
        return (
            json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in picked
        )
    cells = ([written(value) for value in row] for row in picked)
    if arguments.format == "csv":
        return _csv([names, *cells])
    labelled = ([(called or {}).get(cell, cell) for cell in row] for row in cells)
    return aligned([names, *labelled], len(names), width=10_000)


def _csv(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    for row in rows:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="").writerow(row)
        yield buffer.getvalue()
