"""Planted essays are compared with the same essay, clean, before the same judge."""

from __future__ import annotations

from daydream.results.judge_audit import Move, moves
from daydream.results.scores import ScoreRow


def row(essay: str, score: float | None, judge: str = "j", replicate: int = 1) -> ScoreRow:
    of_essay = ("v", essay, "c", "", "", "", "", "t", judge, replicate)
    return ScoreRow(*of_essay, score, "", "", "")


def test_moves_are_paired_by_essay_and_replicate() -> None:
    rows = [
        row("a", 4.0), row("b", 6.0), row("a", 5.0, replicate=2), row("a", 1.0, judge="k"),
        row("a+", 9.0), row("b+", 6.0), row("a+", 4.0, replicate=2), row("a+", 1.0, judge="k"),
    ]  # fmt: skip
    planted = {"a+": ("a", "command"), "b+": ("b", "command")}
    assert moves(rows, planted) == [
        Move("j", "t", "command", n_pairs=3, n_unpaired=0, n_up=1, clean=5.0, difference=4 / 3),
        Move("k", "t", "command", n_pairs=1, n_unpaired=0, n_up=0, clean=1.0, difference=0.0),
    ]


def test_a_pair_without_one_of_its_scores_is_counted_and_not_used() -> None:
    rows = [row("a", None), row("a+", 9.0), row("b+", 9.0)]
    planted = {"a+": ("a", "flattery"), "b+": ("b", "flattery")}
    assert moves(rows, planted) == [Move("j", "t", "flattery", 0, 2, 0, None, None)]
