"""Tables as files: scores read from Parquet or CSV, and tables written with counts and names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from daydream.results.concept_columns import CONCEPTS, ConceptNames, with_concepts
from daydream.results.coverage import with_coverage
from daydream.results.csv_text import csv_cell
from daydream.results.parquet import read_rows, write_parquet
from daydream.results.selection import with_selection
from daydream.results.statistics.ratings import Scales
from daydream.store.files import write_text
from daydream.store.membership import CONTROL, IMPORT

Table = Callable[[pd.DataFrame, Scales], pd.DataFrame]

ADDRESS = "address_to_judge"
WORDS = ("essay_words", "draft_words")

NUMBERS = (*WORDS, "temperature")  # of the scores, NaN where blank


def read_scores(path: str, controls: bool = False) -> pd.DataFrame:
    """Read ``parsed_scores``, from Parquet or CSV; ids stay text, a missing score is NaN.

    Without the controls that were judged beside the essays, unless these are asked for: they are
    never averaged together.

    Raises:
        CohortError: when the file is missing or was damaged.

    """
    frame = read_rows(path)
    frame["score"] = pd.to_numeric(frame["score"], errors="coerce").astype(float)
    frame["replicate"] = frame["replicate"].astype(int)
    for column in NUMBERS:  # a table that an earlier version made has none of them
        cells = frame[column] if column in frame else pd.Series("", index=frame.index)
        frame[column] = pd.to_numeric(cells, errors="coerce").astype(float)
    if ADDRESS not in frame:
        frame[ADDRESS] = ""
    if CONCEPTS not in frame:
        frame = frame.assign(**{CONCEPTS: frame["combo_id"]})
    return frame if controls else frame[~are_controls(frame)].reset_index(drop=True)


def read_cohort_scores(path: str) -> pd.DataFrame:
    """Read the scores of a cohort, from the Parquet file beside the CSV where there is one.

    A CSV that was cut at the end of a line looks whole.

    Raises:
        CohortError: when the file is missing or was damaged.

    """
    parquet = Path(path).with_suffix(".parquet")
    return read_scores(str(parquet) if parquet.is_file() else path)


def are_controls(scores: pd.DataFrame) -> pd.Series:
    """Which rows are evaluations of controls."""
    is_elsewhere = scores["generation_template"] == IMPORT
    return is_elsewhere & scores["generation_model"].str.startswith(CONTROL).astype(bool)


def write_tables(
    make: Callable[[str], pd.DataFrame],
    min_coverage: float,
    names: ConceptNames,
    outputs: Iterable[str],
    selection: str = "",
) -> None:
    """Write tables with flags of coverage and names: those of ``outputs`` say which, and how.

    ``selection`` is noted in tables with a ``note`` or ``warning``, see ``selection_note``.
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
        texts = rounded.select_dtypes(include=["object", "string"])
        plain = rounded.assign(**{str(name): texts[name].map(csv_cell) for name in texts})
        write_text(path, plain.to_csv(index=False))
