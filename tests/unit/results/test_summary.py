"""The summary tables, held against numbers computed by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from daydream.errors import CohortError
from daydream.parsers import ScoreRange
from daydream.results.cross import (
    filtered_evaluation_results,
    make_cross,
    template_version_comparison_pivot,
)
from daydream.results.final_results import final_results
from daydream.results.names import CROSS_TABLES
from daydream.results.pivots import evaluation_model_template_pivot, generation_scores_pivot
from daydream.results.scores import ScoreRow, write_scores
from daydream.results.summary import SUMMARY, make_summaries, perfect_score_paths
from daydream.results.table_files import read_cohort_scores, read_scores, write_table
from tests.support.marks import NO_WARNINGS

SCALES = {"novelty": ScoreRange(0, 9), "depth": ScoreRange(1, 5)}
pytestmark = NO_WARNINGS


def row(score: float | None, **fields: Any) -> ScoreRow:
    row.number += 1  # type: ignore[attr-defined]
    number = row.number  # type: ignore[attr-defined]
    common: dict[str, Any] = {
        "gen_id": f"v_{number}",
        "parent_gen_id": "e_1",
        "cohort_id": "trial",
        "combo_id": "c1",
        "draft_template": "free",
        "generation_template": "longer",
        "generation_model": "gpt",
        "evaluation_template": "novelty",
        "evaluation_llm_model": "judge",
        "replicate": 1,
        "score": score,
        "error": "" if score is not None else "parsed.txt is missing",
        "evaluation_response_path": f"gens/evaluation/v_{number}/raw.txt",
        "generation_response_path": "gens/essay/e_1/parsed.txt",
    }
    return ScoreRow(**common | fields)


row.number = 0  # type: ignore[attr-defined]


@pytest.fixture
def frame(tmp_path: Path):
    def make(*rows: ScoreRow) -> pd.DataFrame:
        path = str(tmp_path / "parsed_scores.csv")
        write_scores(path, rows)
        return read_scores(path)

    return make


def overall(table: pd.DataFrame) -> pd.Series:
    return cells(table, "overall")


def cells(table: pd.DataFrame, analysis: str, **keys: str) -> pd.Series:
    last = table["evaluation_template"].iloc[-1]
    chosen = table[(table["analysis"] == analysis) & (table["evaluation_template"] == last)]
    for key, value in keys.items():
        chosen = chosen[chosen[key] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


# Reading


def test_ids_stay_text_and_a_missing_score_is_not_a_number(frame) -> None:
    scores = frame(row(7, combo_id="007", generation_model="NA"), row(None))
    assert list(scores["combo_id"]) == ["007", "c1"]
    assert list(scores["generation_model"]) == ["NA", "gpt"]
    assert scores["score"][0] == 7
    assert math.isnan(scores["score"][1])


def test_a_table_that_was_not_made_yet_says_how(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="snakemake results_processing"):
        read_scores(str(tmp_path / "parsed_scores.csv"))


def test_scores_of_a_cohort_are_all_there_when_the_csv_was_cut(frame, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    for form in ("csv", "parquet"):
        write_table(str(path.with_suffix(f".{form}")), frame(row(7), row(8)))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(CohortError, match=r"1 rows, and scores.parquet beside it 2"):
        read_scores(str(path))
    assert list(read_cohort_scores(str(path))["score"]) == [7, 8]
    path.with_suffix(".parquet").unlink()
    assert len(read_cohort_scores(str(path))) == 1


# final_results


def test_counts_averages_and_extremes_by_hand(frame) -> None:
    scores = frame(row(9), row(6), row(3), row(None))
    found = overall(final_results(scores, SCALES))
    assert (found["n_expected"], found["n_valid"]) == (4, 3)
    assert found["average"] == 6
    assert found["std_dev"] == 3  # sample deviation: sqrt((9 + 0 + 9) / 2)
    assert (found["min"], found["max"]) == (3, 9)
    assert found["average_share"] == pytest.approx((1 + 6 / 9 + 3 / 9) / 3)


def test_perfect_is_the_top_of_the_templates_own_range(frame) -> None:
    scores = frame(
        row(9),
        row(8.99),
        row(5, evaluation_template="depth"),
        row(4.9, evaluation_template="depth"),
        row(10, evaluation_template="of another time"),
        row(9, evaluation_template="of another time"),
    )
    assert overall(final_results(scores, SCALES))["n_perfect"] == 3


def test_high_is_eighty_percent_of_the_range_and_low_thirty(frame) -> None:
    # Of 1 to 5, 80% is 4.2 and 30% is 2.2; of 0 to 10 they are 8 and 3.
    scores = frame(
        *(row(s, evaluation_template="depth") for s in (4.2, 4.19, 2.2, 2.21)),
        *(row(s, evaluation_template="ten") for s in (8, 7.99, 3, 3.01)),
    )
    found = overall(final_results(scores, SCALES))
    assert (found["n_high"], found["n_low"], found["n_perfect"]) == (2, 2, 0)
    assert (found["high_pct"], found["low_pct"], found["perfect_pct"]) == (25, 25, 0)


def test_scores_of_different_ranges_are_averaged_as_shares_only(frame) -> None:
    scores = frame(
        row(9),
        row(3, evaluation_template="depth", evaluation_llm_model="critic"),
        row(None, evaluation_template="depth"),
    )
    table = final_results(scores, SCALES)
    found = overall(table)
    assert found[["average", "std_dev", "min", "max"]].isna().all()
    assert found["average_share"] == 0.75
    # What has one range keeps its own numbers, whatever else was expected of it.
    assert cells(table, "evaluation_model", evaluation_llm_model="judge")["average"] == 9
    assert cells(table, "evaluation_model", evaluation_llm_model="critic")["max"] == 3


def test_templates_come_first_and_weigh_alike_in_the_composite(frame) -> None:
    scores = frame(row(9), row(9), row(9), row(0, evaluation_template="other"))
    table = final_results(scores, SCALES)
    totals = table[table["analysis"] == "overall"]
    assert list(totals["evaluation_template"]) == ["novelty", "other", "all"]
    assert list(totals["n_templates"]) == [1, 1, 2]
    assert list(totals["average_share"]) == [1, 0, 0.5]
    assert list(totals["n_valid"]) == [3, 1, 4]


def test_percentages_are_of_the_valid_scores(frame) -> None:
    scores = frame(row(9), row(0), row(None), row(None))
    found = overall(final_results(scores, SCALES))
    assert found["perfect_pct"] == 50
    assert found["low_pct"] == 50


def test_every_grouping_is_there_with_its_own_numbers(frame) -> None:
    scores = frame(
        row(9, generation_template="copy", generation_model="gpt", combo_id="c1"),
        row(3, generation_template="copy", generation_model="llama", combo_id="c2"),
        row(6, generation_template="longer", evaluation_llm_model="critic", combo_id="c2"),
        row(None, generation_template="longer", evaluation_llm_model="critic", combo_id="c2"),
    )
    table = final_results(scores, SCALES)
    assert cells(table, "essay_template", generation_template="copy")["average"] == 6
    assert cells(table, "generation_model", generation_model="gpt")["average"] == 7.5
    assert cells(table, "evaluation_model", evaluation_llm_model="critic")["n_expected"] == 2
    assert cells(table, "combo", combo_id="c2")["average"] == 4.5
    assert cells(table, "combo", combo_id="c2")["n_valid"] == 2
    crossed = cells(table, "template_x_model", generation_template="longer", generation_model="gpt")
    assert (crossed["n_expected"], crossed["n_valid"], crossed["average"]) == (2, 1, 6)
    judged = cells(
        table,
        "generation_x_evaluation_model",
        generation_model="llama",
        evaluation_llm_model="judge",
    )
    assert judged["average"] == 3
    assert overall(table)["n_expected"] == 4
    assert (table.groupby("analysis")["n_expected"].sum() == 4).all()


def test_keys_that_a_grouping_does_not_have_are_blank(frame) -> None:
    found = overall(final_results(frame(row(9)), SCALES))
    for key in ("generation_template", "generation_model", "evaluation_llm_model", "combo_id"):
        assert found[key] == ""


# The other tables


def test_perfect_paths_name_the_files(frame) -> None:
    scores = frame(row(9), row(8), row(None), row(5, evaluation_template="depth"))
    table = perfect_score_paths(scores, SCALES)
    assert list(table["score"]) == [9, 5]
    assert table["evaluation_response_path"][0] == scores["evaluation_response_path"][0]
    assert table["generation_response_path"][0] == "gens/essay/e_1/parsed.txt"


def test_a_generation_has_a_block_of_columns_for_each_evaluator(frame) -> None:
    scores = frame(
        row(4, replicate=1),
        row(8, replicate=2),
        row(None, replicate=3),
        row(3, evaluation_llm_model="critic", evaluation_template="depth"),
        row(1, combo_id="c2"),
    )
    table = generation_scores_pivot(scores, SCALES)
    assert len(table) == 2
    first = table[table["combo_id"] == "c1"].iloc[0]
    block = [first[f"judge_novelty{s}"] for s in ("", "_min", "_max", "_n_expected", "_n")]
    assert block == [6, 4, 8, 3, 2]
    assert first["critic_depth"] == 3
    assert first["sum_scores"] == 9
    assert (first["n_expected"], first["n_valid"]) == (4, 3)
    second = table[table["combo_id"] == "c2"].iloc[0]
    assert math.isnan(second["critic_depth"])
    assert second["critic_depth_n"] == 0
    assert second["sum_scores"] == 1


def test_a_generation_names_the_files_of_all_its_essays_once(frame) -> None:
    paths = ("gens/essay/e_1/parsed.txt", "gens/essay/e_2/parsed.txt")
    scores = frame(*(row(5, generation_response_path=p) for p in (*paths, paths[0])))
    table = generation_scores_pivot(scores, SCALES)
    assert list(table["generation_response_path"]) == [";".join(paths)]


def test_an_evaluator_has_mean_deviation_and_counts_for_each_template(frame) -> None:
    scores = frame(row(4), row(8), row(None), row(2, evaluation_template="depth"))
    table = evaluation_model_template_pivot(scores, SCALES)
    assert list(table["evaluation_llm_model"]) == ["judge"]
    found = table.iloc[0]
    assert (found["novelty"], found["novelty_n_expected"], found["novelty_n"]) == (6, 3, 2)
    assert found["novelty_std"] == pytest.approx(math.sqrt(8))
    assert (found["depth"], found["depth_n"]) == (2, 1)
    assert (found["n_expected"], found["n_valid"]) == (4, 3)


def test_template_versions_stand_side_by_side(frame) -> None:
    scores = frame(row(4), row(6), row(2, evaluation_template="depth"))
    table = template_version_comparison_pivot(scores)
    assert len(table) == 1
    assert (table["novelty"][0], table["novelty_n"][0]) == (5, 2)
    assert (table["depth"][0], table["depth_n"][0]) == (2, 1)
    assert (table["n_expected"][0], table["n_valid"][0]) == (3, 3)


def test_evaluators_whose_joined_names_are_alike_are_not_mixed_up(frame) -> None:
    scores = frame(
        row(1, evaluation_llm_model="a_b", evaluation_template="c"),
        row(9, evaluation_llm_model="a", evaluation_template="b_c"),
    )
    assert list(generation_scores_pivot(scores, SCALES)["sum_scores"]) == [10]


def test_a_template_whose_name_ends_like_a_statistic_keeps_its_own_numbers(frame) -> None:
    scores = frame(row(4), row(6), row(7, evaluation_template="novelty_n"))
    (found,) = template_version_comparison_pivot(scores).to_dict("records")
    blocks = [
        [found[block + end] for end in ("", "_n_expected", "_n")]
        for block in ("novelty", "novelty_n (2)")
    ]
    assert blocks == [[5, 2, 2], [7, 1, 1]]


def test_filtered_results_keep_what_is_named_and_scored(frame) -> None:
    scores = frame(row(4), row(None), row(5, generation_model="llama"), row(6, combo_id="c2"))
    assert len(filtered_evaluation_results(scores, {})) == 3
    kept = filtered_evaluation_results(scores, {"generation_model": ["gpt"], "combo_id": ["c1"]})
    assert list(kept["score"]) == [4]
    assert list(filtered_evaluation_results(scores, {"combo_id": []})["score"]) == []


# Little or nothing


ROWS: dict[str, tuple[ScoreRow, ...]] = {
    "none": (),
    "all missing": (row(None), row(None, evaluation_template="depth", combo_id="c2")),
    "one": (row(5),),
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("table", SUMMARY)
def test_every_table_is_made_from_little_or_nothing(frame, tmp_path, table, rows) -> None:
    made = SUMMARY[table](frame(*rows), SCALES)
    write_table(str(tmp_path / "out.csv"), made)
    header = (tmp_path / "out.csv").read_text().splitlines()[0]
    assert header.split(",") == list(made.columns)


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_every_cross_table_is_made_from_little_or_nothing(frame, tmp_path, rows) -> None:
    scores = frame(*rows)
    kept = filtered_evaluation_results(scores, {})
    assert len(template_version_comparison_pivot(kept)) == (1 if len(kept) else 0)


def test_missing_scores_are_counted_and_have_no_average(frame) -> None:
    found = overall(final_results(frame(*ROWS["all missing"]), SCALES))
    assert (found["n_expected"], found["n_valid"]) == (2, 0)
    for column in ("average", "min", "max", "std_dev", "perfect_pct", "high_pct", "low_pct"):
        assert math.isnan(found[column])
    assert (found["n_perfect"], found["n_high"], found["n_low"]) == (0, 0, 0)


def test_a_generation_without_any_score_has_no_sum(frame) -> None:
    table = generation_scores_pivot(frame(*ROWS["all missing"]), SCALES)
    assert table["sum_scores"].isna().all()


def test_one_score_has_no_deviation(frame) -> None:
    assert math.isnan(overall(final_results(frame(row(5)), SCALES))["std_dev"])


# Files


def test_tables_are_made_from_files_to_files(tmp_path: Path) -> None:
    scores, templates = tmp_path / "parsed_scores.csv", tmp_path / "evaluation_templates.csv"
    write_scores(scores, [row(5), row(4), row(4)])
    templates.write_text(
        "template_id,template_name,description,parser,generator,active,score_min,score_max\n"
        "novelty,n,,in_last_line,llm,false,0,5\n"
    )
    made = {}
    for name in SUMMARY:
        out = tmp_path / "6" / f"{name}.csv"
        make_summaries(str(scores), str(templates), 0.8, [str(out)])
        made[name] = pd.read_csv(out, keep_default_na=False)
    assert list(made["perfect_score_paths"]["score"]) == [5]
    assert overall(made["final_results"])["average"] == 4.333333


def test_cross_tables_are_made_from_files_to_files(tmp_path: Path) -> None:
    scores, templates = tmp_path / "parsed_scores.csv", tmp_path / "evaluation_templates.csv"
    write_scores(scores, [row(5), row(4, generation_model="llama"), row(None)])
    templates.write_text("template_id,template_name,description,parser,generator,active\n")
    keep, outputs = {"generation_model": ["gpt"]}, [f"{tmp_path}/{t}.csv" for t in CROSS_TABLES]
    make_cross(str(scores), str(templates), [str(scores)], keep, 0.8, outputs)
    filtered = pd.read_csv(tmp_path / "filtered_evaluation_results.csv")
    pivot = pd.read_csv(tmp_path / "template_version_comparison_pivot.csv")
    assert list(filtered["score"]) == [5]
    assert list(pivot["novelty"]) == [5]
    # The evaluation without a score was of gpt as well.
    counts = pivot[["novelty_n_expected", "novelty_n", "novelty_coverage_ok", "coverage_ok"]]
    assert counts.to_numpy().tolist() == [[2, 1, False, False]]
