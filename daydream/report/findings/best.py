"""What is best, and how sure that is: a sentence for each axis, from ranks and contrasts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daydream.report.findings.model import (
    ALPHA,
    Evidence,
    Finding,
    amount,
    counted,
    listed,
    p_value,
)
from daydream.report.grid import as_float
from daydream.results.axis_names import AXIS_NAMES

_Row = dict[str, Any]
TEMPLATE = "evaluation_template"


def best(evidence: Evidence) -> Iterator[Finding]:
    """The first of each axis with two levels or more, under all templates together."""
    templates = list(dict.fromkeys(row[TEMPLATE] for row in evidence.rows("ranking")))
    is_any = False
    for axis in AXIS_NAMES:
        rows = _ranked(evidence, axis, templates[-1]) if templates else []
        if len(rows) > 1:
            is_any = True
            yield _first(evidence, axis, rows)
            yield from _by_template(evidence, axis, templates)
    if not is_any:
        why = "Nothing can be ranked: no axis has two levels with a score. Single essays, by their"
        yield Finding(f"{why} mean, are in the table of essays below.", "ranking")


def _ranked(evidence: Evidence, axis: str, template: str) -> list[_Row]:
    rows = evidence.rows("ranking", axis=axis, evaluation_template=template)
    return [row for row in rows if as_float(row["rank"]) is not None]


def _first(evidence: Evidence, axis: str, rows: list[_Row]) -> Finding:
    first, noun = rows[0], AXIS_NAMES[axis]
    name, mean = evidence.name(axis, first["level"]), _mean(first)
    pairs = [
        pair
        for pair in evidence.rows("contrasts", axis=axis, evaluation_template=first[TEMPLATE])
        if first["level"] in (pair["level_a"], pair["level_b"])
    ]
    tested = [pair for pair in pairs if as_float(pair["p_holm"]) is not None]
    if not tested:
        return Finding(
            f"Which {noun} is best is not established: no difference could be tested"
            f"{_why(pairs)}. Of {len(rows)}, {name} has the highest mean, {mean}.",
            "ranking",
        )
    ties = [_other(pair, first["level"]) for pair in tested if pair["p_holm"] > ALPHA]
    if len(tested) < len(rows) - 1:  # of very many levels not all pairs are listed
        ties_of = int(first["n_tied"])
        return Finding(
            f"Of {len(rows)} {noun}s {name} has the highest mean, {mean}; {ties_of:,} of the "
            "others cannot be told apart from it.",
            "ranking",
        )
    if not ties:
        nearest = tested[0]
        other = evidence.name(axis, _other(nearest, first["level"]))
        return Finding(
            f"{name} is first of {counted(len(rows), noun)}: its mean is {mean}, and it is told "
            f"apart from every other. From {other}, the next, by {_difference(nearest)}.",
            "contrasts",
        )
    if len(ties) == len(rows) - 1:
        return Finding(
            f"No {noun} is shown to be best: the first of {len(rows)}, {name} with a mean of "
            f"{mean}, cannot be told apart from any other.",
            "contrasts",
        )
    return Finding(
        f"Of {len(rows)} {noun}s {name} has the highest mean, {mean}, but cannot be told apart "
        f"from {listed([evidence.name(axis, level) for level in ties])}.",
        "contrasts",
    )


def _other(pair: _Row, level: str) -> str:
    return str(pair["level_b"] if pair["level_a"] == level else pair["level_a"])


def _mean(row: _Row) -> str:
    scale = f"on {amount(row['scale_low'], 0)} to {amount(row['scale_high'], 0)}"
    if as_float(row["low"]) is None:
        return f"{amount(row['adjusted_mean'])} {scale} (no interval)"
    ends = f"{amount(row['low'])} to {amount(row['high'])}"
    return f"{amount(row['adjusted_mean'])} {scale} (95% interval {ends})"


def _difference(pair: _Row) -> str:
    ends = f"{amount(pair['low'])} to {amount(pair['high'])}"
    return f"{amount(pair['difference'])} points (95% interval {ends}; {p_value(pair['p_holm'])})"


def _why(pairs: list[_Row]) -> str:
    reason = next((str(pair["warning"]) for pair in pairs if pair["warning"]), "")
    return f" ({reason})" if reason else ""


def _by_template(evidence: Evidence, axis: str, templates: list[str]) -> Iterator[Finding]:
    """Templates under which another level is first, when there are several."""
    if len(templates) < 2:
        return
    *single, together = templates
    first = {template: _ranked(evidence, axis, template)[:1] for template in templates}
    leading = {template: rows[0]["level"] for template, rows in first.items() if rows}
    others = [
        template
        for template in single
        if template in leading and leading[template] != leading.get(together)
    ]
    if others:
        pairs = [
            (evidence.name(axis, leading[template]), evidence.name(TEMPLATE, template))
            for template in others
        ]
        levels = listed([f"{level} under {template}" for level, template in pairs])
        yield Finding(
            f"Under single evaluation templates another {AXIS_NAMES[axis]} has the highest mean: "
            f"{levels}. "
            "Whether that is more than chance is in contrasts.",
            "ranking",
        )
