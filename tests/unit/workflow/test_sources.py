"""What stands for the sources of a parser: newer when these were changed, not when installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daydream.store.layout import Layout
from daydream.workflow import sources
from daydream.workflow.sources import is_parser, parser_changed_at, parser_stamp

OLD, NEW = 1_700_000_000_000_000_000, 1_750_000_000_000_000_000


@pytest.fixture
def parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one source of the parser of scores."""
    path = tmp_path / "score.py"
    path.write_text("first")
    os.utime(path, ns=(OLD, OLD))
    monkeypatch.setattr(sources, "score_parser_sources", lambda: [str(path)])
    return path


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "data"))


def stamp(layout: Layout, dryrun: bool = False) -> Path:
    (path,) = parser_stamp(layout, "evaluation", dryrun)["parser"]
    assert is_parser(layout, "evaluation", path)
    return Path(path)


def test_the_first_stamp_is_as_new_as_the_newest_source(layout: Layout, parser: Path) -> None:
    assert parser_changed_at(layout, "evaluation") == OLD
    assert stamp(layout).stat().st_mtime_ns == OLD
    assert parser_changed_at(layout, "evaluation") == OLD


def test_a_source_that_was_installed_anew_makes_nothing_old(layout: Layout, parser: Path) -> None:
    stamp(layout)
    os.utime(parser, ns=(NEW, NEW))
    assert stamp(layout).stat().st_mtime_ns == parser_changed_at(layout, "evaluation") == OLD


def test_a_source_that_was_changed_does_though_its_time_is_old(
    layout: Layout, parser: Path
) -> None:
    stamp(layout)
    parser.write_text("second")
    os.utime(parser, ns=(OLD, OLD))
    assert parser_changed_at(layout, "evaluation") > NEW
    assert stamp(layout).stat().st_mtime_ns > NEW
    written = stamp(layout).stat().st_mtime_ns
    assert written == parser_changed_at(layout, "evaluation")


def test_a_dry_run_writes_nothing_into_the_data_root(layout: Layout, parser: Path) -> None:
    assert stamp(layout, dryrun=True).stat().st_mtime_ns == OLD
    assert not Path(layout.root).exists()
    stamp(layout)
    parser.write_text("second")
    assert stamp(layout, dryrun=True).stat().st_mtime_ns > NEW
    assert Path(layout.parser_stamp("evaluation")).stat().st_mtime_ns == OLD


def test_where_nothing_can_be_written_the_sources_are_the_input(
    tmp_path: Path, parser: Path
) -> None:
    (tmp_path / "data").write_text("no folder")
    layout = Layout(str(tmp_path / "data"))
    assert parser_stamp(layout, "evaluation", dryrun=False) == {"parser": [str(parser)]}


def test_only_what_is_parsed_by_sources_that_may_be_mended_has_a_stamp(layout: Layout) -> None:
    assert parser_stamp(layout, "draft", dryrun=False) == {}
    assert parser_changed_at(layout, "essay") == 0
    assert not is_parser(layout, "evaluation", layout.template("evaluation", "novelty"))
