"""The end of a process that was forked from a warm one: what it has imported is not taken apart."""

from __future__ import annotations

import atexit
import os
import runpy
import sys
import threading
from collections.abc import Callable


def end_after(run: Callable[[], object]) -> None:
    """Run it and end as Python does, but leave the memory to the system.

    Python takes apart each module at its end. In a fork, that copies most of the memory first: half
    a second of a processor, more than a small run of Snakemake.
    """
    code: object = 0
    try:
        run()
    except SystemExit as end:
        code = end.code
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code or 0)


def end_after_module(name: str) -> None:
    """End as ``python -m NAME`` does."""
    end_after(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def end_after_script(path: str) -> None:
    """End as ``python PATH`` does."""
    end_after(lambda: runpy.run_path(path, run_name="__main__"))
