"""Stored texts on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.cli.text import lines_of, result_of
from daydream.store.layout import Layout
from daydream.store.membership import Member

MEMBER = Member("evaluation", "v_1", "trial", "e_1", "", "novelty", "judge", 1)


def test_a_text_cannot_move_the_cursor(tmp_path: Path) -> None:
    path = tmp_path / "raw.txt"
    path.write_bytes(b"one\x1b[2Jtwo\xff\r\n")
    head, text = lines_of("answer", str(path))
    assert head == f"---- answer ({path})"
    assert "\x1b" not in text and "\r" not in text and "one" in text and "two" in text


def test_a_text_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert list(lines_of("answer", str(tmp_path / "raw.txt"))) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [(None, "-"), ("7.0\n", "7"), ("7.5\n", "7.5"), ("novelty: 8.0\nmechanism: 3.5\n",) * 2],
)
def test_a_result_is_on_one_line(tmp_path: Path, text: str | None, shown: str) -> None:
    layout = Layout(str(tmp_path))
    path = Path(layout.parsed("evaluation", "v_1"))
    if text is not None:
        path.parent.mkdir(parents=True)
        path.write_text(text)
        shown = shown.strip().replace("\n", ", ").replace("8.0", "8")
    assert result_of(layout, MEMBER) == shown
