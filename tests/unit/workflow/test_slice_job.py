"""The run of one slice: what it is given, and what it does not buy twice when it begins again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from daydream.experiment.next_steps import AGAIN_VARIABLE
from daydream.workflow import slice_job
from daydream.workflow.slice_job import FAILED, Order, answers_in, arguments_of

ANSWER = {
    **{"outcome": "answer", "fingerprint": "f"},
    **{"endpoint": "mock", "model": "m", "parameters": {}, "replicate": 1, "text": "Text."},
}


def generation(root: Path, name: str) -> str:
    """A generation with an answer."""
    folder = root / name
    folder.mkdir()
    add_answer(folder, hour=1)
    return str(folder / "parsed.txt")


def add_answer(folder: Path, hour: int) -> None:
    with (folder / "attempts.jsonl").open("a") as ledger:
        ledger.write(json.dumps({"at": f"2026-01-01T{hour:02}:00:00+00:00", **ANSWER}) + "\n")


def after(command: list[str], option: str) -> list[str]:
    """The values of an option."""
    values = command[command.index(option) + 1 :]
    end = next((n for n, value in enumerate(values) if value.startswith("--")), len(values))
    return values[:end]


def test_the_users_own_configuration_does_not_switch_the_slice_off() -> None:
    order = Order("evaluation", "2/5", ["k_max=1"], ["/home/me/mine.yaml"], {})
    command = arguments_of(order)
    assert after(command, "--config") == ["k_max=1", "slice=2/5"]
    assert after(command, "--configfile") == ["/home/me/mine.yaml"]
    assert Path(after(command, "--workflow-profile")[0]).name == "default"
    assert "--forcerun" not in command


def test_what_was_forced_is_bought_once_though_the_job_begins_again(tmp_path: Path) -> None:
    first, second = generation(tmp_path, "first"), generation(tmp_path, "second")
    forced = {path: answers_in(path) for path in (first, second)}
    order = Order("evaluation", "1/2", [], [], forced)
    assert after(arguments_of(order), "--forcerun") == [first, second]
    add_answer(Path(first).parent, hour=2)
    assert after(arguments_of(order), "--forcerun") == [second]


@pytest.mark.parametrize(
    ("code", "may_fail", "exit_code", "mark"),
    [
        *((0, False, 0, ""), (1, False, 1, None), (1, True, 0, FAILED), (0, True, 0, "")),
        *((130, False, 130, None), (130, True, 130, None)),  # stopped: it is not over
    ],
)
def test_a_slice_leaves_its_mark_when_it_is_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    may_fail: bool,
    exit_code: int,
    mark: str | None,
) -> None:
    order = Order("evaluation", "1/2", [], [], {}, may_fail, "snakemake -c 8")
    (tmp_path / "order.json").write_text(json.dumps(order._asdict()))
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "slurm")
    monkeypatch.setenv(AGAIN_VARIABLE, "")
    monkeypatch.setattr(slice_job.compat, "ignore_executors", lambda: None)
    ran: list[tuple[list[str], str]] = []

    def run(arguments: list[str]) -> int:
        assert "SNAKEMAKE_PROFILE" not in os.environ
        ran.append((arguments, os.environ[AGAIN_VARIABLE]))
        return code

    monkeypatch.setattr(slice_job.compat, "run", run)
    path = tmp_path / "slice.made"
    assert slice_job.main(str(tmp_path / "order.json"), str(path)) == exit_code
    assert (path.read_text() if path.exists() else None) == mark
    assert ran == [(arguments_of(order), "snakemake -c 8")]


def test_an_order_of_an_earlier_version_is_carried_out() -> None:
    assert Order(*("evaluation", "1/2", [], [], {}, False)).again == ""
