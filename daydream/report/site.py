"""Writes the report: a folder of pages that open from disk, with no server and no network.

A half-written site is never seen, because ``index.html`` is the way in and is written last.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from daydream import __version__
from daydream.experiment.looks import looks_at
from daydream.formats import printable
from daydream.report import control_grids, interpretation, judge_grids, pairwise_grids
from daydream.report import tables as tables_module
from daydream.report.charts.data import chart_data
from daydream.report.charts.figures import write_figures
from daydream.report.cohorts_page import cohort_grids
from daydream.report.contrast_grids import contrasts
from daydream.report.data import ReportTables, gather
from daydream.report.essay_page import EssayPage, Reader
from daydream.report.essays import EssayRow, as_script, assigned, essay_rows
from daydream.report.findings.asked import asked
from daydream.report.findings.best import best
from daydream.report.findings.doubts import doubts
from daydream.report.findings.model import Evidence, Finding
from daydream.report.leaderboards import leaderboards
from daydream.report.overview import overview
from daydream.report.text import link, plural, size
from daydream.results.carried import CarriedTable, carry
from daydream.store.files import write_text
from daydream.store.layout import Layout
from daydream.store.membership import Membership, read_membership

if TYPE_CHECKING:  # importing Altair takes a second, which only the script needs to spend
    from daydream.report.charts.registry import Chart

# By this line a stale page is distinguished from a file of somebody else.
MARK = '<meta name="generator" content="daydream report">'
_MARK_WITHIN = 600  # characters from the start of a page
_ASSETS = ("style.css", "theme.js", "page.js", "tables.js", "essays.js", "charts.js")
_VEGA = "vega-*.js"
ESSAYS_OF_A_LIST = 1000  # a quarter of a megabyte


def make_report(
    data_root: str, membership: str, min_coverage: float, figures: Iterable[str] = ()
) -> None:
    """Make the report of the cohort whose ``membership.csv`` it is: its figures, then its pages.

    See ``write_figures`` and ``write_site``.

    Raises:
        CatalogError: when a catalog cannot be read.
        CohortError: when the scores were not made, or a table was damaged.

    """
    from daydream.report.charts.registry import every_chart

    layout, cohort = Layout(data_root), read_membership(membership)
    tables = gather(layout, cohort, min_coverage)
    charts = list(every_chart(tables))
    write_figures(charts, figures)
    write_site(layout, cohort, tables, charts)


def write_site(
    layout: Layout, membership: Membership, tables: ReportTables, charts: Sequence[Chart]
) -> None:
    """Write the site of a cohort; files in its folder that are not its own stay as they are.

    The tables that its pages name are copied into it, so that it can be sent alone. Of an empty
    chart the reason why it is empty is shown.

    Raises:
        OSError: when the disk is full.

    """
    folder = Path(layout.report(membership.cohort_id)).parent
    rows = _write_pages(folder / "essays", Reader(layout, membership, tables), essay_rows(tables))
    drawn = [chart for chart in charts if not chart.is_empty]
    _write_assets(folder / "assets", has_charts=bool(drawn))
    write_text(folder / "data" / "essays.js", as_script(rows, tables))
    write_text(folder / "data" / "charts.js", assigned("DAYDREAM_CHARTS", _specs(drawn)))
    carried = carry(layout, membership, folder / "data")
    values = _index(layout, membership, tables, charts, rows, carried)
    write_text(folder / "cohorts.html", _render("cohorts.html", **values))
    _write_lists(folder, values)
    write_text(folder / "index.html", _render("index.html", **values))


def _write_pages(folder: Path, reader: Reader, rows: Sequence[EssayRow]) -> list[EssayRow]:
    """Write a page for each essay; returns the rows with the titles that were read."""
    titled = []
    for page in _neighboured(reader, rows):
        write_text(folder / f"{page.row.gen_id}.html", _render("essay.html", page=page))
        titled.append(page.row._replace(title=page.title))
    _remove_stale(folder, {f"{row.gen_id}.html" for row in rows})
    return titled


def _write_lists(folder: Path, values: Mapping[str, Any]) -> None:
    """Write the pages that list all essays, for browsers without scripts."""
    rows, size = values["rows"], ESSAYS_OF_A_LIST
    others = {f"essays-{start // size + 1}.html": start for start in range(size, len(rows), size)}
    starts = {"essays.html": 0, **others}
    for name, start in starts.items():
        listed = {**values, "rows": rows[start : start + size], "here": name, "pages": list(starts)}
        write_text(folder / name, _render("essays.html", **listed))
    _remove_stale(folder, {"index.html", "cohorts.html", *starts})


def _neighboured(reader: Reader, rows: Sequence[EssayRow]) -> Iterator[EssayPage]:
    ids = ["", *(row.gen_id for row in rows), ""]
    for number, row in enumerate(rows, 1):
        page = reader.read(row, number, len(rows))
        yield replace(page, before=ids[number - 1], after=ids[number + 1])


def _remove_stale(folder: Path, expected: set[str]) -> None:
    for path in folder.glob("*.html"):
        if path.name not in expected and _is_ours(path):
            path.unlink()


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return MARK in file.read(_MARK_WITHIN)


def _write_assets(folder: Path, has_charts: bool) -> None:
    for name in _ASSETS:
        source = files("daydream.report") / "assets" / name
        write_text(folder / name, source.read_text(encoding="utf-8"))
    bundle = _vega()
    for path in folder.glob(_VEGA):
        if path.name != bundle:
            path.unlink()
    if has_charts and not (folder / bundle).is_file():
        write_text(folder / bundle, _bundle(bundle))


def _bundle(name: str) -> str:
    """Vega as one script; it takes two seconds to make, so each user's cache keeps it."""
    cached = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "daydream" / name
    with suppress(OSError, UnicodeDecodeError):
        return cached.read_text(encoding="utf-8")
    from vl_convert import javascript_bundle

    bundle = str(javascript_bundle())  # type: ignore[call-arg]  # its stub asks for a snippet
    with suppress(OSError):  # a home that cannot be written to
        write_text(cached, bundle)
    return bundle


@cache
def _vega() -> str:
    """The name of the script: it has the version in it, so that another one is made anew."""
    return f"vega-{version('vl-convert-python')}.js"


def _specs(charts: Iterable[Chart]) -> dict[str, Any]:
    return {chart.name: chart.spec for chart in charts}


def _index(
    layout: Layout,
    membership: Membership,
    tables: ReportTables,
    charts: Sequence[Chart],
    rows: Sequence[EssayRow],
    carried: Mapping[str, CarriedTable],
) -> dict[str, Any]:
    drawn = [chart for chart in charts if not chart.is_empty]
    return {
        "cohort": membership.cohort_id,
        "findings": _findings(layout, tables),
        "overview": overview(layout, membership, tables),
        "leaderboards": leaderboards(tables),
        "cohorts": cohort_grids(layout, tables),
        "contrasts": contrasts(tables),
        "controls": control_grids.controls(tables),
        "judges": judge_grids.judges(tables),
        "people": judge_grids.people(tables),
        "reliability": tables_module.reliability(tables),
        "reliability_words": list(interpretation.reliability_in_words(tables)),
        "evaluators": tables_module.evaluators(tables),
        "variance": tables_module.variance(tables),
        "needed": tables_module.needed(tables),
        "comparisons": pairwise_grids.comparisons(tables, {row.gen_id: row.title for row in rows}),
        "carried": carried,
        "charts": _by_section(drawn),
        "no_charts": _by_section(chart for chart in charts if chart.is_empty),
        "chart_data": {c.name: chart_data(c.name, c.title, c.spec) for c in drawn},
        "rows": rows,
        "names": tables.names,
        "min_coverage": tables.min_coverage,
        "vega": _vega(),
    }


def _findings(layout: Layout, tables: ReportTables) -> dict[str, list[Finding]]:
    looks = looks_at(layout, tables.cohort)
    evidence = Evidence(tables.scores, tables.tables, tables.names.of, looks)
    parts = {"What was asked": asked, "What is best": best, "What to distrust": doubts}
    return {title: list(find(evidence)) for title, find in parts.items()}


def _by_section(charts: Iterable[Chart]) -> dict[str, list[Chart]]:
    sections: dict[str, list[Chart]] = {}
    for chart in charts:
        sections.setdefault(chart.section, []).append(chart)
    return sections


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(mark=MARK, version=__version__, **values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("daydream.report", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(link=link, plural=plural, printable=printable, size=size)
    return environment
