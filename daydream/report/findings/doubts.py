"""What to distrust in an experiment: each sentence names a weakness that its tables show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from daydream.report.findings import validity
from daydream.report.findings.model import ALPHA, Evidence, Finding, counted, listed
from daydream.report.grid import as_float
from daydream.results.axis_names import AXIS_NAMES

_Row = dict[str, Any]
MAX_CHANGES = 3


def doubts(evidence: Evidence) -> Iterator[Finding]:
    """Every weakness that is found, the gravest first."""
    for find in _KINDS:
        yield from find(evidence)


def _looked_at(evidence: Evidence) -> Iterator[Finding]:
    if evidence.looks:
        yield Finding(
            f"The essays were chosen by their scores ({listed(evidence.looks)}): means and "
            "intervals of the same scores are too high; the tables with intervals say so in each "
            "row.",
            "manifest",
        )


def _coverage(evidence: Evidence) -> Iterator[Finding]:
    scores = evidence.scores
    lost = int(scores["score"].isna().sum())
    if lost:
        yield Finding(
            f"{counted(lost, 'evaluation')} of {len(scores):,} {'has' if lost == 1 else 'have'} no "
            "score. What is missing may not be like what is there: see the bounds in ranking.",
            "parsed_scores",
        )
    uneven = _warned(evidence, "coverage differs between levels")
    if uneven:
        yield Finding(
            f"Coverage is uneven at {_levels(evidence, uneven)}: plain means are of different "
            "essays, read adjusted_mean.",
            "ranking",
        )


def _few_clusters(evidence: Evidence) -> Iterator[Finding]:
    rows = _together(evidence)
    bare = [row for row in rows if str(row["warning"]).startswith("no interval")]
    if bare:
        verb = "has" if len(bare) == 1 else "have"
        yield Finding(
            f"{len(bare)} of {counted(len(rows), 'mean')} {verb} no interval: fewer than 5 "
            "independent drafts or combinations are behind them.",
            "ranking",
        )
    few = [row for row in rows if "holds for these" in str(row["warning"])]
    if few:
        verb = "holds" if len(few) == 1 else "hold"
        yield Finding(
            f"The intervals of {counted(len(few), 'mean')} {verb} for these combinations only: "
            "fewer than 5 are behind them.",
            "ranking",
        )
    single = [row for row in rows if as_float(row["n_essays"]) == 1]
    if single:
        yield Finding(
            f"{counted(len(single), 'mean')} {'is' if len(single) == 1 else 'are'} of a single "
            "essay: the first of many such looks good by chance (see shrunken_mean).",
            "ranking",
        )


def _sensitive(evidence: Evidence) -> Iterator[Finding]:
    changed: dict[tuple[str, str], dict[str, str]] = {}  # by axis and who is first then
    for row in evidence.rows("sensitivity", winner_changes=True):
        left_out = _left_out(evidence, row["left_out"], row["left_out_name"])
        pronoun = "them" if row["left_out"] == "self_judgements" else "it"
        changed.setdefault((row["axis"], row["winner"]), {})[left_out] = pronoun
    for (axis, winner), parts in list(changed.items())[:MAX_CHANGES]:
        without = "any one of them" if len(parts) > 1 else next(iter(parts.values()))
        tied = " The two cannot be told apart anyhow." if _is_tied(evidence, axis, winner) else ""
        yield Finding(
            f"Which {AXIS_NAMES.get(axis, axis)} is first depends on {listed(list(parts))}: "
            f"without {without}, {evidence.name(axis, winner)} is.{tied}",
            "sensitivity",
        )
    if len(changed) > MAX_CHANGES:
        more = len(changed) - MAX_CHANGES
        yield Finding(f"{more} more such changes are in the table.", "sensitivity")


def _is_tied(evidence: Evidence, axis: str, level: str) -> bool:
    """Whether the contrast of a level with the first one, under all templates, finds nothing."""
    whole = evidence.rows("sensitivity", axis=axis, left_out="nothing")
    pairs = evidence.rows("contrasts", axis=axis)
    both = {level, whole[0]["winner"]} if whole else {level}
    found = [pair for pair in pairs if {pair["level_a"], pair["level_b"]} == both]
    p = as_float(found[-1]["p_holm"]) if found else None  # the composite is last
    return p is not None and p > ALPHA


def _left_out(evidence: Evidence, kind: str, name: str) -> str:
    if kind == "judge":
        return f"judge {evidence.name('evaluation_llm_model', name)}"
    if kind == "evaluation_template":
        return f"evaluation template {evidence.name(kind, name)}"
    return "scores that models gave themselves"


def _snapshots(evidence: Evidence) -> Iterator[Finding]:
    mixed = {
        (row["stage"], row["llm_model_id"]): row["warning"]
        for row in evidence.rows("snapshots")
        if row["warning"]
    }
    for (stage, model), warning in mixed.items():
        name = evidence.name("llm_model_id", model)
        yield Finding(f"{stage.capitalize()}s by {name}: one cell {warning}.", "snapshots")


def _together(evidence: Evidence) -> list[_Row]:
    """Rows of the ranking under all templates together, or the only one."""
    rows = evidence.rows("ranking")
    if not rows:
        return []
    last = rows[-1]["evaluation_template"]
    return [row for row in rows if row["evaluation_template"] == last]


def _warned(evidence: Evidence, words: str) -> list[_Row]:
    return [row for row in _together(evidence) if words in str(row["warning"])]


def _levels(evidence: Evidence, rows: list[_Row]) -> str:
    return listed([evidence.name(row["axis"], row["level"]) for row in rows])


_KINDS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _looked_at,
    _coverage,
    validity.controls,
    validity.addresses,
    validity.judges,
    _sensitive,
    _few_clusters,
    _snapshots,
    validity.length,
    validity.people,
)
