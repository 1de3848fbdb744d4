"""A run on a damaged store buys nothing that can still be read and makes no smaller table.

What Snakemake would do is done in this process: the generations that are out of date by times of
files, parents first, without those whose parent failed; then the scores. No start of Snakemake for
each of hundreds of states.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from daydream.errors import DaydreamError
from daydream.store.file_errors import file_error
from daydream.store.layout import STAGES
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.out_of_date import by_times
from daydream.workflow.plan.planning import make_plan
from daydream.workflow.tables import write_parsed_scores
from tests.faults.test_every_damage import DAMAGES
from tests.support.mock_server import MockServer
from tests.support.store_states import opened
from tests.support.workspace import Workspace

Rows = dict[str, dict[str, str]]


class Ended(NamedTuple):
    """How a run ended: what failed, and the scores if they could be made."""

    errors: dict[str, str]
    rows: Rows | None
    to_buy: int


def _kinds(data: Path) -> dict[str, Path]:
    """A file of each kind in ``gens``, of generations that were asked and not copied."""
    found: dict[str, Path] = {}
    for path in sorted((data / "gens").rglob("*")):
        if path.is_file() and (path.parent / "attempts.jsonl").exists():
            found.setdefault(re.sub(r"[dev]_\w{16}", "ID", str(path.relative_to(data))), path)
    return found


def _run(work: Workspace, log: Path) -> Ended:
    project = opened(work)
    jobs, required = GenerationJobs(project), by_times(project)
    try:
        plan = make_plan(project, required)
    except OSError as error:  # no run starts
        return Ended({"": str(file_error(error))}, None, 0)
    errors: dict[str, str] = {}
    for stage in STAGES:
        for member in project.membership.stage(stage):
            if member.gen_id in required[stage]:
                if errors.keys() & set(member.parents):
                    errors[member.gen_id] = ""
                    continue
                parsed = project.layout.parsed(stage, member.gen_id)
                try:
                    jobs.make(stage, member.gen_id, parsed, str(log))
                except (DaydreamError, OSError) as error:
                    errors[member.gen_id] = str(error)
    rows = None
    if not errors:
        write_parsed_scores(project, f"{log}.csv", f"{log}.parquet")
        with Path(f"{log}.csv").open(newline="") as file:
            rows = {row["gen_id"]: row for row in csv.DictReader(file)}
    return Ended(errors, rows, plan.to_buy)


def _wrong(name: str, ended: Ended, good: Rows, paid: int) -> Iterator[str]:
    if paid:
        yield f"{paid} answers were bought"
    if paid != ended.to_buy:
        yield f"{ended.to_buy} were planned"
    if ended.rows is None:
        told = [text for text in ended.errors.values() if text]
        if not any(Path(name).name in text for text in told):
            yield f"not named in {told}"
        return
    for gen_id, row in good.items():
        found = ended.rows.get(gen_id, {"score": "no row", "error": ""})
        if found["score"] != row["score"] and not found["error"]:
            yield f"{gen_id}: {found['score']} for {row['score']}"


@pytest.mark.parametrize("is_gone", [False, True], ids=["", "and parsed.txt is gone"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_is_bought_and_no_number_changes(
    damage: str,
    is_gone: bool,
    finished: Workspace,
    server: MockServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(finished.root)
    good = {row["gen_id"]: row for row in finished.scores()}
    kept, wrong = tmp_path / "kept", []
    shutil.copytree(finished.data / "gens", kept, copy_function=shutil.copy2)
    for name, path in _kinds(finished.data).items():
        if is_gone and path.name == "parsed.txt":
            continue
        DAMAGES[damage](path)
        if is_gone:
            (path.parent / "parsed.txt").unlink()
        paid = server.received
        try:
            ended = _run(finished, tmp_path / "log")
            wrong += [f"{name}: {t}" for t in _wrong(name, ended, good, server.received - paid)]
        except Exception as error:
            wrong.append(f"{name}: {error!r}")
        shutil.rmtree(finished.data / "gens")
        shutil.copytree(kept, finished.data / "gens", copy_function=shutil.copy2)
    assert not wrong, "\n".join(wrong)
