"""What to distrust in an experiment: each sentence names a weakness that its tables show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from daydream.store.membership import OTHER_COMBO

_JUDGE, _WRITER = "evaluation_llm_model", "generation_model"
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


_NO_IDEAS = {"control-empty": "An empty essay", "control-concepts": "The concepts' own text"}


def _essays_on_others(evidence: Evidence, row: Mapping[str, Any]) -> Iterator[Finding]:
    """Essays that score as high where they stand for other concepts than their own."""
    mean, essays, high = (as_float(row[name]) for name in ("mean", "essays_mean", "high"))
    if mean is None or essays is None or (mean if high is None else high) < essays:
        return
    template = evidence.name("evaluation_template", row["evaluation_template"])
    yield Finding(
        f"Essays that stand for other concepts than their own score {amount(mean)} under "
        f"{template}, not clearly below all essays ({amount(essays)}): these scores do not say "
        "that an essay is about its concepts. Does the template show them?",
        "controls",
    )


def _controls(evidence: Evidence) -> Iterator[Finding]:
    """Controls that judges put among the essays, or above them."""
    for row in evidence.rows("controls", evaluation_llm_model=""):
        below = as_float(row["share_below"])
        if row["control"] == OTHER_COMBO:
            yield from _essays_on_others(evidence, row)
        if below is None or row["control"] not in _NO_IDEAS:
            continue
        text = _NO_IDEAS[row["control"]]
        if below >= ALPHA:
            template = evidence.name("evaluation_template", row["evaluation_template"])
            yield Finding(
                f"{text} scores {amount(row['mean'])} under {template}, above {below:.0%} of the "
                f"essays (their mean is {amount(row['essays_mean'])}): these scores do not say "
                "that there is an idea.",
                "controls",
            )


def _addresses(evidence: Evidence) -> Iterator[Finding]:
    """Essays that speak to their judge."""
    scores = evidence.scores
    if "address_to_judge" not in scores:
        return
    speaking = scores[scores["address_to_judge"].fillna("") != ""]
    count = int(speaking["parent_gen_id"].nunique())
    if count:
        verb = "speaks" if count == 1 else "speak"
        yield Finding(
            f"{counted(count, 'essay')} {verb} to the judge, which may move its score; the essays "
            "table marks them. How far judges are moved by such texts: daydream audit judges.",
            "parsed_scores",
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


def _judges(evidence: Evidence) -> Iterator[Finding]:
    scored = evidence.scores[evidence.scores["score"].notna()]
    judges = sorted(set(scored[_JUDGE]))
    if len(judges) == 1:
        yield Finding(
            f"One judge, {evidence.name(_JUDGE, judges[0])}, gave every score: nothing is known "
            "of what another would give.",
            "parsed_scores",
        )
    writing = [judge for judge in judges if judge in set(scored[_WRITER])]
    if writing:
        names = listed([evidence.name(_JUDGE, judge) for judge in writing])
        yield Finding(
            f"{names} {'judges' if len(writing) == 1 else 'judge'} and also "
            f"{'writes' if len(writing) == 1 else 'write'} essays.{_preferences(evidence)}",
            "judge_preference",
        )


def _preferences(evidence: Evidence) -> str:
    rows = evidence.rows("judge_preference", kind="self")
    untested: dict[str, list[str]] = {}
    for row in rows:
        if as_float(row["p_holm"]) is None:
            name = evidence.name(_JUDGE, row[_JUDGE])
            untested.setdefault(row["note"] or "too few drafts", []).append(name)
    sentences = [_preference(evidence, row) for row in rows if as_float(row["p_holm"]) is not None]
    for note, names in untested.items():
        own = "prefers its own" if len(names) == 1 else "prefer their own"
        sentences.append(f"Whether {listed(names)} {own} was not tested: {note}.")
    return "".join(f" {sentence}" for sentence in sentences)


def _preference(evidence: Evidence, row: _Row) -> str:
    name = evidence.name(_JUDGE, row[_JUDGE])
    ends = f"{amount(row['low_share'])} to {amount(row['high_share'])}"
    difference = f"{amount(row['difference_share'])} of the scale (95% interval {ends}; "
    difference += f"{p_value(row['p_holm'])})"
    if row["p_holm"] > ALPHA:
        return f"That {name} prefers its own is not shown: {difference}."
    verb = "more" if row["difference_share"] > 0 else "less"
    return f"{name} gives its own {verb} than other judges do: {difference}."


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
        return f"judge {evidence.name(_JUDGE, name)}"
    if kind == "evaluation_template":
        return f"evaluation template {evidence.name(kind, name)}"
    return "scores that models gave themselves"


def _length(evidence: Evidence) -> Iterator[Finding]:
    rows = evidence.rows(
        "length_effect", analysis_type="slope", evaluation_llm_model="", evaluation_template=""
    )
    for row in rows:
        p = as_float(row["p"])
        if p is not None and p <= ALPHA:
            verb = "more" if row["slope_share"] > 0 else "less"
            ends = f"{amount(row['low_share'], 3)} to {amount(row['high_share'], 3)}"
            yield Finding(
                f"Longer essays score {verb}: {amount(row['slope_share'], 3)} of the scale for "
                f"each doubling of words (95% interval {ends}), which need not be their merit.",
                "length_effect",
            )


def _snapshots(evidence: Evidence) -> Iterator[Finding]:
    mixed = {
        (row["stage"], row["llm_model_id"]): row["warning"]
        for row in evidence.rows("snapshots")
        if row["warning"]
    }
    for (stage, model), warning in mixed.items():
        name = evidence.name("llm_model_id", model)
        yield Finding(f"{stage.capitalize()}s by {name}: one cell {warning}.", "snapshots")


def _people(evidence: Evidence) -> Iterator[Finding]:
    rows = evidence.rows("human_agreement", kind="panel")
    if not rows:
        yield Finding(
            "No person rated these essays: whether people would agree with the judges is not known."
        )
    for row in rows:
        template = evidence.name("evaluation_template", row["evaluation_template"])
        ends = "no interval"
        if as_float(row["pearson_low"]) is not None:
            ends = f"95% interval {amount(row['pearson_low'])} to {amount(row['pearson_high'])}"
        yield Finding(
            f"On {counted(int(row['n']), 'essay')} that people rated under {template}, the mean of "
            f"the judges correlates with theirs at {amount(row['pearson'])} ({ends}) and differs "
            f"by {amount(row['bias'])} points.",
            "human_agreement",
        )


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
    _controls,
    _addresses,
    _judges,
    _sensitive,
    _few_clusters,
    _snapshots,
    _length,
    _people,
)
