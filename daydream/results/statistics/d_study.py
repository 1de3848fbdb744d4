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
from daydream.results.statistics.design_targets import (
    ESSAY_TARGET,
    LEVEL_COMBO,
    Parts,
    Target,
    design_targets,
    of_one_essay,
)
from daydream.results.statistics.ratings import (
    DRAFT,
    ESSAY,
    EVALUATOR,
    GENERATOR,
    TEMPLATE,
    Scales,
    comparable,
    evaluations,
)
from daydream.results.statistics.variance_components import variance_components

SHARES = (0.05, 0.1, 0.2)  # of the scale: 0.5, 1 and 2 points of 0 to 10
POWER = 0.8
MOST_JUDGES, MOST_ESSAYS, MOST_REPLICATES, MOST_DRAFTS = 12, 4, 3, 100_000
_NORMAL = 200  # degrees of freedom from which on Student's t is a normal distribution
ONE_JUDGE = "one judge: nothing can be said about what other judges would give"
_COLUMNS = [
    *("target", "share", "points", "combos", "drafts", "essays", "judges", "templates"),
    *("replicates", "calls", "dollars", "drafts_low", "drafts_high", "dollars_low"),
    *("dollars_high", LEVEL_COMBO, f"{LEVEL_COMBO}_low", f"{LEVEL_COMBO}_high"),
    *("note", "scale_low", "scale_high", "n_expected", "n_valid"),
]


class Design(NamedTuple):
    """Drafts of each level, essays of each draft; judges, templates, replicates of each essay."""

    drafts: int
    essays: int
    judges: int
    templates: int
    replicates: int

    def calls(self, *, shared: bool) -> tuple[int, int, int]:
        """Drafts, essays and evaluations to be made for two levels, which may share drafts."""
        essays = 2 * self.drafts * self.essays
        judged = essays * self.judges * self.templates * self.replicates
        return self.drafts if shared else 2 * self.drafts, essays, judged


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
    fewer; essay templates on the same drafts. Its variance is
    2 [(lc + d + (e + j) / essays) / combos + taste / judges], where lc is ``level_x_combo`` (what
    a combination gives to one level, which only more combinations average out), d of drafts
    (none where levels share them), e of essays, j of judgements of one essay, taste what a judge
    gives one model. For ``one_essay``: the 95% interval of the essay's mean over judges, severity
    included, is ``share`` of the scale wide.

    ``calls`` and ``dollars`` (``prices``: mean USD of a draft, an essay, an evaluation; NaN where
    unknown) are of the whole design: two levels, or one essay's evaluations. The variances are
    those of ``variance_components`` (``components``, if made before) and of ``level_variances``;
    ``drafts_low`` and ``drafts_high`` are the drafts (for one essay: judges) needed if all of them
    were at the low or the high end of their 95% intervals, and ``dollars_low`` and
    ``dollars_high`` what that would cost. With one judge, one combination, or levels that share
    none, ``note`` says that nothing can be said. Source: R. L. Brennan (2001), "Generalizability
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
    judges, templates = valid[EVALUATOR].nunique(), valid[TEMPLATE].nunique()
    rows = []
    for target, share in product(design_targets(frame, table, span), SHARES):
        row = {"target": target.name, "share": share, "points": share * span, **about}
        row |= target.level_x_combo
        if judges < 2:
            rows.append({**row, "judges": 1, "note": ONE_JUDGE})
        elif not target.parts:
            rows.append({**row, "note": target.note})
        else:
            rows.append(row | _planned(target, share * span, templates, prices or {}))
    return pd.DataFrame(rows).reindex(columns=_COLUMNS)


def _planned(
    target: Target, points: float, templates: int, prices: Mapping[str, float]
) -> dict[str, object]:
    best = min(
        _designs(target, points, templates), key=lambda d: _cost(d, target, prices), default=None
    )
    if best is None:
        return {"note": "no design within reach: the judges' own tastes are too far apart"}
    low, high = (_needed(part, target.name, points, best) for part in target.parts[1:])
    of_levels = target.name != ESSAY_TARGET
    calls = _calls(best, target)
    is_open = low is None or high is None
    notes = [target.note, "an end of the interval is not known" if is_open else ""]
    return {
        **best._asdict(),
        **{"combos": best.drafts if of_levels else None, "calls": sum(calls)},
        **{"note": "; ".join(filter(None, notes)), "dollars": _dollars(calls, prices)},
        **{"drafts_low": low, "drafts_high": high},
        "dollars_low": _dollars_of(low, best, target, prices),
        "dollars_high": _dollars_of(high, best, target, prices),
    } | ({} if of_levels else {"drafts": None, "essays": 1})


def _designs(target: Target, points: float, templates: int) -> Iterator[Design]:
    """For every panel the smallest number of drafts (or of judges) that is enough."""
    parts = target.parts[0]
    if target.name == ESSAY_TARGET:
        for replicates in range(1, MOST_REPLICATES + 1):
            shape = Design(1, 1, 1, templates, replicates)
            judges = _needed(parts, target.name, points, shape)
            if judges is not None:
                yield shape._replace(judges=judges)
        return
    counts = (range(1, max_count + 1) for max_count in (MOST_ESSAYS, MOST_JUDGES, MOST_REPLICATES))
    for essays, judges, replicates in product(*counts):
        shape = Design(1, essays, judges, templates, replicates)
        drafts = _needed(parts, target.name, points, shape)
        if drafts is not None:
            yield shape._replace(drafts=drafts)


def _needed(parts: Parts, target: str, points: float, shape: Design) -> int | None:
    """Drafts of each level, or judges of one essay; None where no number is enough."""
    judged = of_one_essay(parts, 1, shape.templates, shape.replicates)
    if target == ESSAY_TARGET:
        goal = (points / (2 * stats.norm.isf(0.025))) ** 2
        return _within_reach(
            (parts[EVALUATOR] + parts["judge_x_generator"] + judged) / goal, at_least=1
        )
    taste = parts["judge_x_generator"] if target == GENERATOR else 0.0
    of_draft = (parts[ESSAY] + judged / shape.judges) / shape.essays + parts[DRAFT]
    # What cannot be told from the drafts is in their variance.
    of_combo = of_draft + (0.0 if np.isnan(parts[LEVEL_COMBO]) else parts[LEVEL_COMBO])

    def enough(df: int) -> int | None:
        room = (points / _standard_errors(min(df, _NORMAL))) ** 2 / 2 - taste / shape.judges
        return _within_reach(of_combo / room, at_least=MIN_CLUSTERS) if room > 0 else None

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


def _calls(design: Design, target: Target) -> tuple[int, int, int]:
    """Drafts, essays and evaluations of the whole design: two levels, or one essay's judgements."""
    if target.name == ESSAY_TARGET:
        return 0, 0, design.judges * design.templates * design.replicates
    return design.calls(shared=target.shares_drafts)


def _cost(design: Design, target: Target, prices: Mapping[str, float]) -> tuple[float, Design]:
    calls = _calls(design, target)
    dollars = _dollars(calls, prices)
    return (float(sum(calls)) if np.isnan(dollars) else dollars, design)


def _dollars_of(
    number: int | None, design: Design, target: Target, prices: Mapping[str, float]
) -> float:
    """What the design costs with another number of drafts (of judges, for one essay)."""
    if number is None:
        return float("nan")
    name = "judges" if target.name == ESSAY_TARGET else "drafts"
    return _dollars(_calls(design._replace(**{name: number}), target), prices)


def _dollars(calls: tuple[int, int, int], prices: Mapping[str, float]) -> float:
    """NaN where a price is not known."""
    names = ("draft", "essay", "evaluation")
    if not all(name in prices for name in names):
        return float("nan")
    return float(sum(n * prices[name] for n, name in zip(calls, names, strict=True)))
