"""The summary tables, each from the rows of ``parsed_scores.csv``.

Every average stands beside its counts: ``n_expected`` evaluations were asked for, ``n_valid`` have
a score, and ``coverage_ok`` says whether these are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from daydream.experiment.catalog import read_scales
from daydream.parsers import ScoreRange
from daydream.results.concept_columns import CONCEPTS, ConceptNames, names_in, with_concepts
from daydream.results.coverage import CELL_EXPECTED, CELL_FLAG, CELL_VALID, FLAG, with_coverage
from daydream.results.parquet import read_rows, write_parquet
from daydream.results.selection import with_selection
from daydream.results.statistics.ratings import on_scale
from daydream.store.files import write_text

Scales = Mapping[str, ScoreRange]
Table = Callable[[pd.DataFrame, Scales], pd.DataFrame]

WORDS = ("essay_words", "draft_words")
NUMBERS = (*WORDS, "temperature")  # of the scores, NaN where blank
HIGH, LOW = 0.8, 0.3  # shares of the template's range: 8 and 3 on a scale from 0 to 10
GENERATION = ["combo_id", "draft_template", "generation_template", "generation_model"]
GROUPINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("draft_template", ("draft_template",)),
    ("essay_template", ("generation_template",)),
    ("generation_model", ("generation_model",)),
    ("evaluation_model", ("evaluation_llm_model",)),
    ("combo", ("combo_id",)),
    ("template_x_model", ("generation_template", "generation_model")),
    ("generation_x_evaluation_model", ("generation_model", "evaluation_llm_model")),
    ("overall", ()),
)
ALL = "all"
FINAL_KEYS = [
    "draft_template",
    "generation_template",
    "generation_model",
    "evaluation_llm_model",
    "combo_id",
]


def read_scores(path: str) -> pd.DataFrame:
    """Read ``parsed_scores``, from Parquet or CSV; ids stay text, a missing score is NaN.

    Raises:
        CohortError: when the file is missing or was damaged.

    """
    frame = read_rows(path)
    frame["score"] = pd.to_numeric(frame["score"], errors="coerce").astype(float)
    frame["replicate"] = frame["replicate"].astype(int)
    for column in NUMBERS:  # a table that an earlier version made has none of them
        cells = frame[column] if column in frame else pd.Series("", index=frame.index)
        frame[column] = pd.to_numeric(cells, errors="coerce").astype(float)
    return frame if CONCEPTS in frame else frame.assign(**{CONCEPTS: frame["combo_id"]})


def with_shares(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Add ``share``, the score's place in its template's range from 0 to 1, and the ``range``."""
    placed = on_scale(scores, scales)
    ends = zip(placed["low"], placed["high"], strict=True)
    return scores.assign(share=placed["unit"], range=[f"{low:g} to {high:g}" for low, high in ends])


def final_results(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """Counts, averages and extremes by template, model, combo and their crossings.

    By evaluation template, and last for all of them, where there are several: then
    ``evaluation_template`` is ``all``, ``n_templates`` how many, and averages weigh templates
    alike, whatever the number of their scores. ``average`` and the like are on the scores' own
    scale, and blank where templates with different ranges come together; ``average_share`` is on
    0 to 1 of each template's range. ``n_perfect`` counts scores at the top of the range,
    ``n_high`` those at 80% of it or above, ``n_low`` those at 30% or below; percentages are of the
    valid scores.
    """
    shares = with_shares(scores, scales)
    names = sorted(shares["evaluation_template"].unique())
    views = [(name, shares[shares["evaluation_template"] == name]) for name in names]
    if len(views) != 1:
        views.append((ALL, shares))
    parts = [
        _grouped(part, name, list(keys)).assign(
            evaluation_template=template, n_templates=len(names) if template == ALL else 1
        )
        for template, part in views
        for name, keys in GROUPINGS
    ]
    columns = ["analysis", "evaluation_template", "n_templates", *FINAL_KEYS, *_STATISTICS]
    return pd.concat(parts, ignore_index=True)[columns]


_STATISTICS = [
    *("n_expected", "n_valid", "average", "std_dev", "min", "max", "average_share"),
    *("n_perfect", "n_high", "n_low", "perfect_pct", "high_pct", "low_pct"),
]


def _grouped(shares: pd.DataFrame, name: str, keys: list[str]) -> pd.DataFrame:
    marked = shares.assign(
        is_perfect=shares["share"] >= 1.0,
        is_high=shares["share"] >= HIGH - 1e-9,
        is_low=shares["share"] <= LOW + 1e-9,
        range=shares["range"].where(shares["score"].notna()),
        everything="all",
    )
    by = keys or ["everything"]
    table = marked.groupby(by, sort=True).agg(
        n_expected=("gen_id", "size"),
        n_valid=("score", "count"),
        std_dev=("score", "std"),
        min=("score", "min"),
        max=("score", "max"),
        ranges=("range", "nunique"),
        n_perfect=("is_perfect", "sum"),
        n_high=("is_high", "sum"),
        n_low=("is_low", "sum"),
    )
    within = marked.groupby([*by, "evaluation_template"], sort=True)[["score", "share"]].mean()
    averages = within.groupby(by, sort=True).mean()
    table = table.assign(average=averages["score"], average_share=averages["share"]).reset_index()
    for column in ("average", "std_dev", "min", "max"):
        table[column] = table[column].where(table["ranges"] <= 1)
    for column in ("perfect", "high", "low"):
        valid = table["n_valid"].where(table["n_valid"] > 0)
        table[f"{column}_pct"] = 100 * table[f"n_{column}"] / valid
    missing = {key: "" for key in FINAL_KEYS if key not in keys}
    return table.assign(analysis=name, **missing)


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


def generation_scores_pivot(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """A row per combo x draft template x essay template x model, a block of columns per evaluator.

    A block ``<evaluation model>_<evaluation template>`` is the mean over replicates, beside its
    ``_min``, ``_max``, ``_n_expected`` and ``_n``. ``sum_scores`` adds the means that there are,
    each on the scale of its template: rows with different counts or templates do not compare.
    """
    across = ["evaluation_llm_model", "evaluation_template"]
    means = scores.groupby([*GENERATION, *across])["score"].mean()
    groups = scores.groupby(GENERATION)
    totals = counts(scores, GENERATION).assign(
        sum_scores=means.groupby(GENERATION).sum(min_count=1),
        n_essays=groups["parent_gen_id"].nunique(),
        generation_response_path=groups["generation_response_path"].agg(_joined),
    )
    totals = totals[["sum_scores", "n_essays", "n_expected", "n_valid", "generation_response_path"]]
    how = {"": "mean", "_min": "min", "_max": "max", **CELL_COUNTS}
    return pivot(scores, GENERATION, across, how).join(totals).reset_index()


def _joined(paths: pd.Series) -> str:
    return ";".join(dict.fromkeys(paths))


def evaluation_model_template_pivot(scores: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """A row per evaluation model; mean, deviation and counts for each evaluation template."""
    how = {"": "mean", "_std": "std", **CELL_COUNTS}
    index = ["evaluation_llm_model"]
    table = pivot(scores, index, ["evaluation_template"], how)
    return table.join(counts(scores, index)).reset_index()


CELL_COUNTS = {CELL_EXPECTED: "size", CELL_VALID: "count"}


def counts(scores: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """Evaluations asked for and those with a score, by the columns of ``index``."""
    return scores.groupby(index).agg(n_expected=("gen_id", "size"), n_valid=("score", "count"))


def pivot(
    scores: pd.DataFrame, index: list[str], across: list[str], statistics: Mapping[str, str]
) -> pd.DataFrame:
    """Statistics of the scores, in columns ``<values of across><suffix>``, a block per values."""
    empty = scores[index].drop_duplicates().set_index(index).sort_index()
    blocks: dict[str, pd.Series] = {}
    suffixes = [*statistics, CELL_FLAG]
    for label, (_, block) in _labelled(scores.groupby(across), suffixes, {*index, *_OWN}):
        grouped = block.groupby(index)["score"]
        for suffix, how in statistics.items():
            column = grouped.agg(how).reindex(empty.index)
            is_count = how in ("count", "size")
            blocks[label + suffix] = column.fillna(0).astype(int) if is_count else column
    return pd.concat([empty, pd.DataFrame(blocks, index=empty.index)], axis=1)


_OWN = (
    *("sum_scores", "n_essays", "n_expected", "n_valid", FLAG, "generation_response_path"),
    CONCEPTS,
)


def _labelled(groups: Any, suffixes: list[str], taken: set[str]) -> Iterator[tuple[str, Any]]:
    """Name each group by its joined values, numbered where two names would share a column."""
    for values, block in groups:
        base = label = "_".join(values)
        number = 1
        while taken & {label + suffix for suffix in suffixes}:
            number += 1
            label = f"{base} ({number})"
        taken |= {label + suffix for suffix in suffixes}
        yield label, (values, block)


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


def write_tables(
    make: Callable[[str], pd.DataFrame],
    min_coverage: float,
    names: ConceptNames,
    outputs: Iterable[str],
    selection: str = "",
) -> None:
    """Write tables with flags of coverage and names: those of ``outputs`` say which, and how.

    ``selection`` is noted in tables with intervals, see ``selection_note``.
    """
    made: dict[str, pd.DataFrame] = {}
    for output in outputs:
        name = Path(output).stem
        if name not in made:
            table = with_selection(make(name), selection)
            made[name] = with_concepts(with_coverage(table, min_coverage), names)
        write_table(output, made[name])


def write_table(path: str, table: pd.DataFrame) -> None:
    """Write a table, rounded to six decimals, as Parquet or as CSV: the path's suffix decides."""
    rounded = table.round(6)
    if path.endswith(".parquet"):
        write_parquet(path, pa.Table.from_pandas(rounded, preserve_index=False))
    else:
        write_text(path, rounded.to_csv(index=False))
