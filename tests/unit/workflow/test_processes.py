"""The process of a run."""

from __future__ import annotations

import gc
import subprocess
import sys

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


def test_at_the_end_of_a_process_cycles_are_left_to_the_system() -> None:
    code = """
from daydream.workflow.processes import collect_garbage_rarely
class Node:
    def __del__(self): print("taken apart")
collect_garbage_rarely()
node = Node()
node.itself = node
print("made")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "made\n")
