"""What each evaluator does: how severe, how spread out, how often at the ends, how often lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import sparse, stats

from daydream.results.statistics.bootstrap import MIN_CLUSTERS, codes_of
from daydream.results.statistics.essay_scores import half_step, with_draft
from daydream.results.statistics.ratings import (
    DRAFT,
    ESSAY,
    EVALUATOR,
    TEMPLATE,
    TRUNCATED,
    Scales,
    evaluations,
    ratings,
)
from daydream.results.statistics.retest import Retest, retest

ALL_TEMPLATES = ""
_FEWEST_FOR_CORRELATION = 3
# Of the evaluation itself, the kinds of errors that came before an answer.
_NO_ANSWER = ("missing", "CallError", "BudgetError")
_COLUMNS = [
    EVALUATOR,
    TEMPLATE,
    "n_expected",
    "n_valid",
    "mean_share",
    "std_share",
    *("severity", "severity_low", "severity_high", "n_severity", "n_severity_drafts"),
    "ceiling_share",
    "floor_share",
    "n_asked",
    "unparsed_share",
    "truncated_share",
    "pearson",
    "spearman",
    "n_correlation",
    *Retest._fields,
    "warning",
]


def evaluator_effects(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Describe every evaluator model (``evaluation_template`` is ``""``), and per template.

    ``mean_share`` and ``std_share`` (n - 1) of normalised scores. ``severity``: mean over essays
    and templates of this evaluator's score minus the mean of the other evaluators' there,
    normalised, replicates averaged first; negative is stricter than the others. It is from
    ``n_severity`` essays x templates of ``n_severity_drafts`` drafts, and its 95% interval is of
    the drafts' means, by Student's t, for these judges, at least that of rounding (``half_step``);
    none with fewer than 5 drafts. Where
    judges fall into panels that share no essay, severities cannot be compared: they are NaN, and
    ``warning`` says so. ``ceiling_share`` and
    ``floor_share`` are the scores at or past an end of the scale, as shares of ``n_valid``;
    ``unparsed_share`` (no score) and ``truncated_share`` (the error names ``max_tokens`` or says
    truncated) are shares of ``n_asked``: the evaluations expected, less those that are missing
    through no fault of the evaluator (no essay, no budget, a call that failed).

    ``pearson`` and ``spearman``: over the ``n_correlation`` essays, this evaluator's mean with
    the others' mean, taken over the templates under which both scored the essay. NaN with fewer
    than three essays or without variance. What needs other evaluators is NaN without them. For
    ``n_retest`` to ``retest_high`` see ``Retest``.
    """
    frame = with_draft(evaluations(scores, scales))
    frame = frame[frame[EVALUATOR] != ""]
    if frame.empty:
        return pd.DataFrame(columns=_COLUMNS)
    beside = _beside_others(ratings(frame))
    drafts = frame.drop_duplicates(ESSAY).set_index(ESSAY)[DRAFT]
    beside = beside.assign(draft=beside[ESSAY].map(drafts))
    panels = _panels(beside)
    rows = [
        {
            **{EVALUATOR: name, TEMPLATE: template, **_ends(part)},
            **_against(others, panels[template], half_step(part)),
            **retest(part)._asdict(),
        }
        for name, template, part, others in _cells(frame, beside)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _cells(
    frame: pd.DataFrame, beside: pd.DataFrame
) -> Iterator[tuple[str, str, pd.DataFrame, pd.DataFrame]]:
    """For every row of the result: evaluator, template, its evaluations, its ratings."""
    for name, part in frame.groupby(EVALUATOR, sort=True):
        own = beside[beside[EVALUATOR] == name]
        yield str(name), ALL_TEMPLATES, part, own
        for template, own_part in part.groupby(TEMPLATE, sort=True):
            yield str(name), str(template), own_part, own[own[TEMPLATE] == template]


def _beside_others(rated: pd.DataFrame) -> pd.DataFrame:
    """Ratings that others share: essay, template, evaluator, ``unit`` and the ``others``' mean."""
    cells = rated.groupby([ESSAY, TEMPLATE])["unit"]
    count, total = cells.transform("size"), cells.transform("sum")
    shared = count >= 2
    others = (total[shared] - rated.loc[shared, "unit"]) / (count[shared] - 1)
    return rated.loc[shared, [ESSAY, TEMPLATE, EVALUATOR, "unit"]].assign(others=others)


def _ends(part: pd.DataFrame) -> dict[str, float]:
    valid = part[part["score"].notna()]
    unasked = part["error_stage"].isin(("draft", "essay")) | part["error_kind"].isin(_NO_ANSWER)
    requested = part[~unasked]
    truncated = requested["error_kind"] == TRUNCATED
    return {
        "n_expected": len(part),
        "n_valid": len(valid),
        "mean_share": float(valid["unit"].mean()),
        "std_share": float(valid["unit"].std()),
        "ceiling_share": float((valid["score"] >= valid["high"]).mean()),
        "floor_share": float((valid["score"] <= valid["low"]).mean()),
        "n_asked": len(requested),
        "unparsed_share": float(requested["score"].isna().mean()),
        "truncated_share": float(truncated.mean()),
    }


def _panels(beside: pd.DataFrame) -> Mapping[str, int]:
    """By template and over all, into how many parts judges fall that share no essay."""
    parts = {str(name): part for name, part in beside.groupby(TEMPLATE)}
    found = {name: _n_panels(part) for name, part in parts.items()}
    return defaultdict(int, found | {ALL_TEMPLATES: _n_panels(beside)})


def _n_panels(part: pd.DataFrame) -> int:
    if part.empty:
        return 0
    row, n_rows = codes_of((part[ESSAY] + "|" + part[TEMPLATE]).to_numpy(dtype=str))
    column, n_columns = codes_of(part[EVALUATOR].to_numpy(dtype=str))
    n = n_rows + n_columns
    edges = sparse.coo_array((np.ones(len(row)), (row, column + n_rows)), shape=(n, n))
    return int(sparse.csgraph.connected_components(edges, directed=False)[0])


def _severity(own: pd.DataFrame, panels: int, min_spread: float) -> dict[str, object]:
    gaps = own["unit"] - own["others"]
    by_draft = gaps.groupby(own["draft"]).agg(["mean", "size"])
    n = len(by_draft)
    about: dict[str, object] = {"n_severity": len(own), "n_severity_drafts": n}
    if panels > 1:
        return about | {"warning": f"judges fall into {panels} panels that share no essay"}
    if own.empty:
        return about | {"warning": "no essay that another judge scored too"}
    value = float(gaps.mean())
    if n < MIN_CLUSTERS:
        return about | {
            "severity": value,
            "warning": f"fewer than {MIN_CLUSTERS} drafts: no interval",
        }
    # A mean of all ratings is a ratio of sums over drafts; its error by linearisation.
    pulls = by_draft["size"] * (by_draft["mean"] - value)
    error = np.sqrt(n / (n - 1) * float((pulls**2).sum())) / len(own)
    error = max(error, min_spread / np.sqrt(len(own)))
    margin = float(stats.t.isf(0.025, n - 1) * error)
    ends = {"severity_low": value - margin, "severity_high": value + margin}
    return about | {"severity": value, **ends, "warning": ""}


def _against(own: pd.DataFrame, panels: int, min_spread: float) -> dict[str, object]:
    means = own.groupby(ESSAY)[["unit", "others"]].mean().round(9)
    return {
        **_severity(own, panels, min_spread),
        "pearson": _correlation(means),
        "spearman": _correlation(means.rank()),
        "n_correlation": len(means),
    }


def _correlation(means: pd.DataFrame) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):  # without variance it is NaN
        return float(means["unit"].corr(means["others"], min_periods=_FEWEST_FOR_CORRELATION))
