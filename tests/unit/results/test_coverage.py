"""Averages stand beside their counts, and every table beside its Parquet twin."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from daydream.errors import CohortError, ConfigError
from daydream.experiment.settings import Settings, load_config
from daydream.parsers import ScoreRange
from daydream.results.analyses import ANALYSIS, make_analyses, rankings, typed
from daydream.results.coverage import with_coverage
from daydream.results.cross import template_version_comparison_pivot
from daydream.results.final_results import final_results
from daydream.results.names import ANALYSIS_TABLES, SUMMARY_TABLES
from daydream.results.parquet import arrow_table, read_parquet, write_parquet
from daydream.results.pivots import evaluation_model_template_pivot, generation_scores_pivot
from daydream.results.scores import ScoreRow, write_scores
from daydream.results.statistics import axis_comparison
from daydream.results.summary import SUMMARY, make_summaries
from daydream.results.table_files import read_scores, write_table
from tests.support.marks import NO_WARNINGS

pytestmark = [pytest.mark.thorough, NO_WARNINGS]

SCALES = {"novelty": ScoreRange(0, 9)}
TEMPLATES = (
    "template_id,template_name,description,parser,generator,active,score_min,score_max\n"
    "novelty,n,,in_last_line,llm,true,0,9\n"
)
AVERAGED = {*SUMMARY, *ANALYSIS} - {"perfect_score_paths"}
IMPORTED = {"generation_template": "import"}
Frame = Callable[..., pd.DataFrame]


def rows_of(*scores: tuple[float | None, dict[str, Any]]) -> list[ScoreRow]:
    common: dict[str, Any] = {
        "parent_gen_id": "e_1",
        "cohort_id": "trial",
        "combo_id": "007",
        "draft_template": "free",
        "generation_template": "longer",
        "generation_model": "gpt",
        "evaluation_template": "novelty",
        "evaluation_llm_model": "judge",
        "replicate": 1,
        "evaluation_response_path": "gens/evaluation/v/raw.txt",
        "generation_response_path": "gens/essay/e_1/parsed.txt",
    }
    return [
        ScoreRow(**common | {"gen_id": f"v_{n}", "score": score, "error": _error(score)} | metadata)
        for n, (score, metadata) in enumerate(scores)
    ]


def _error(score: float | None) -> str:
    return "" if score is not None else "parsed.txt is missing"


def essay(number: int, **fields: Any) -> dict[str, Any]:
    return {"parent_gen_id": f"e_{number}", "combo_id": f"c{number}", **fields}


@pytest.fixture
def frame(tmp_path: Path) -> Frame:
    def make(*scores: tuple[float | None, dict[str, Any]]) -> pd.DataFrame:
        path = str(tmp_path / "scores.csv")
        write_scores(path, rows_of(*scores))
        return read_scores(path, controls=True)

    return make


COHORTS: dict[str, list[tuple[float | None, dict[str, Any]]]] = {
    "no evaluation": [],
    "one evaluation": [(5, {})],
    "one evaluation without a score": [(None, {})],
    "two essays, one evaluator": [(5, essay(1)), (9, essay(2))],
    "no score at all": [
        (None, essay(n, evaluation_llm_model=judge))
        for n in (1, 2)
        for judge in ("judge", "critic")
    ],
    "two evaluators, a score missing": [
        (score, essay(n // 2, evaluation_llm_model=("judge", "critic")[n % 2]))
        for n, score in enumerate((4, 7, 9, None, 0, 2, 3, 3))
    ],
}


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Makes every table of a cohort from files to files; returns their folder."""

    def run(cohort: str, least: float = 0.8) -> Path:
        scores, templates = str(tmp_path / "parsed_scores.csv"), tmp_path / "templates.csv"
        write_scores(scores, rows_of(*COHORTS[cohort]))
        templates.write_text(TEMPLATES)
        outputs = [path for name in SUMMARY for path in _outputs(tmp_path, name)]
        make_summaries(scores, str(templates), least, outputs)
        outputs = [path for name in ANALYSIS for path in _outputs(tmp_path, name)]
        make_analyses(scores, str(templates), least, outputs)
        return tmp_path

    return run


def _outputs(folder: Path, name: str) -> list[str]:
    return [str(folder / f"{name}.{form}") for form in ("csv", "parquet")]


# Coverage


def test_a_share_at_the_limit_is_enough_and_one_below_is_not() -> None:
    table = pd.DataFrame({"n_expected": [5, 5, 10, 3], "n_valid": [4, 3, 10, 0]})
    assert list(with_coverage(table, 0.8)["coverage_ok"]) == [True, False, True, False]
    assert list(with_coverage(table, 0.6)["coverage_ok"]) == [True, True, True, False]
    assert list(with_coverage(table, 1)["coverage_ok"]) == [False, False, True, False]
    assert list(with_coverage(table, 0)["coverage_ok"]) == [True, True, True, True]


def test_every_limit_of_two_decimals_takes_the_share_that_is_equal_to_it() -> None:
    table = pd.DataFrame({"n_expected": [100] * 101, "n_valid": range(101)})
    for limit in range(101):
        assert with_coverage(table, limit / 100)["coverage_ok"].sum() == 101 - limit


def test_a_row_of_nothing_is_not_covered() -> None:
    table = pd.DataFrame({"n_expected": [0], "n_valid": [0]})
    assert list(with_coverage(table, 0)["coverage_ok"]) == [False]


def test_the_column_follows_the_counts_and_nothing_else_changes() -> None:
    table = pd.DataFrame({"n_expected": [2], "n_valid": [1], "mean": [5.0]})
    marked = with_coverage(table, 0.8)
    assert list(marked.columns) == ["n_expected", "n_valid", "coverage_ok", "mean"]
    pd.testing.assert_frame_equal(marked.drop(columns="coverage_ok"), table)
    assert "coverage_ok" not in table


@pytest.mark.parametrize("cohort", COHORTS)
def test_every_averaged_table_says_how_far_it_is_covered(make, cohort: str) -> None:
    folder = make(cohort)
    for name in AVERAGED:
        table = pd.read_csv(folder / f"{name}.csv")
        counts = table[["n_expected", "n_valid", "coverage_ok"]]
        for expected, valid, covered in counts.itertuples(index=False):
            assert covered == (valid / expected >= 0.8)
    paths = pd.read_csv(folder / "perfect_score_paths.csv")
    assert "coverage_ok" not in paths and not paths["score"].isna().any()


def test_an_average_of_too_few_scores_is_kept_and_marked(make) -> None:
    table = pd.read_csv(make("two evaluators, a score missing") / "final_results.csv")
    combos = table[table["analysis"] == "combo"].set_index("combo_id")
    assert list(combos["coverage_ok"]) == [True, False, True, True]
    assert combos.loc["c1", "average"] == 9
    overall = table[table["analysis"] == "overall"].iloc[0]
    assert (overall["n_expected"], overall["n_valid"], overall["coverage_ok"]) == (8, 7, True)


def test_the_limit_is_that_of_the_configuration(make) -> None:
    folder = make("two evaluators, a score missing", least=0.9)
    table = pd.read_csv(folder / "final_results.csv")
    assert not table.loc[table["analysis"] == "overall", "coverage_ok"].any()
    effects = pd.read_csv(folder / "evaluator_effects.csv")
    covered = effects.groupby("evaluation_llm_model")["coverage_ok"].all()
    assert covered.to_dict() == {"critic": False, "judge": True}


@pytest.mark.parametrize("value", [-0.1, 1.1, "most", None])
def test_a_limit_that_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(ConfigError, match="min_coverage"):
        Settings.from_config(load_config(values={"min_coverage": value}))


def test_the_limit_may_be_written_as_a_whole_number() -> None:
    assert Settings.from_config(load_config(values={"min_coverage": "1"})).min_coverage == 1.0


def test_the_cells_of_the_pivots_have_counts_of_their_own(frame: Frame) -> None:
    scores = frame((4, {}), (None, {"replicate": 2}), (6, {"evaluation_llm_model": "critic"}))
    (row,) = generation_scores_pivot(scores, SCALES).to_dict("records")
    assert (row["judge_novelty_n_expected"], row["judge_novelty_n"]) == (2, 1)
    assert (row["critic_novelty_n_expected"], row["critic_novelty_n"]) == (1, 1)
    assert (row["n_expected"], row["n_valid"]) == (3, 2)
    by_model = evaluation_model_template_pivot(scores, SCALES).set_index("evaluation_llm_model")
    assert list(by_model.loc["judge", ["n_expected", "n_valid"]]) == [2, 1]


def test_every_cell_of_a_pivot_has_a_flag_and_one_that_expects_nothing_a_blank(
    frame: Frame,
) -> None:
    critic = {"evaluation_llm_model": "critic"}
    scores = frame((4, {}), (None, {"replicate": 2}), (6, critic), (7, essay(2) | critic))
    for pivot in (
        generation_scores_pivot(scores, SCALES),
        template_version_comparison_pivot(scores),
    ):
        marked = with_coverage(pivot, 0.8)
        blocks = [name.removesuffix("_n_expected") for name in marked if "_n_expected" in name]
        assert blocks
        for block in blocks:
            cells = marked[[f"{block}_n_expected", f"{block}_n", f"{block}_coverage_ok"]]
            for expected, valid, covered in cells.itertuples(index=False):
                assert pd.isna(covered) if not expected else covered == (valid / expected >= 0.8)
        enough = marked["n_valid"] >= 0.8 * marked["n_expected"]
        assert list(marked["coverage_ok"]) == list(enough)


def test_a_flag_of_a_cell_is_written_to_both_files(frame: Frame, tmp_path: Path) -> None:
    critic = essay(2) | {"evaluation_llm_model": "critic"}
    marked = with_coverage(generation_scores_pivot(frame((4, {}), (7, critic)), SCALES), 0.8)
    for form in ("csv", "parquet"):
        write_table(str(tmp_path / f"pivot.{form}"), marked)
    beside = pd.read_parquet(tmp_path / "pivot.parquet")
    assert [None if pd.isna(ok) else bool(ok) for ok in beside["judge_novelty_coverage_ok"]] == [
        *(True, None)
    ]
    assert beside.to_csv(index=False) == (tmp_path / "pivot.csv").read_text()


def test_an_evaluator_named_like_a_count_is_no_count() -> None:
    table = pd.DataFrame({"x_n_expected": [7.0], "x_n": [2.0]})
    assert with_coverage(table, 0.8).equals(table)


@pytest.mark.parametrize("name", ["n_expected", "n_valid", "coverage_ok", "evaluation_llm_model"])
def test_a_template_named_like_a_count_keeps_a_column_of_its_own(frame: Frame, name: str) -> None:
    table = evaluation_model_template_pivot(frame((4, {"evaluation_template": name})), SCALES)
    marked = with_coverage(table, 0.8)
    assert marked.columns.is_unique
    assert (marked[f"{name} (2)"][0], marked["n_expected"][0]) == (4, 1)


# Analyses


def test_the_workflow_makes_the_tables_that_there_are() -> None:
    assert tuple(ANALYSIS) == ANALYSIS_TABLES
    assert tuple(SUMMARY) == SUMMARY_TABLES


def test_agreement_and_severity_by_hand(frame: Frame) -> None:
    scores = frame(*COHORTS["two evaluators, a score missing"])
    agreement = ANALYSIS["evaluator_agreement_analysis"](scores, SCALES)
    # e_1 has one score. Ranges 3, 2, 0 of 9 points are 3.33, 2.22, 0 of 10.
    classes = dict(zip(agreement["parent_gen_id"], agreement["agreement_class"], strict=True))
    assert classes == {"e_0": "poor_agreement", "e_2": "low_agreement", "e_3": "high_agreement"}
    assert agreement["std_dev"][0] == pytest.approx(3 / math.sqrt(2))
    effects = ANALYSIS["evaluator_effects"](scores, SCALES).set_index("evaluation_llm_model")
    # The critic gave 3, 2 and 0 points more than the judge: 5/3 of 9.
    assert effects.loc["critic", "severity"].iloc[0] == pytest.approx(5 / 27)


def test_the_rankings_are_one_table_with_their_axis_in_a_column(frame: Frame) -> None:
    table = rankings(frame((6, essay(1)), (9, essay(2)), (None, essay(3))), SCALES)
    assert list(table["axis"]) == [
        *("generation_model", "draft_template", "generation_template"),
        *["combo_id"] * 3,
    ]
    combos = table[table["axis"] == "combo_id"]
    assert list(combos["level"]) == ["c2", "c1", "c3"]
    assert list(combos["mean"])[:2] == [9, 6]
    assert [r if pd.notna(r) else None for r in combos["rank"]] == [1, 2, None]
    assert list(combos["n_tied"]) == [1, 1, 0]  # one essay each: no interval, no difference
    assert list(combos["tied_with"]) == ["c1", "c2", ""]


def test_of_many_ties_ten_are_named_and_all_are_counted(frame: Frame) -> None:
    table = rankings(frame(*((5, essay(n)) for n in range(13))), SCALES)
    combos = table[table["axis"] == "combo_id"]
    assert set(combos["n_tied"]) == {12}
    assert combos["tied_with"].iloc[0] == " ".join([*(combos["level"].iloc[1:11]), "..."])


def test_of_too_many_levels_the_best_are_ranked(
    frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(axis_comparison, "MAX_LEVELS", 2)
    scores = frame(*((score, essay(score)) for score in (3, 8, 5)), (None, essay(9)))
    combos = rankings(scores, SCALES).query("axis == 'combo_id'")
    assert list(combos["level"]) == ["c8", "c5"]


def test_two_runs_write_the_same_bytes_whatever_the_order_of_the_rows(tmp_path: Path) -> None:
    rows = rows_of(*COHORTS["two evaluators, a score missing"])
    (tmp_path / "templates.csv").write_text(TEMPLATES)
    written = []
    for number, order in enumerate((rows, rows, rows[::-1])):
        scores = str(tmp_path / f"scores-{number}.csv")
        write_scores(scores, order)
        outputs = [p for name in ANALYSIS for p in _outputs(tmp_path / str(number), name)]
        make_analyses(scores, str(tmp_path / "templates.csv"), 0.8, outputs)
        written.append([Path(path).read_bytes() for path in outputs])
    assert written[0] == written[1] == written[2]


# Parquet


@pytest.mark.parametrize("cohort", COHORTS)
def test_the_parquet_file_says_what_the_csv_says(make, cohort: str) -> None:
    folder = make(cohort)
    for name in (*SUMMARY, *ANALYSIS):
        beside = pd.read_parquet(folder / f"{name}.parquet")
        assert beside.to_csv(index=False) == (folder / f"{name}.csv").read_text()


@pytest.mark.parametrize("name", ANALYSIS)
def test_a_table_without_rows_has_the_types_of_one_with_rows(frame: Frame, name: str) -> None:
    # Two writers, one of which judges: without them some tables have nothing to say.
    writers = [
        (score, metadata | {"generation_model": ("judge", "gpt")[n // 4], "essay_words": 100 + n})
        for n, (score, metadata) in enumerate(COHORTS["two evaluators, a score missing"])
    ]
    if name == "controls":
        writers.append((1, essay(9, generation_model="control-empty") | IMPORTED))
    full = typed(ANALYSIS[name](frame(*writers), SCALES))
    empty = typed(ANALYSIS[name](frame(), SCALES))
    assert len(full) > 0 and len(empty) == 0
    assert dict(full.dtypes) == dict(empty.dtypes)


def test_ids_stay_text_and_a_missing_score_stays_missing(tmp_path: Path) -> None:
    path = str(tmp_path / "new" / "parsed_scores.parquet")
    write_parquet(path, arrow_table(ScoreRow, rows_of((7, {}), (None, {}))))
    table = pq.read_table(path)
    assert table["combo_id"].to_pylist() == ["007", "007"]
    assert table["score"].to_pylist() == [7.0, None]
    assert [str(table.schema.field(n).type) for n in ("gen_id", "replicate", "score")] == [
        *("string", "int64", "double")
    ]
    write_parquet(path, arrow_table(ScoreRow, []))
    assert pq.read_table(path).schema.equals(table.schema)


def test_a_folder_that_looks_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    path = str(tmp_path / "cohort_id=x" / "parsed_scores.parquet")
    write_parquet(path, arrow_table(ScoreRow, rows_of((7, {}))))
    assert read_parquet(path).column_names == list(ScoreRow._fields)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ranking.parquet"
    for content in (b"", b"PAR1", b"x" * 100):
        path.write_bytes(content)
        with pytest.raises(CohortError, match=r"ranking\.parquet was damaged"):
            read_parquet(str(path))


def test_the_parquet_of_parsed_scores_reads_like_its_csv(frame: Frame, tmp_path: Path) -> None:
    cohort = COHORTS["two evaluators, a score missing"]
    path = str(tmp_path / "scores.parquet")
    write_parquet(path, arrow_table(ScoreRow, rows_of(*cohort)))
    beside = pd.read_parquet(path)
    pd.testing.assert_frame_equal(beside, frame(*cohort), check_dtype=False)
    assert final_results(beside, SCALES).equals(final_results(frame(*cohort), SCALES))
