"""What the scores may not measure: signs in the tables that they are not of ideas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from daydream.store.membership import OTHER_COMBO

_JUDGE, _WRITER = "evaluation_llm_model", "generation_model"
_Row = dict[str, Any]

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


def controls(evidence: Evidence) -> Iterator[Finding]:
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


def addresses(evidence: Evidence) -> Iterator[Finding]:
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


def judges(evidence: Evidence) -> Iterator[Finding]:
    """Judges that are alone, or that also write."""
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


def length(evidence: Evidence) -> Iterator[Finding]:
    """Scores that grow with the length of an essay."""
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


def people(evidence: Evidence) -> Iterator[Finding]:
    """How far the judges agree with people."""
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
