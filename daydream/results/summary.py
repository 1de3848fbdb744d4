"""The summary tables, each from the rows of ``parsed_scores.csv``.

Every average stands beside its counts: ``n_expected`` evaluations were asked for, ``n_valid`` have
a score, and ``coverage_ok`` says whether these are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from daydream.experiment.catalog import read_scales
from daydream.results.concept_columns import names_in
from daydream.results.final_results import final_results, with_shares
from daydream.results.pivots import evaluation_model_template_pivot, generation_scores_pivot
from daydream.results.statistics.ratings import Scales
from daydream.results.table_files import WORDS, Table, read_scores, write_tables


def perfect_score_paths(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """The evaluations at the top of their template's range, with the files behind them."""
    shares = with_shares(scores, scales)
    return listed(scores[shares["share"] >= 1.0])


def listed(scores: pd.DataFrame) -> pd.DataFrame:
    """Scored evaluations as a table lists them: words are whole numbers."""
    rows = scores.drop(columns=[n for n in scores if str(n).startswith("error")]).reset_index(
        drop=True
    )
    return rows.astype(dict.fromkeys(WORDS, "Int64"))


SUMMARY: Mapping[str, Table] = {
    "final_results": final_results,
    "perfect_score_paths": perfect_score_paths,
    "generation_scores_pivot": generation_scores_pivot,
    "evaluation_model_template_pivot": evaluation_model_template_pivot,
}


def make_summaries(
    scores: str, templates: str, min_coverage: float, outputs: Iterable[str]
) -> None:
    """Write summaries of ``parsed_scores.csv``: the names of ``outputs`` say which, and how."""
    frame, scales = read_scores(scores), read_scales(templates)
    names = names_in(frame)
    write_tables(lambda name: SUMMARY[name](frame, scales), min_coverage, names, outputs)
