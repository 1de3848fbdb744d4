"""How reliable the scores are: by evaluation template, and on average over templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from daydream.results.statistics.bootstrap import MIN_CLUSTERS, codes_of
from daydream.results.statistics.essay_scores import with_draft
from daydream.results.statistics.icc import intraclass_correlations
from daydream.results.statistics.icc_mixed import mixed_correlations
from daydream.results.statistics.icc_within import MIN_ORIGINS, within_origins
from daydream.results.statistics.krippendorff import (
    Alpha,
    Rated,
    mean_alpha,
    midranks,
)
from daydream.results.statistics.pair_kappa import pair_kappas
from daydream.results.statistics.ratings import (
    DRAFT,
    ESSAY,
    EVALUATOR,
    TEMPLATE,
    IntArray,
    Scales,
    evaluations,
    ratings,
)

OVERALL = "overall"
ALL_ESSAYS, WITHIN = "all essays", "within model and combo"
ALPHA, ORDINAL, KAPPA = "krippendorff_alpha", "krippendorff_alpha_ordinal", "weighted_kappa"
FIXED, SAMPLED = "fixed", "sampled"
_ANOVA, _REML, _MOMENTS = "analysis of variance", "REML", "moments"
_BOOTSTRAP = "bootstrap over drafts"
_AVERAGED = "ends are averaged over templates: rather too wide than too narrow"
_FEW_DRAFTS = f"fewer than {MIN_CLUSTERS} drafts: no interval"
_ALIKE = "the scores do not vary"
_NO_REST = "nothing is left to chance: no interval"
_FEW_ORIGINS = f"fewer than {MIN_ORIGINS} pairs of model and combo: no interval"


class Row(NamedTuple):
    """One coefficient in one scope; see ``reliability``."""

    measure: str
    scope: str
    among: str
    judge_a: str
    judge_b: str
    value: float
    low: float
    high: float
    n_units: int
    n_drafts: int
    n_raters: int
    n_templates: int
    raters_are: str
    method: str
    warning: str
    n_expected: int
    n_valid: int


class _Panel(NamedTuple):
    """The ratings under one template: essays x judges, and each essay's draft and origin."""

    template: str
    rated: Rated
    origins: IntArray
    judges: list[str]
    n_expected: int
    n_valid: int

    @property
    def n_drafts(self) -> int:
        several = np.isfinite(self.rated.matrix).sum(axis=1) >= 2
        return len(np.unique(self.rated.clusters[several]))

    @property
    def n_units(self) -> int:
        return int((np.isfinite(self.rated.matrix).sum(axis=1) >= 2).sum())


def reliability(
    scores: pd.DataFrame, scales: Scales, *, n_boot: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Coefficients of reliability by evaluation template (``scope``), and last their averages.

    A rater is a judge (evaluation model), its replicates averaged first. ``overall`` is the mean
    over the ``n_templates`` templates that two judges or more scored: a judge under another
    template answers another question, and is no other rater. Measures: Krippendorff's alpha with
    interval and with ordinal differences; the intraclass correlations of Shrout and Fleiss (1979),
    of which ``ICC(3,1)`` and ``ICC(3,k)`` also among the essays of one generation model and
    combination (``among``); kappa with quadratic weights of each pair of judges. ``raters_are``
    says what the interval speaks of: ``fixed`` (these judges) or ``sampled`` (any such judges).

    ``method``: the analysis of variance where every judge scored every essay and no two essays
    share a draft, or else the mixed model; alpha and kappa resample drafts. Alpha under several
    templates resamples the same drafts for all; other overall ends are averages. 95% intervals;
    NaN, and why in ``warning``, where there are too few drafts. ``n_units`` are essays that two
    judges scored. No row where fewer than two of them are.
    """
    frame = with_draft(evaluations(scores, scales))
    panels = [panel for panel in _panels(frame) if panel.n_units >= 2]
    rows = [row for panel in panels for row in _rows(panel, n_boot, seed)]
    if panels:
        rows += _overall(panels, rows, n_boot, seed)
    return pd.DataFrame(rows, columns=list(Row._fields))


def _panels(frame: pd.DataFrame) -> Iterator[_Panel]:
    essays = frame.drop_duplicates(ESSAY).set_index(ESSAY).sort_index()
    drafts = pd.Series(codes_of(essays[DRAFT].to_numpy(dtype=str))[0], index=essays.index)
    origin = essays["generation_model"] + "|" + essays["combo_id"]
    origins = pd.Series(codes_of(origin.to_numpy(dtype=str))[0], index=essays.index)
    for name, part in frame.groupby(TEMPLATE, sort=True):
        table = ratings(part).pivot(index=ESSAY, columns=EVALUATOR, values="unit")
        if table.shape[1] >= 2:
            of = table.index
            rated = Rated(table.to_numpy(dtype=float), drafts[of].to_numpy(dtype=np.int64))
            own = origins[of].to_numpy(dtype=np.int64)
            n_valid = int(part["score"].notna().sum())
            yield _Panel(str(name), rated, own, [*map(str, table.columns)], len(part), n_valid)


def _rows(panel: _Panel, n_boot: int, seed: int) -> Iterator[Row]:
    for measure, rated in ((ALPHA, panel.rated), (ORDINAL, midranks(panel.rated))):
        alpha = mean_alpha([rated], n_boot=n_boot, seed=seed)
        yield _alpha_row(measure, panel, alpha)
    yield from _correlations(panel)
    yield from _within(panel)
    for first, second, value, low, high, n_units, n_drafts in pair_kappas(
        panel.rated, n_boot=n_boot, seed=seed
    ):
        yield _row(panel, KAPPA, value, low, high, FIXED, _BOOTSTRAP)._replace(
            judge_a=panel.judges[first],
            judge_b=panel.judges[second],
            n_units=n_units,
            n_drafts=n_drafts,
            n_raters=2,
            warning=_FEW_DRAFTS if n_drafts < MIN_CLUSTERS else "",
        )


def _row(
    panel: _Panel, measure: str, value: float, low: float, high: float, raters_are: str, method: str
) -> Row:
    return Row(
        measure=measure,
        scope=panel.template,
        among=ALL_ESSAYS,
        judge_a="",
        judge_b="",
        value=value,
        low=low,
        high=high,
        n_units=panel.n_units,
        n_drafts=panel.n_drafts,
        n_raters=len(panel.judges),
        n_templates=1,
        raters_are=raters_are,
        method=method,
        warning="",
        n_expected=panel.n_expected,
        n_valid=panel.n_valid,
    )


def _alpha_row(measure: str, panel: _Panel, alpha: Alpha) -> Row:
    row = _row(panel, measure, alpha.value, alpha.low, alpha.high, FIXED, _BOOTSTRAP)
    warning = _FEW_DRAFTS if panel.n_drafts < MIN_CLUSTERS else ""
    if not np.isfinite([alpha.value, alpha.low]).all():
        warning = warning or _why_none(alpha.value)
    return row._replace(n_raters=alpha.n_raters, warning=warning)


def _correlations(panel: _Panel) -> Iterator[Row]:
    matrix, clusters = panel.rated
    is_plain = bool(np.isfinite(matrix).all()) and len(np.unique(clusters)) == len(matrix)
    if is_plain:
        found, method, warning = intraclass_correlations(matrix), _ANOVA, ""
    else:
        enough = panel.n_drafts >= MIN_CLUSTERS
        found = mixed_correlations(matrix, clusters, with_intervals=enough)
        method, warning = _REML, "" if enough else _FEW_DRAFTS
    for form, value, low, high in found:
        kind = FIXED if form.startswith("ICC(3") else SAMPLED
        why = warning or ("" if np.isfinite([value, low]).all() else _why_none(value))
        yield _row(panel, form, value, low, high, kind, method)._replace(warning=why)


def _why_none(value: float) -> str:
    return _ALIKE if not np.isfinite(value) else _NO_REST


def _within(panel: _Panel) -> Iterator[Row]:
    if len(np.unique(panel.origins)) < 2:  # the same as among all
        return
    found = within_origins(panel.rated.matrix, panel.origins)
    warning = _FEW_ORIGINS if found.n_origins < MIN_ORIGINS else ""
    for form, value, low, high in found.coefficients:
        yield _row(panel, form, value, low, high, FIXED, _MOMENTS)._replace(
            among=WITHIN, n_units=found.n_units, warning=warning
        )


def _overall(
    panels: Sequence[_Panel], rows: Sequence[Row], n_boot: int, seed: int
) -> Iterator[Row]:
    for measure in (ALPHA, ORDINAL):
        rated = [midranks(p.rated) if measure == ORDINAL else p.rated for p in panels]
        alpha = mean_alpha(rated, n_boot=n_boot, seed=seed)
        parts = [row for row in rows if row.measure == measure]
        row = _average(panels, parts)._replace(warning=_first_warning(parts))
        yield row._replace(value=alpha.value, low=alpha.low, high=alpha.high)
    kinds = dict.fromkeys((r.measure, r.among) for r in rows if r.measure.startswith("ICC"))
    for kind in kinds:
        parts = [row for row in rows if (row.measure, row.among) == kind]
        warning = _first_warning(parts)
        row = _average(panels, parts)
        yield row._replace(warning=warning or (_AVERAGED if len(parts) > 1 else ""))


def _first_warning(rows: Sequence[Row]) -> str:
    return next((row.warning for row in rows if row.warning), "")


def _average(panels: Sequence[_Panel], parts: Sequence[Row]) -> Row:
    """One row for the same coefficient under several templates."""
    templates = {row.scope for row in parts}
    behind = [panel for panel in panels if panel.template in templates]
    ends = np.array([(row.value, row.low, row.high) for row in parts]).mean(axis=0)
    return parts[0]._replace(
        scope=OVERALL,
        value=float(ends[0]),
        low=float(ends[1]),
        high=float(ends[2]),
        n_units=max(row.n_units for row in parts),
        n_drafts=len(np.unique(np.concatenate([panel.rated.clusters for panel in behind]))),
        n_raters=len({judge for panel in behind for judge in panel.judges}),
        n_templates=len(parts),
        method=", ".join(dict.fromkeys(row.method for row in parts)),
        n_expected=sum(row.n_expected for row in parts),
        n_valid=sum(row.n_valid for row in parts),
    )
