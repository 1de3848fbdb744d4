"""Shares of the limits: by slices that run, whichever process they are in."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daydream.experiment.slices import Slice
from daydream.llm import shares
from daydream.llm.rate_limit import RateLimiter
from daydream.llm.shares import RunningSlices
from daydream.store.layout import Layout

HOLDER = (
    "import sys; from daydream.store.locks import hold; "
    "f = hold(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path))


class Part:
    def __init__(self, value: float) -> None:
        self.value = value


def test_a_slice_begins_with_the_share_that_it_has_when_all_run(layout: Layout) -> None:
    assert RunningSlices(layout, Slice(1, 10)).value == pytest.approx(0.1)


def test_a_slice_takes_up_what_the_others_leave(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "SETTLING_S", 0.0)
    first = RunningSlices(layout, Slice(1, 10), every_s=0.01)
    with_another = RunningSlices(layout, Slice(2, 10), every_s=0.01)
    until(lambda: first.value == 0.5)
    del with_another
    gc.collect()
    until(lambda: first.value == 1.0)


def test_a_slice_that_was_killed_counts_no_more(layout: Layout) -> None:
    own = RunningSlices(layout, Slice(1, 3))
    other = Path(layout.running_slices) / "elsewhere-1.alive"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(other)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert own.count() == 2
        process.kill()
    assert own.count() == 1
    assert not other.exists()


def test_a_slice_leaves_no_file_behind(layout: Layout) -> None:
    running = RunningSlices(layout, Slice(1, 3))
    assert list(Path(layout.running_slices).iterdir())
    del running
    gc.collect()
    assert not list(Path(layout.running_slices).iterdir())


def test_a_share_of_the_slots_is_used_but_never_none() -> None:
    limiters = [RateLimiter(8, share=Part(value)) for value in (1.0, 0.5, 1 / 3, 0.01)]
    assert [limiter.allowed for limiter in limiters] == [8, 4, 2, 1]


def test_a_share_of_a_rate_starts_so_many_calls_less() -> None:
    times: dict[float, list[float]] = {}
    for value in (1.0, 0.25):
        now = [0.0]
        limiter = RateLimiter(
            99,
            requests_per_minute=600,
            clock=lambda now=now: now[0],
            sleep=lambda seconds, now=now: now.__setitem__(0, now[0] + seconds),
            share=Part(value),
        )
        times[value] = []
        for _ in range(100):
            with limiter.slot(1) as started:
                times[value].append(started)
    whole, quarter = times[1.0][-1], times[0.25][-1]
    assert quarter / whole == pytest.approx(4, rel=0.1)


def until(is_so, timeout_s: float = 5.0) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)
