"""Names of rows on a narrow page: two short lines, of which no two are alike."""

from __future__ import annotations

import pytest

from daydream.report.charts.upright import folded, upright


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("The large model of next door", ["The large model of", "next door"]),
        (
            "Ann the large model of the laboratory next door (2026-11)",
            ["Ann the large", "model of…(2026-11)"],
        ),
        ("Sleep as rehearsal + Compost", ["Sleep as rehearsal +", "Compost"]),
        (
            "Markets that price what nobody saw + Useful forgetting",
            ["Markets that…saw +", "Useful forgetting"],
        ),
        ("antidisestablishmentarianism", ["antidisestablishme", "ntarianism"]),
    ],
)
def test_a_long_name_becomes_two_lines(name: str, lines: list[str]) -> None:
    assert folded([name]) == [lines]


def test_names_with_the_same_beginning_stay_apart() -> None:
    names = [f"openrouter/vendor-{one}/a-model-with-a-long-name" for one in ("x", "y")]
    one, other = folded(names)
    assert one != other and max(map(len, one + other)) <= 18


def test_short_names_stay_as_they_are() -> None:
    assert "labelExpr" not in upright(["ann", "bob"]).to_dict()
    assert "narrow" in upright(["ann", "the large model of next door"]).to_dict()["labelExpr"]
