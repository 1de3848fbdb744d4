"""The process of a run."""

from __future__ import annotations

import gc

from daydream.workflow.processes import collect_garbage_rarely


def test_garbage_is_collected_less_often_and_never_more_often_than_it_was():
    before = gc.get_threshold()
    try:
        collect_garbage_rarely()
        assert gc.get_threshold() == (200_000, 50, 1000)
        gc.set_threshold(300_000, 10, 10)
        collect_garbage_rarely()
        assert gc.get_threshold() == (300_000, 50, 1000)
    finally:
        gc.set_threshold(*before)
