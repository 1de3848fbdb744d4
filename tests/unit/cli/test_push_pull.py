"""`daydream push` and `daydream pull` move an experiment between hosts through object storage."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from daydream.cli import push_pull
from daydream.cli.main import main
from daydream.store.bucket.client import Bucket
from daydream.store.ledger import Ledger
from tests.support.s3 import S3Server
from tests.support.s3_dialects import ignore_conditions
from tests.unit.store.test_ledger import ANSWER


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def daydream(*arguments: str, root: str = "data") -> int:
    return main([*arguments, "--config", f"data_root={root}"])


def test_an_experiment_goes_to_another_host_and_its_budget_with_it(
    here: Path, s3_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "data/1_raw").mkdir(parents=True)
    (here / "data/1_raw/llm_models.csv").write_text("id\n")
    with Ledger.open("data/gens/draft/d_1") as ledger:
        ledger.append(replace(ANSWER, cost_usd=0.5))
    spent = {"spent": {"usd": 1.0, "tokens": 10, "calls": 3}, "reserved": {}}
    (here / "there/budget").mkdir(parents=True)
    (here / "there/budget/spent.json").write_text(json.dumps(spent))

    assert daydream("push", s3_address) == 0
    assert f"data: 2 file(s) sent to {s3_address}" in capsys.readouterr().out
    assert daydream("pull", s3_address, root="there") == 0
    assert "1 ledger(s) with answers that were paid elsewhere" in capsys.readouterr().out
    assert (here / "there/1_raw/llm_models.csv").read_text() == "id\n"
    kept = json.loads((here / "there/budget/spent.json").read_text())["spent"]
    assert (kept["usd"], kept["calls"]) == (1.5, 4)
    assert daydream("pull", s3_address, root="there") == 0
    assert "nothing to be brought" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pull",), "no object storage is named"),
        (("push", "s3://some-bucket"), "there is no data to push"),
        (("pull", "file:///x"), "no address such as s3://bucket/prefix"),
    ],
)
def test_what_is_missing_is_told(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert daydream(*arguments) == 1
    assert message in capsys.readouterr().err


def test_an_empty_address_is_told(s3_address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert daydream("pull", s3_address) == 1
    assert f"there is nothing under {s3_address}" in capsys.readouterr().err


def test_nothing_is_sent_to_a_server_that_ignores_conditions(
    here: Path,
    s3: S3Server,
    s3_address: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def careless(address: str) -> Bucket:
        bucket = Bucket(address)
        ignore_conditions(bucket)
        return bucket

    monkeypatch.setattr(push_pull, "Bucket", careless)
    for name in ("x", "y", "z"):
        (here / "data/gens/draft").joinpath(name).mkdir(parents=True)
        (here / "data/gens/draft" / name / "attempts.jsonl").write_text("{}\n")
    assert daydream("push", s3_address) == 1
    assert f"{s3_address}: the server lacks conditional writes" in capsys.readouterr().err
    assert s3.requests() == {"LIST": 1, "PUT": 2, "DELETE": 1}
