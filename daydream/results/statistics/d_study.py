"""How many drafts, essays, judges and replicates a conclusion needs: a design study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from daydream.results.statistics.bootstrap import MIN_CLUSTERS
from daydream.results.statistics.ratings import (
    EVALUATOR,
    TEMPLATE,
    Scales,
    comparable,
    evaluations,
)
from daydream.results.statistics.sensitivity import AXES
from daydream.results.statistics.variance_components import variance_components

ESSAY_TARGET = "one_essay"
SHARES = (0.05, 0.1, 0.2)  # of the scale: 0.5, 1 and 2 points of 0 to 10
POWER = 0.8
MOST_JUDGES, MOST_ESSAYS, MOST_REPLICATES, MOST_DRAFTS = 12, 4, 3, 100_000
_NORMAL = 200  # degrees of freedom from which on Student's t is a normal distribution
ONE_JUDGE = "one judge: nothing can be said about what other judges would give"
_COLUMNS = [
    *("target", "share", "points", "combos", "drafts", "essays", "judges", "templates"),
    *("replicates", "calls", "dollars", "drafts_low", "drafts_high", "dollars_low"),
    *("dollars_high", "note", "scale_low", "scale_high", "n_expected", "n_valid"),
]


class Design(NamedTuple):
    """Drafts of each level, essays of each draft; judges, templates, replicates of each essay."""

    drafts: int
    essays: int
    judges: int
    templates: int
    replicates: int

    def calls(self, levels: int) -> tuple[int, int, int]:
        """Drafts, essays and evaluations to be made for so many levels."""
        essays = levels * self.drafts * self.essays
        judged = essays * self.judges * self.templates * self.replicates
        return levels * self.drafts, essays, judged


def d_study(
    scores: pd.DataFrame,
    scales: Scales,
    prices: Mapping[str, float] | None = None,
    components: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The cheapest design (fewest calls, or dollars where known) for each target and ``share``.

    For an axis: a true difference of two of its levels, as large as ``share`` of the scale, is
    found with probability 0.8 by a two-sided t test at 0.05, both levels with the same judges and
    combos: one draft of each level a combo, and five at least, as ``contrasts`` tests nothing on
    fewer. For ``one_essay``: the 95% interval of the essay's mean over judges, severity included,
    is ``share`` of the scale wide. ``calls`` and ``dollars`` (``prices``: mean USD of a draft, an
    essay, an evaluation; NaN where unknown) are of the whole
    design: two levels, or one essay's evaluations. The variances are those of
    ``variance_components`` (``components``, if made before); ``drafts_low`` and ``drafts_high``
    are the drafts (for one essay: judges) needed if all of them were at the low or the high end
    of their 95% intervals, and ``dollars_low`` and ``dollars_high`` what that would cost. With one
    judge the row says that nothing can be said. Source: R. L. Brennan (2001), "Generalizability
    Theory".
    """
    frame = evaluations(scores, scales)
    valid = comparable(frame[frame["score"].notna()])
    table = variance_components(scores, scales) if components is None else components
    if len(valid) < 2 or table.empty:
        return pd.DataFrame(columns=_COLUMNS)
    span = float(valid["scale_high"].iloc[0] - valid["scale_low"].iloc[0])
    about = {
        "scale_low": float(valid["scale_low"].iloc[0]),
        "scale_high": float(valid["scale_high"].iloc[0]),
        "n_expected": len(frame),
        "n_valid": len(valid),
    }
    axes = [axis for axis in AXES if valid[axis].nunique() > 1]
    judges, templates = valid[EVALUATOR].nunique(), valid[TEMPLATE].nunique()
    rows = []
    for target, share in product([*axes, ESSAY_TARGET], SHARES):
        row = {"target": target, "share": share, "points": share * span, **about}
        if judges < 2:
            rows.append({**row, "judges": 1, "note": ONE_JUDGE})
        else:
            rows.append(row | _planned(table, target, share * span, templates, prices or {}))
    return pd.DataFrame(rows).reindex(columns=_COLUMNS)


def _planned(
    table: pd.DataFrame, target: str, points: float, templates: int, prices: Mapping[str, float]
) -> dict[str, object]:
    ends = [_variances(table, column) for column in ("variance", "low", "high")]
    best = min(
        _designs(ends[0], target, points, templates),
        key=lambda d: _cost(d, target, prices),
        default=None,
    )
    if best is None:
        return {"note": "no design within reach: the judges' own tastes are too far apart"}
    low, high = (_needed(one, target, points, best) for one in ends[1:])
    levels = 0 if target == ESSAY_TARGET else 2
    calls = _calls(best, target)
    note = "" if low is not None and high is not None else "an end of the interval is not known"
    return {
        **best._asdict(),
        **{"combos": best.drafts if levels else None, "calls": sum(calls), "note": note},
        "dollars": _dollars(calls, prices),
        **{"drafts_low": low, "drafts_high": high},
        "dollars_low": _dollars_of(low, best, target, prices),
        "dollars_high": _dollars_of(high, best, target, prices),
    } | ({} if levels else {"drafts": None, "essays": 1})


def _variances(table: pd.DataFrame, column: str) -> dict[str, float]:
    """0 for what has no variance; infinity for one of which no upper end is known."""
    numbers = table.set_index("component").astype({"variance": float, column: float})
    found = numbers[column]
    if column == "high":
        found = found.mask(found.isna() & (numbers["variance"] > 0), np.inf)
    return {str(name): float(value) for name, value in found.fillna(0.0).items()}


def _designs(
    parts: Mapping[str, float], target: str, points: float, templates: int
) -> Iterator[Design]:
    """For every panel the smallest number of drafts (or of judges) that is enough."""
    if target == ESSAY_TARGET:
        for replicates in range(1, MOST_REPLICATES + 1):
            shape = Design(1, 1, 1, templates, replicates)
            judges = _needed(parts, target, points, shape)
            if judges is not None:
                yield shape._replace(judges=judges)
        return
    counts = (range(1, most + 1) for most in (MOST_ESSAYS, MOST_JUDGES, MOST_REPLICATES))
    for essays, judges, replicates in product(*counts):
        shape = Design(1, essays, judges, templates, replicates)
        drafts = _needed(parts, target, points, shape)
        if drafts is not None:
            yield shape._replace(drafts=drafts)


def _needed(parts: Mapping[str, float], target: str, points: float, shape: Design) -> int | None:
    """Drafts of each level, or judges of one essay; None where no number is enough."""
    per_rating = parts["residual"] / shape.templates
    per_rating += parts["replicate"] / (shape.templates * shape.replicates)
    if target == ESSAY_TARGET:
        goal = (points / (2 * stats.norm.isf(0.025))) ** 2
        single = parts[EVALUATOR] + parts["judge_x_generator"] + parts["judge_x_essay"]
        return _within_reach((single + per_rating) / goal, at_least=1)
    taste = parts["judge_x_generator"] if target == "generation_model" else 0.0
    judged = parts["parent_gen_id"] + (parts["judge_x_essay"] + per_rating) / shape.judges
    per_draft, of_all = parts["draft_gen_id"] + judged / shape.essays, taste / shape.judges

    def enough(df: int) -> int | None:
        room = (points / _standard_errors(min(df, _NORMAL))) ** 2 / 2 - of_all
        return _within_reach(per_draft / room, at_least=MIN_CLUSTERS) if room > 0 else None

    needed = enough(_NORMAL)
    while needed is not None and (enough(needed - 1) or np.inf) > needed:
        needed += 1  # of few drafts Student's t asks for more
    return needed


@cache
def _standard_errors(df: int) -> float:
    """How many standard errors a difference must be to be found with ``POWER``: Student's t."""
    return float(stats.t.isf(0.025, df) + stats.t.ppf(POWER, df))


def _within_reach(number: float, at_least: int) -> int | None:
    """The number as a whole one; None when nobody could have so many, as with NaN."""
    if not number <= MOST_DRAFTS:
        return None
    return max(at_least, int(np.ceil(round(number, 9))))  # 3.0000000000000004 is three


def _calls(design: Design, target: str) -> tuple[int, int, int]:
    """Drafts, essays and evaluations of the whole design: two levels, or one essay's judgements."""
    if target == ESSAY_TARGET:
        return 0, 0, design.judges * design.templates * design.replicates
    return design.calls(2)


def _cost(design: Design, target: str, prices: Mapping[str, float]) -> tuple[float, Design]:
    calls = _calls(design, target)
    dollars = _dollars(calls, prices)
    return (float(sum(calls)) if np.isnan(dollars) else dollars, design)


def _dollars_of(
    number: int | None, design: Design, target: str, prices: Mapping[str, float]
) -> float:
    """What the design costs with another number of drafts (of judges, for one essay)."""
    if number is None:
        return float("nan")
    name = "judges" if target == ESSAY_TARGET else "drafts"
    return _dollars(_calls(design._replace(**{name: number}), target), prices)


def _dollars(calls: tuple[int, int, int], prices: Mapping[str, float]) -> float:
    """NaN where a price is not known."""
    names = ("draft", "essay", "evaluation")
    if not all(name in prices for name in names):
        return float("nan")
    return float(sum(n * prices[name] for n, name in zip(calls, names, strict=True)))
