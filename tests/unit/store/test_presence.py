"""Whoever looks at a data root sees which runs are under way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daydream.store.layout import Layout
from daydream.store.presence import Presence, running_runs

_SHOW = (
    "import sys; from daydream.store.layout import Layout; "
    "from daydream.store.presence import Presence; "
    "shown = Presence(Layout(sys.argv[1]), 'Cohort x'); print('shown', flush=True); "
    "sys.stdin.read()"
)


def test_a_run_is_seen_until_it_is_over(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path))
    assert running_runs(layout) == []
    first, second = Presence(layout, "Cohort x"), Presence(layout, "Slice 1/2 of cohort x")
    assert sorted(run.title for run in running_runs(layout)) == [
        "Cohort x",
        "Slice 1/2 of cohort x",
    ]
    first.end()
    assert [run.title for run in running_runs(layout)] == ["Slice 1/2 of cohort x"]
    second.end()
    assert list(Path(layout.runs).iterdir()) == []


def test_a_run_that_was_killed_is_not_seen_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", _SHOW, layout.root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "shown\n"
        (run,) = running_runs(layout)
        assert (run.title, run.pid) == ("Cohort x", process.pid)
        process.kill()
        process.wait()
        assert running_runs(layout) == []
    Presence(layout, "next").end()
    assert list(Path(layout.runs).iterdir()) == []


def test_what_a_run_is_about_has_left_its_host_before_others_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda number: left.append(os.fstat(number).st_size))
    Presence(Layout(str(tmp_path)), "Cohort x").end()
    assert left and left[0] > len("Cohort x")
