"""Every file stands where the contract says, under data_root as the user wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.store.layout import LEVELS, OPTIONAL_STAGES, STAGES, Layout, exists

LAYOUT = Layout("data")


def test_stages_and_levels_are_those_of_the_contract() -> None:
    assert STAGES == ("draft", "essay", "evaluation", "comparison")
    assert OPTIONAL_STAGES == ("comparison",)
    assert set(LEVELS) == {"sentence", "paragraph", "article"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (LAYOUT.raw("concepts_metadata.csv"), "1_raw/concepts_metadata.csv"),
        (LAYOUT.templates_csv("essay"), "1_raw/essay_templates.csv"),
        (LAYOUT.template("draft", "free"), "1_raw/templates/draft/free.txt"),
        (
            LAYOUT.description("article", "bees"),
            "1_raw/concepts/descriptions-article/bees.txt",
        ),
        (LAYOUT.curated_combos, "2_tasks/selected_combo_mappings.csv"),
        (LAYOUT.selected_essays, "2_tasks/selected_essays.txt"),
        (LAYOUT.combo_mappings, "combo_mappings.csv"),
        (LAYOUT.manifest("trial"), "cohorts/trial/manifest.json"),
        (LAYOUT.membership("trial"), "cohorts/trial/membership.csv"),
        (LAYOUT.generation("essay", "e_1"), "gens/essay/e_1"),
        (LAYOUT.parsed("draft", "d_1"), "gens/draft/d_1/parsed.txt"),
        (LAYOUT.scores("trial"), "5_parsing/trial/parsed_scores.csv"),
        (LAYOUT.scores("trial", "parquet"), "5_parsing/trial/parsed_scores.parquet"),
        (LAYOUT.comparisons("trial"), "5_parsing/trial/parsed_comparisons.csv"),
        (LAYOUT.summary("trial", "final_results"), "6_summary/trial/final_results.csv"),
        (LAYOUT.summary("trial", "ranking", "parquet"), "6_summary/trial/ranking.parquet"),
        (LAYOUT.cross("parsed_scores"), "7_cross_experiment/parsed_scores.csv"),
        (LAYOUT.report("trial"), "8_report/trial/index.html"),
    ],
)
def test_a_path_is_that_of_the_contract(path: str, expected: str) -> None:
    assert path == f"data/{expected}"


def test_wildcards_pass_through() -> None:
    assert LAYOUT.parsed("draft", "{gen_id}") == "data/gens/draft/{gen_id}/parsed.txt"


@pytest.mark.parametrize("root", ["data", "data/", "/abs/data", "/abs/data//", "../up", "a b/ü"])
def test_the_root_stays_as_it_was_written_without_a_double_slash(root: str) -> None:
    path = Layout(root).combo_mappings
    assert path == root.rstrip("/") + "/combo_mappings.csv"
    assert Layout(root).relative(path) == "combo_mappings.csv"


def test_a_path_from_elsewhere_stays_as_it_is() -> None:
    assert LAYOUT.relative("other/gens/x") == "other/gens/x"


def test_only_a_file_exists(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert exists(str(tmp_path / "file"))
    assert not exists(str(tmp_path))
    assert not exists(str(tmp_path / "absent"))
