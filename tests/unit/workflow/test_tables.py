"""The tables that are read straight from the store."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from daydream.workflow.tables import (
    make_cohort,
    pairwise_tables,
    parsed_comparisons,
    remove_comparison_tables,
    write_concept_index,
    write_parsed_comparisons,
    write_parsed_scores,
    write_store_scores,
)


def both(project, name: str) -> tuple[str, str]:
    return tuple(
        project.layout.under("5_parsing", "trial", f"{name}.{f}") for f in ("csv", "parquet")
    )


def test_a_row_per_evaluation_says_what_there_is_and_why_the_rest_is_not(open_project, work):
    project = open_project()
    make_cohort(project)
    done, *missing = project.membership.by_stage["evaluation"]
    work.gen("evaluation", done).parent.mkdir(parents=True)
    work.gen("evaluation", done).write_text("7")
    csv, parquet = both(project, "parsed_scores")
    write_parsed_scores(project, csv, parquet)
    table = pd.read_csv(csv).set_index("gen_id")
    assert table.loc[done, "score"] == 7 and pd.isna(table.loc[done, "error"])
    assert table.loc[missing, "score"].isna().all() and table.loc[missing, "error"].notna().all()
    assert len(missing) == 5
    typed = pd.read_parquet(parquet).replace("", None)
    pd.testing.assert_frame_equal(pd.read_csv(csv), typed, check_dtype=False)


def test_the_store_has_the_evaluations_that_were_begun(open_project, work):
    project = open_project()
    make_cohort(project)
    paths = [str(work.data / f"scores.{form}") for form in ("csv", "parquet")]
    write_store_scores(project, *paths)
    assert len(pd.read_csv(paths[0])) == 0 == len(pd.read_parquet(paths[1]))


def test_a_cohort_without_comparisons_has_no_table_of_them(open_project, work):
    assert parsed_comparisons(open_project()) == pairwise_tables(open_project()) == []
    work.compare()
    project = open_project()
    make_cohort(project)
    paths = [*parsed_comparisons(project), *pairwise_tables(project)]
    assert paths[:2] == list(both(project, "parsed_comparisons")) and len(paths) > 2
    write_parsed_comparisons(project, *paths[:2])
    rows = pd.read_csv(paths[0])
    assert sorted(rows["gen_id"]) == sorted(project.membership.by_stage["comparison"])


def test_tables_of_comparisons_go_with_the_comparisons(open_project, work):
    work.compare()
    compared = open_project()
    paths = [*parsed_comparisons(compared), *pairwise_tables(compared)]
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    kept = work.data / "6_summary" / "trial" / "ranking.csv"
    kept.touch()
    work.raw("comparison_templates.csv").unlink()
    make_cohort(open_project())
    assert not any(Path(path).exists() for path in paths) and kept.exists()
    remove_comparison_tables(open_project())  # a second time is no error


def test_the_index_of_concepts_is_written_whole(open_project, work):
    path = work.data / "catalog" / "concept_index.csv"
    write_concept_index(open_project(), str(path))
    assert pd.read_csv(path)["concept_id"].tolist() == ["bees", "tides", "chess"]
