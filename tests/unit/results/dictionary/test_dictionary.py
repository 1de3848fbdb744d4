"""The page on the tables is the declaration, and the declaration is what the tables are."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from daydream.experiment.concept_index import COLUMNS as CONCEPT_INDEX
from daydream.experiment.ratings import rating_files
from daydream.results.comparisons import ComparisonRow
from daydream.results.cross import make_cross
from daydream.results.dictionary.declared import TABLES
from daydream.results.dictionary.model import Column, Table, column_problems, type_problems
from daydream.results.dictionary.page import PAGE, page
from daydream.results.human import make_human
from daydream.results.names import (
    ANALYSIS_TABLES,
    CROSS_TABLES,
    HUMAN_TABLES,
    PAIRWISE_TABLES,
    STORE_TABLES,
    SUMMARY_TABLES,
)
from daydream.results.parquet import arrow_table, write_parquet
from daydream.results.scores import ScoreRow, store_scores, write_scores
from daydream.store.layout import FORMS, Layout
from daydream.store.membership import Member
from tests.support.report_store import ReportStore, Size

BY_PLACE = {f"{table.folder}/{table.name}": table for table in TABLES}
COHORT_TABLES = (
    *SUMMARY_TABLES,
    *STORE_TABLES,
    *ANALYSIS_TABLES,
    *PAIRWISE_TABLES,
    *HUMAN_TABLES,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Every table, made by the functions of the rules."""
    store = ReportStore(tmp_path_factory.mktemp("store"), Size(2, 1, 2, 2, rings=1))
    store.tabulate()
    layout, essays = store.layout, store.ids("essay")[:3]
    rows = "".join(f"{essay},judge-0,{n + 3},\n" for n, essay in enumerate(essays))
    store.raw("ratings/anna.csv", f"gen_id,evaluation_template,score,comment\n{rows}")
    outputs = [layout.summary("trial", name, form) for name in HUMAN_TABLES for form in FORMS]
    ratings = rating_files(layout)
    make_human(layout.scores("trial"), ratings, layout.membership("trial"), 0.9, outputs)
    write_scores(layout.cross("parsed_scores"), store_scores(layout))
    every, scales = layout.cross("parsed_scores"), layout.templates_csv("evaluation")
    cohorts = [layout.scores("trial")]
    make_cross(every, scales, cohorts, {}, 0.9, map(layout.cross, CROSS_TABLES))
    for rows, name, kind in (
        (store.scores, "parsed_scores", ScoreRow),
        (store.comparisons, "parsed_comparisons", ComparisonRow),
    ):
        path = layout.under("5_parsing", "trial", f"{name}.parquet")
        write_parquet(path, arrow_table(kind, rows))
    return layout


def test_the_page_has_not_drifted_from_the_declarations() -> None:
    """`python -m daydream.results.dictionary.page` makes it again."""
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("table", TABLES, ids=BY_PLACE)
def test_a_table_has_the_columns_and_types_that_are_declared(table: Table, made: Layout) -> None:
    path = Path(made.under(table.path("trial")))
    if table.name == "concept_index":
        assert not list(column_problems(table, CONCEPT_INDEX))
        return
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert not list(column_problems(table, header))
    if "CSV only" not in table.made and table.folder != "7_cross_experiment":
        types = pd.read_parquet(path.with_suffix(".parquet")).dtypes.astype(str).to_dict()
        assert not list(type_problems(table, types))


@pytest.mark.parametrize("table", TABLES, ids=BY_PLACE)
def test_numbers_lie_within_the_bounds_that_their_unit_names(table: Table, made: Layout) -> None:
    path = Path(made.under(table.path("trial")))
    if not path.exists():
        return  # concept_index is declared by its columns alone
    frame = pd.read_csv(path)
    for column in table.columns:
        bounds = re.search(r"(?:(-?[01]) to|at most) (1)$", column.unit)
        if bounds and column.name in frame:
            values = pd.to_numeric(frame[column.name]).dropna()
            low = float(bounds[1] or values.min())
            assert values.between(low, float(bounds[2])).all(), (column.name, column.unit)


def test_every_table_of_a_rule_is_declared_and_made() -> None:
    assert {f"6_summary/<cohort>/{name}" for name in COHORT_TABLES} <= set(BY_PLACE)
    assert {f"7_cross_experiment/{name}" for name in CROSS_TABLES} <= set(BY_PLACE)
    declared = {table.name for table in TABLES if table.folder == "6_summary/<cohort>"}
    assert declared == set(COHORT_TABLES)


def test_rows_are_declared_by_the_fields_of_their_types() -> None:
    for place, kind in (
        ("5_parsing/<cohort>/parsed_scores", ScoreRow),
        ("5_parsing/<cohort>/parsed_comparisons", ComparisonRow),
        ("cohorts/<cohort>/membership", Member),
    ):
        assert [column.name for column in BY_PLACE[place].columns] == list(kind._fields)


def test_what_is_said_of_a_column_is_a_sentence_and_counts_say_what_they_count() -> None:
    for table in TABLES:
        columns = (*table.columns, *(table.block.columns if table.block else ()))
        for column in columns:
            assert column.meaning.endswith((".", ";")) and "|" not in column.meaning, column
            is_count = column.kind == "whole" and column.name.startswith("n_")
            assert column.unit or not is_count, f"{table.name}.{column.name} counts what?"


def test_a_column_that_is_new_gone_or_elsewhere_is_named() -> None:
    table = Table("t", "f", "", "", "", (Column("a", "whole", ""), Column("b", "text", "")))
    assert list(column_problems(table, ["a", "c"])) == [
        "t: c is not declared",
        "t: b is declared only",
    ]
    assert list(column_problems(table, ["a", "b", "c"])) == ["t: c is not declared"]
    assert list(column_problems(table, ["b", "a"])) == ["t: the order is b, a"]
    assert list(type_problems(table, {"a": "float64"})) == ["t: a is float64, not whole"]
    assert not list(column_problems(table, ["a", "b"]))


def test_the_repeated_columns_of_a_pivot_are_checked_too() -> None:
    pivot = BY_PLACE["6_summary/<cohort>/evaluation_model_template_pivot"]
    ends = ["", "_std", "_n_expected", "_n", "_coverage_ok"]
    header = ["evaluation_llm_model", *(f"novelty{end}" for end in ends)]
    tail = ["n_expected", "n_valid", "coverage_ok"]
    assert not list(column_problems(pivot, [*header, *tail]))
    (problem,) = column_problems(pivot, [*header[:-1], "novelty_ok", *tail])
    assert "no columns of a evaluation template" in problem


@pytest.mark.parametrize(
    "place",
    (
        *("5_parsing/<cohort>/parsed_scores", "7_cross_experiment/parsed_scores"),
        *("6_summary/<cohort>/perfect_score_paths",),
        "7_cross_experiment/filtered_evaluation_results",
    ),
)
def test_rows_of_scores_may_have_columns_of_criteria(place: str) -> None:
    table = BY_PLACE[place]
    header = [column.name for column in table.columns]
    assert not list(column_problems(table, header))
    assert not list(column_problems(table, [*header, "criterion_novelty", "criterion_clarity"]))
    (problem,) = column_problems(table, [*header, "novelty"])
    assert "novelty are no columns of a criterion" in problem
