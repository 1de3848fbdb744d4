"""Every declared table, in the order of the folders."""

from __future__ import annotations

from daydream.results.dictionary import influences, levels, parsed, people, reliability, summary
from daydream.results.dictionary.model import Table

TABLES: tuple[Table, ...] = (
    parsed.COMBO_MAPPINGS,
    parsed.CONCEPT_INDEX,
    parsed.MEMBERS,
    parsed.SCORES,
    parsed.COMPARISONS,
    summary.FINAL,
    parsed.PERFECT,
    summary.SCORES_PIVOT,
    summary.EVALUATION_PIVOT,
    parsed.SNAPSHOTS,
    reliability.AGREEMENT,
    reliability.SPREAD,
    reliability.RELIABILITY,
    levels.RANKING,
    levels.CONTRASTS,
    levels.CONTROLS,
    influences.VARIANCE,
    reliability.D_STUDY,
    reliability.EFFECTS,
    influences.PREFERENCE,
    influences.SENSITIVITY,
    influences.LENGTH,
    people.PAIRWISE,
    reliability.POSITION,
    people.HUMAN_AGREEMENT,
    people.HUMAN_CORRECTED,
    parsed.CROSS_SCORES,
    parsed.FILTERED,
    summary.VERSION_PIVOT,
    levels.COHORT_LEVELS,
)
