"""Endpoints are looked at without a call that is paid."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.experiment.settings import Settings
from daydream.llm.reach import check_endpoints
from daydream.store.place import Finding
from tests.support.asking import model
from tests.support.mock_server import MockServer


def findings(base_url: str, name: str = "writer", **endpoint: object) -> dict[str, Finding]:
    config = {"default_endpoint": "mock", "endpoints": {"mock": {"base_url": base_url, **endpoint}}}
    found = check_endpoints(Settings.from_config(config), [model(name)])
    return {finding.subject: finding for finding in found}


def test_a_server_that_lists_the_model_is_well() -> None:
    with MockServer(models=("lab/writer",)) as server:
        found = findings(server.base_url)
        assert [f.state for f in found.values()] == ["ok", "ok"]
        assert server.received == 0


def test_a_model_that_is_not_listed_is_named() -> None:
    with MockServer(models=("lab/other",)) as server:
        finding = findings(server.base_url)["endpoint mock"]
        assert (finding.state, "lab/writer" in finding.message) == ("unsure", True)


def test_a_key_that_is_refused_is_wrong_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_TEST", "sk-wrong")
    with MockServer(required_key="sk-right") as server:
        finding = findings(server.base_url, api_key_env="KEY_OF_TEST")["endpoint mock"]
    assert finding.state == "wrong"
    assert "KEY_OF_TEST" in finding.message
    assert "sk-wrong" not in finding.message


def test_a_key_that_is_not_set_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEY_OF_TEST", raising=False)
    found = findings("http://127.0.0.1:9/v1", api_key_env="KEY_OF_TEST")
    assert [f.state for f in found.values()] == ["wrong"]
    assert "export KEY_OF_TEST=" in found["key of mock"].message


def test_a_server_that_is_not_there_is_wrong() -> None:
    finding = findings("http://127.0.0.1:9/v1")["endpoint mock"]
    assert finding.state == "wrong"
    assert "base_url" in finding.message


def test_the_file_of_an_embedded_model_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "missing.gguf"
    endpoints = {"mock": {"engine": "llama.cpp", "model_path": str(path)}}
    settings = Settings.from_config({"default_endpoint": "mock", "endpoints": endpoints})
    (finding,) = check_endpoints(settings, [model()])
    assert finding.state == "wrong"
    assert str(path) in finding.message


def test_the_program_of_a_server_that_is_started_is_looked_for() -> None:
    states = []
    for program in ("sh", "vllm-is-not-here"):
        endpoints = {"mock": {"serve": f"{program} serve --port {{port}}"}}
        settings = Settings.from_config({"default_endpoint": "mock", "endpoints": endpoints})
        (finding,) = check_endpoints(settings, [model("writer")])
        states.append(finding.state)
    assert states == ["ok", "unsure"]
