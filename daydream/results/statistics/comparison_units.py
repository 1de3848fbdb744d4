"""What levels of an axis are compared on: essays of one draft, drafts of one combination, ..."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from daydream.results.statistics.blocks import BlockFit, adjusted_rows, fit_blocks
from daydream.results.statistics.bootstrap import codes_of
from daydream.results.statistics.ratings import DRAFT, FloatArray, IntArray

COMBO, MODEL, ESSAY_TEMPLATE = "combo_id", "generation_model", "generation_template"
DRAFT_TEMPLATE = "draft_template"
AXES = (MODEL, DRAFT_TEMPLATE, ESSAY_TEMPLATE, COMBO)
SAME_DRAFT = "essays of the same draft"
MIN_CLUSTERS = 5
MIN_DF = MIN_CLUSTERS - 1
_MIN_SHARED = 0.5


class Units(NamedTuple):
    """Values of levels in blocks: a row per unit, the arrays (n,).

    ``level``, ``block`` and ``combo`` are numbers from 0, ``n_scores`` the scores behind a unit.
    ``moderator`` numbers what else the blocks differ in (their templates and models): the effect
    of a level may depend on it. ``method`` says what was compared on what.
    """

    value: FloatArray
    level: IntArray
    block: IntArray
    combo: IntArray
    moderator: IntArray
    n_scores: FloatArray
    method: str
    paired: bool


class Compared(NamedTuple):
    """The units that were chosen, their fit, and why there is no interval (``""``: there is)."""

    units: Units
    fit: BlockFit
    refused: str


class _Candidate(NamedTuple):
    units: Units
    min_blocks: int = 1
    min_units: int = 1  # of each level


def compare_on(essays: pd.DataFrame, axis: str) -> Compared:
    """Choose the closest comparison that the essays allow, and fit it.

    ``essays`` is the table of ``EssayScores``, whose levels of ``axis`` are numbered in sorted
    order. In this order, the first that connects all levels and shares at least half of its
    units' blocks between levels:

    1. essays of the same draft, when the axis varies within drafts;
    2. drafts of the same combination, draft template and model (but for the axis itself), the
       drafts of a cell averaged, with five blocks or more; single drafts where there are fewer
       blocks and every level has five drafts (what is found holds for these combinations);
    3. drafts of the same combination;
    4. without blocks: combinations as independent clusters.

    Levels of the axis ``combo_id`` are compared by their drafts, with draft template and model as
    fixed blocks. Fewer than four degrees of freedom are no comparison.
    """
    refused: list[str] = []
    first: tuple[Units, BlockFit] | None = None
    for candidate in _candidates(essays, axis):
        units = candidate.units
        fit = fit_blocks(units.value, units.level, units.block)
        if fit.components == 1 and first is None:
            first = units, fit
        reason = _unusable(candidate, fit)
        if not reason:
            return Compared(units, fit, "")
        refused.append(reason)
    assert first is not None  # the last candidate has one block, which connects all levels
    return Compared(*first, refused[0])


def _unusable(candidate: _Candidate, fit: BlockFit) -> str:
    units, min_blocks, min_units = candidate
    n_blocks = int(units.block.max()) + 1
    n_levels = int(units.level.max()) + 1
    if fit.components > 1 or _shared(units) < _MIN_SHARED:
        return f"levels share too few of the {n_blocks} blocks"
    if n_blocks < min_blocks:
        return f"{n_blocks} blocks ({units.method}), {min_blocks} are needed"
    min_found = int(np.bincount(units.level).min())
    if min_found < min_units:
        return f"a level has {min_found} clusters ({units.method}), {min_units} are needed"
    if fit.df < MIN_DF:
        each = len(units.value) / n_levels
        return f"{fit.df:g} degrees of freedom from {each:.3g} units a level, {MIN_DF} are needed"
    return ""


def _shared(units: Units) -> float:
    """Share of the units that stand in a block with several levels."""
    cells, at = np.unique(np.column_stack([units.block, units.level]), axis=0, return_inverse=True)
    several = np.bincount(cells[:, 0]) > 1
    if int(units.level.max()) == 0:
        return 1.0
    return float(several[cells[at.ravel(), 0]].mean())


def _candidates(essays: pd.DataFrame, axis: str) -> Iterator[_Candidate]:
    if axis != COMBO and _varies_within_drafts(essays, axis):
        yield _Candidate(_cells(essays, axis, [DRAFT], SAME_DRAFT), MIN_CLUSTERS)
    drafts = draft_scores(essays, axis)
    if essays[axis].nunique() == 1:
        yield _Candidate(_single(drafts, axis, [], "drafts"))
        return
    fixed = [DRAFT_TEMPLATE]
    if not _varies_within_drafts(essays, MODEL):
        fixed.append(MODEL)
    fixed = [name for name in fixed if name != axis]
    if axis == COMBO:
        yield _Candidate(_single(drafts, axis, fixed, "drafts of each combination"))
        yield _Candidate(_single(drafts, axis, [], "drafts of each combination, unpaired"))
        return
    same = " and ".join(["combination", *(name.replace("_", " ") for name in fixed)])
    yield _Candidate(_cells(drafts, axis, [COMBO, *fixed], f"same {same}"), MIN_CLUSTERS)
    if _is_replicated(drafts, axis, [COMBO, *fixed]):
        method = f"drafts of the same {same}: holds for these combinations"
        yield _Candidate(_single(drafts, axis, [COMBO, *fixed], method))
    yield _Candidate(_cells(drafts, axis, [COMBO], "same combination"), MIN_CLUSTERS)
    clusters = _cells(drafts, axis, [COMBO], "combinations as clusters, unpaired")
    alone = clusters._replace(block=np.zeros_like(clusters.block), paired=False)
    yield _Candidate(alone, min_units=MIN_CLUSTERS)


def _varies_within_drafts(essays: pd.DataFrame, axis: str) -> bool:
    return float((essays.groupby(DRAFT)[axis].nunique() > 1).mean()) >= _MIN_SHARED


def draft_scores(essays: pd.DataFrame, axis: str) -> pd.DataFrame:
    """A row per draft (and level of ``axis``): the mean of its essays, as if it had all kinds.

    Kinds are essay templates (and models, where one draft has several); value = draft + kind is
    fitted, so that a draft whose best kind of essay is missing is not taken for a worse one.
    """
    kinds = [ESSAY_TEMPLATE]
    if _varies_within_drafts(essays, MODEL):
        kinds.append(MODEL)
    kind, _ = codes_of(_joined(essays, [name for name in kinds if name != axis]))
    key = _joined(essays, [DRAFT, axis])
    _, at, row = np.unique(key, return_index=True, return_inverse=True)
    row = row.ravel().astype(np.int64)
    value, _ = adjusted_rows(essays["value"].to_numpy(dtype=float), row, kind)
    drafts = essays.iloc[at].reset_index(drop=True)
    return drafts.assign(value=value, n_scores=np.bincount(row, essays["n_scores"]))


def _joined(
    table: pd.DataFrame, columns: Sequence[str]
) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    joined = pd.Series("", index=table.index, dtype=object)
    for name in columns:
        joined = joined.str.cat(table[name].astype(str), sep="\x1f")
    return joined.to_numpy(dtype=str)


def _is_replicated(drafts: pd.DataFrame, axis: str, blocks: list[str]) -> bool:
    several = drafts.groupby([*blocks, axis]).size().max() > 1
    return bool(several and drafts.groupby(axis).size().min() >= MIN_CLUSTERS)


def _cells(table: pd.DataFrame, axis: str, blocks: list[str], method: str) -> Units:
    """Average the rows of a block and level."""
    group, _ = codes_of(_joined(table, [*blocks, axis]))
    _, at = np.unique(group, return_index=True)
    value = np.bincount(group, table["value"]) / np.bincount(group)
    cells = table.iloc[at].assign(value=value, n_scores=np.bincount(group, table["n_scores"]))
    return _single(cells, axis, blocks, method)


def _single(table: pd.DataFrame, axis: str, blocks: list[str], method: str) -> Units:
    level, block, combo = (
        codes_of(_joined(table, names))[0] for names in ([axis], blocks, [COMBO])
    )
    others = [
        name
        for name in (DRAFT_TEMPLATE, MODEL)
        if name != axis and table.groupby(block)[name].nunique().max() == 1
    ]
    return Units(
        value=table["value"].to_numpy(dtype=np.float64),
        level=level,
        block=block,
        combo=combo,
        moderator=codes_of(_joined(table, others))[0],
        n_scores=table["n_scores"].to_numpy(dtype=np.float64),
        method=method,
        paired=bool(blocks),
    )
