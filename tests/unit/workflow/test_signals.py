"""What the handler of Ctrl-C and SIGTERM does, in processes of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from daydream.workflow.forcing import FORCED_VARIABLE
from daydream.workflow.signals import next_line

PROCESS = """
import os, signal, sys, time
from daydream.llm.stopping import STOP
from daydream.workflow.signals import Signals
signals = Signals()
signals.listen(is_main={is_main})
{prepare}
for number in {numbers}:
    os.kill(os.getpid(), number)
    time.sleep({pause_s})
print("stop requested:", STOP.is_requested)
"""


def process(
    *numbers: int, prepare: str = "", is_main: bool = True, pause_s: float = 0.6
) -> tuple[int, str]:
    numbers_ = list(map(int, numbers))
    code = PROCESS.format(is_main=is_main, prepare=prepare, numbers=numbers_, pause_s=pause_s)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


BEGIN = "signals.jobs_begin()"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_before_the_first_job_the_process_ends_with_one_line(number: int) -> None:
    code, output = process(number)
    assert (code, output.strip()) == (130, "Stopped before the first job.")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_while_jobs_run_the_first_requests_a_stop_and_the_process_goes_on(number: int) -> None:
    code, output = process(number, prepare=BEGIN)
    assert code == 0
    assert "once more Ctrl-C drops them" in output
    assert "stop requested: True" in output


def test_the_second_ends_the_process_whichever_it_is() -> None:
    code, output = process(signal.SIGINT, signal.SIGTERM, prepare=BEGIN)
    assert code == 130
    assert "stop requested" not in output
    assert "Ended at once" in output
    assert "Traceback" not in output


def test_a_signal_that_comes_to_the_process_and_to_its_group_is_one() -> None:
    code, output = process(signal.SIGTERM, signal.SIGTERM, prepare=BEGIN, pause_s=0.01)
    assert code == 0
    assert output.count("once more Ctrl-C drops them") == 1


def test_a_quick_double_ctrl_c_is_two_and_a_forwarded_one_is_one() -> None:
    code, output = process(signal.SIGINT, signal.SIGINT, prepare=BEGIN, pause_s=0.15)
    assert (code, "Ended at once" in output) == (130, True)
    code, output = process(signal.SIGINT, signal.SIGINT, prepare=BEGIN, pause_s=0.01)
    assert (code, "Ended at once" in output) == (0, False)


def test_a_terminal_that_nobody_reads_holds_up_no_stop() -> None:
    full = """
read, write = os.pipe()
os.set_blocking(write, False)
try:
    while True:
        os.write(write, b"x" * 4096)
except BlockingIOError:
    os.set_blocking(write, True)
os.dup2(write, 2)
"""
    code, _ = process(signal.SIGTERM, signal.SIGTERM, prepare=BEGIN + full)
    assert code == 130
    code, output = process(signal.SIGTERM, prepare=BEGIN + "; os.close(2)")
    assert (code, output) == (0, "stop requested: True\n")


def test_the_process_of_a_job_stops_and_leaves_the_talking_to_its_parent() -> None:
    code, output = process(signal.SIGTERM, is_main=False)
    assert (code, output.strip()) == (0, "stop requested: True")


def test_a_signal_that_is_ignored_stays_so() -> None:
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    code = ignored + PROCESS.format(
        is_main=True, prepare=BEGIN, numbers=[int(signal.SIGINT)], pause_s=0
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "stop requested: False\n"


def test_what_to_type_next_is_what_was_typed() -> None:
    assert next_line(["/usr/bin/snakemake", "-c", "8", "a b"]).endswith(": snakemake -c 8 'a b'")
    assert next_line(["/lib/snakemake/__main__.py", "-n"]).endswith(": snakemake -n")
    assert "run it again" in next_line(["/home/me/mine.py", "x"])


def test_a_job_that_was_submitted_is_gone_on_with_by_what_submitted_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DAYDREAM_AGAIN", "sbatch --array=2 slices.sh 4")
    assert next_line(["snakemake", "-n"]).endswith(": sbatch --array=2 slices.sh 4")


def test_a_command_that_forces_is_not_said_to_pay_only_for_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FORCED_VARIABLE, "generate_draft")
    line = next_line(["snakemake", "-R", "generate_draft"])
    assert line.endswith("what it has bought included: snakemake -R generate_draft")


AT_THE_END = f"""
{BEGIN}
class Last:
    def __del__(self, kill=os.kill, process=os.getpid(), number=int(signal.SIGINT)):
        kill(process, number)
last = Last()
"""


def test_a_signal_while_a_stopped_process_ends_does_not_change_how_it_ends() -> None:
    """Modules are cleared last, when Python has put its own handlers away."""
    code, output = process(signal.SIGINT, prepare=AT_THE_END)
    assert code == 0
    assert "stop requested: True" in output
