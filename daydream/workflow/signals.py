"""Ctrl-C, SIGTERM and a closed terminal: the first ends a run in order, the second at once."""

from __future__ import annotations

import atexit
import os
import select
import shlex
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from daydream.experiment.next_steps import AGAIN_VARIABLE
from daydream.llm.stopping import STOP, Stop
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.forcing import FORCED_VARIABLE

EXIT_CODE = 130  # what a shell reports after Ctrl-C, whichever signal it was
STDERR = 2
# A terminal sends Ctrl-C once, but programs around this one (`conda run`, `uv run`) may pass theirs
# on as well; nobody presses twice within a tenth of a second. `timeout` and schedulers send SIGTERM
# to the process and then to its group, on a busy host some time apart, and no person sends two.
SAME_S = {signal.SIGINT: 0.1, signal.SIGTERM: 0.5, signal.SIGHUP: 0.5}


class Signals:
    """The handler of these signals of one process.

    It runs in the middle of whatever the main thread is doing, so it takes no lock, starts no
    thread and prints nothing through a buffer: it writes a line and requests a stop, which a thread
    that is there already carries out.
    """

    def __init__(self, stop: Stop = STOP) -> None:
        self._stop = stop
        self._is_listening = self._are_jobs_running = False
        self._is_main = True
        self._first: float | None = None

    def listen(self, is_main: bool) -> None:
        """Take the signals over; a signal that is ignored stays so, as under ``nohup``.

        Args:
            is_main: False in a process that was started for a job. Its parent does the talking.
                The last time counts: on a node such a process becomes the run of a slice.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        self._is_main, self._are_jobs_running = is_main, not is_main
        if self._is_listening:
            return
        self._is_listening = True
        for number in SAME_S:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.handle)
        compat.on_sigterm(self.handle)
        atexit.register(self._deafen)

    def jobs_begin(self) -> None:
        """From now on there may be calls under way."""
        self._are_jobs_running = True

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Request a stop; end the process at the second signal, or when nothing is under way.

        Raises:
            SystemExit: before the first job.
        """
        now = time.monotonic()
        if self._first is not None and now - self._first < SAME_S[signal.Signals(number)]:
            return
        if self._first is not None:
            self._say(f"Ended at once; calls under way are lost. {next_line()}")
            os._exit(EXIT_CODE)
        self._first = now
        if not self._are_jobs_running:
            self._say("Stopped before the first job.")
            raise SystemExit(EXIT_CODE)
        self._stop.request()
        self._say(
            "Stopping: no call starts any more. Those under way are finished and kept; "
            "once more Ctrl-C drops them."
        )

    def _deafen(self) -> None:
        """Ignore what comes while a stopped process ends: Python would die of it, not exit."""
        if self._first is not None:
            for number in SAME_S:
                signal.signal(number, signal.SIG_IGN)

    def _say(self, text: str) -> None:
        """Write a line, unless nobody reads: a full pipe must not hold up a stop."""
        if not self._is_main:
            return
        with suppress(OSError, ValueError):
            if select.select([], [STDERR], [], 0)[1]:
                os.write(STDERR, f"\n{text}\n".encode())


def next_line(arguments: Sequence[str] | None = None) -> str:
    """What to type after a stop: the user's own command line, or what submitted this job."""
    again = os.environ.get(AGAIN_VARIABLE) or typed_command(arguments)
    if again and os.environ.get(FORCED_VARIABLE):
        return f"Typed again, it buys all that it forces, what it has bought included: {again}"
    if again:
        return f"To go on, paying only for what is left: {again}"
    return "To go on, paying only for what is left, run it again."


def typed_command(arguments: Sequence[str] | None = None) -> str:
    """The command line of this process as it was typed; blank if it is none of ``snakemake``."""
    program, *rest = sys.argv if arguments is None else arguments
    is_snakemake = Path(program).name in ("snakemake", "__main__.py")
    return shlex.join(["snakemake", *rest]) if is_snakemake else ""


SIGNALS = Signals()
