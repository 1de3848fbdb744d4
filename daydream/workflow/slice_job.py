"""What a job of a cluster does to make one slice: run Snakemake on it, as a person would.

``python -m daydream.workflow.slice_job ORDER MARK``. It is started by the rule ``generate_slice``.
Snakemake runs in this process, so that a signal that ends a job reaches it, whoever gets it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from daydream.experiment.installation import SNAKEFILE, WORKFLOW
from daydream.experiment.next_steps import AGAIN_VARIABLE
from daydream.store.files import write_text
from daydream.store.ledger import read_attempts
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.jobs_over import shown_job
from daydream.workflow.processes import collect_garbage_rarely

FAILED = "failed"  # what the mark of a slice holds in which something failed
HAS_FAILURES = 1  # the exit code of Snakemake then; that of a stop is another one


class Order(NamedTuple):
    """What the submitting run asks of a slice; ``config`` and ``configfiles`` are the user's own.

    ``forced`` are the generations that are to be bought again, with the number of answers that each
    had: a job that is started a second time after a crash finds which of them it has bought.
    With ``may_fail`` a slice in which something failed is over all the same, so that the tables are
    made from what is there; its mark says so. ``again`` is the command of the submitting run, which
    a person is to type when something is left.
    """

    target: str
    slice: str
    config: list[str]
    configfiles: list[str]
    forced: dict[str, int]
    may_fail: bool = False
    again: str = ""


def answers_in(parsed: str) -> int:
    """How many answers the ledger beside a ``parsed.txt`` has."""
    return sum(attempt.is_answer for attempt in read_attempts(os.path.dirname(parsed)))


def arguments_of(order: Order) -> list[str]:
    """The arguments of the run that makes a slice."""
    return list(_arguments(order))


def _arguments(order: Order) -> Iterator[str]:
    yield order.target
    yield from ("--snakefile", str(SNAKEFILE))
    # Not the submitting run's, which would submit again.
    yield from ("--workflow-profile", str(WORKFLOW / "profiles" / "default"))
    if order.configfiles:
        yield from ("--configfile", *order.configfiles)
    yield from ("--config", *order.config, f"slice={order.slice}")
    left = [path for path, answers in order.forced.items() if answers_in(path) <= answers]
    if left:
        yield from ("--forcerun", *left)


def main(order_file: str, mark: str) -> int:
    """Make a slice; returns the exit code of its run.

    A run that was stopped leaves no mark, whatever may fail: its slice is not over.
    """
    with shown_job(mark):
        return _make(order_file, mark)


def _make(order_file: str, mark: str) -> int:
    content: Mapping[str, Any] = json.loads(Path(order_file).read_text(encoding="utf-8"))
    order = Order(**content)
    os.environ.pop("SNAKEMAKE_PROFILE", None)
    os.environ[AGAIN_VARIABLE] = order.again
    collect_garbage_rarely()
    compat.ignore_executors()
    code = compat.run(arguments_of(order))
    if code == 0 or (order.may_fail and code == HAS_FAILURES):
        write_text(mark, FAILED if code else "")
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
