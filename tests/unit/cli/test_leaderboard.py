"""The leaderboard of a terminal says what the table of ranks says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from daydream.cli.leaderboard import show
from daydream.results.selection import selection_note
from daydream.results.statistics.ranking import RANKING_COLUMNS
from daydream.store.layout import Layout

COLUMNS = [*RANKING_COLUMNS, "level_name"]


def row(level: str, **cells: object) -> dict[str, object]:
    plain = {"axis": "generation_model", "level": level, "level_name": level}
    scale = {"evaluation_template": "novelty", "n_templates": 1, "scale_low": 1, "scale_high": 5}
    counts = {"n_tied": 1, "n_essays": 8, "n_expected": 16, "n_valid": 15}
    place = {"rank": 1, "rank_low": 1, "rank_high": 2, "letters": "a", "adjusted_mean": 3.25}
    return plain | scale | counts | place | {"low": 2.5, "high": 4.0} | cells


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "data"))


def shown(layout: Layout, *rows: dict[str, object], top: int = 5) -> str:
    path = Path(layout.summary("trial", "ranking"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return "\n".join(show(layout, "trial", top))


def line_of(text: str, level: str) -> list[str]:
    (line,) = (line for line in text.splitlines() if line.startswith(level))
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_a_level_has_its_possible_ranks_mean_interval_ties_and_counts(layout: Layout) -> None:
    text = shown(layout, row("gpt"))
    assert "Evaluation template novelty, points from 1 to 5" in text
    assert line_of(text, "gpt") == [
        *("gpt", "1 (1-2)", "3.25", "2.50 to 4.00", "a", "8", "15/16"),
    ]


def test_templates_come_first_and_the_composite_is_named_as_one(layout: Layout) -> None:
    both = {"evaluation_template": "all", "n_templates": 2}
    text = shown(layout, row("gpt"), row("gpt", evaluation_template="rigour"), row("gpt", **both))
    assert "Composite of 2 templates with equal weights, points from 1 to 5" in text
    titles = [text.index(name) for name in ("template novelty", "template rigour", "Composite")]
    assert titles == sorted(titles)
    # Every evaluation is counted once, under the composite.
    assert text.startswith("Cohort trial: 15 of 16 evaluations scored")


def test_where_there_is_no_interval_the_table_says_why(layout: Layout) -> None:
    why = "no interval: 2 of the 5 clusters that it needs"
    bare = {"low": "", "high": "", "warning": why}
    text = shown(layout, row("gpt", **bare), row("llama", **bare))
    assert line_of(text, "gpt")[3] == "none"
    assert f"  ! {why} (2 levels)" in text


def test_a_combination_goes_by_its_concepts_and_what_is_left_out_is_counted(
    layout: Layout,
) -> None:
    combos = [row(f"c{n}", axis="combo_id", level_name=f"Bees + {n}") for n in range(4)]
    text = shown(layout, *combos, top=1)
    assert "Bees + 0" in text and "Bees + 1" not in text and "  and 3 more" in text


def test_a_level_without_a_score_has_no_rank_and_many_levels_have_counts_for_letters(
    layout: Layout,
) -> None:
    blank = dict.fromkeys(("rank", "rank_low", "rank_high", "adjusted_mean", "low", "high"), "")
    text = shown(layout, row("gpt", letters="", n_tied=120), row("mute", n_valid=0, **blank))
    assert line_of(text, "gpt")[4] == "120"
    assert line_of(text, "mute") == ["mute", "-", "-", "-", "-", "8", "0/16"]


def test_an_axis_that_essays_from_elsewhere_do_not_have_is_left_out(layout: Layout) -> None:
    blank = row("", axis="draft_template")
    text = shown(layout, row("people"), blank)
    assert "Generation models" in text and "Draft templates" not in text
    beside = shown(layout, row("people"), blank, row("plain", axis="draft_template"))
    assert "Draft templates" in beside and line_of(beside, "(none)")


def test_long_combinations_are_shortened_so_that_each_can_be_recognised(layout: Layout) -> None:
    first = "Sleep as an offline rehearsal of what the day left unfinished"
    names = [f"{first} + {other}" for other in ("Compost", "Useful forgetting")]
    text = shown(layout, *(row(name, axis="combo_id") for name in names))
    labels = [line.split("   ")[0] for line in text.splitlines() if line.startswith("Sleep")]
    assert labels == ["Sleep as an offline… + Compost", "Sleep as an… + …forgetting"]


def test_that_essays_were_chosen_is_said_once(layout: Layout) -> None:
    manifest = Path(layout.manifest("trial"))
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"spec": {"looks": [{"cohort": "june", "kept": 2, "of": 9}]}}')
    note = selection_note(layout.membership("trial"))
    text = shown(layout, row("gpt", warning=note), row("x", axis="draft_template", warning=note))
    assert f"\n! {note}\n" in text and text.count("after selection") == 1
