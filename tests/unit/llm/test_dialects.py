"""Each example of docs/endpoints.md works with a server that refuses what its provider refuses."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from daydream.errors import CatalogError
from daydream.experiment.catalog import _body_keys
from daydream.experiment.csv_rows import Row
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model, Template
from daydream.experiment.settings import Limit, Settings, StageSettings
from daydream.llm.batch.results import request_line
from daydream.llm.batch.state import Line
from daydream.llm.budget import Budget
from daydream.llm.client import Client
from daydream.llm.request import Request
from daydream.parsers import ScoreRange
from daydream.results.score_sources import answer_origin
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt
from tests.support.mock_server import MockServer

PAGE = Path(__file__).resolve().parents[3] / "docs" / "endpoints.md"
EXAMPLES = re.findall(r"## ([^\n]+)\n.*?```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
REFUSED = {
    "OpenAI, reasoning models": {"max_tokens", "temperature"},
    "Anthropic": {"response_format", "max_completion_tokens"},
    "Google": {"minimum", "maximum", "additionalProperties"},
    "Azure": {"minimum", "maximum"},
    "OpenRouter": set(),
    "Together": {"minimum", "maximum", "max_completion_tokens"},
    "vLLM": set(),
    "Ollama": {"grammar"},
}
JUDGE = Template("evaluation", "novelty", "N", "", "in_last_line", "llm", True, ScoreRange(), "yes")
STAGE = StageSettings(max_tokens=100, temperature=0.7)
MODEL = Model("writer", "lab/writer", "W", True, True, "mock")


def request(endpoint: Endpoint, model: Model = MODEL) -> Request:
    return Request.build("Judge, SCORE.", model, STAGE, 1, JUDGE, endpoint, "v_1")


def asked(endpoint: Endpoint, root: Path, model: Model = MODEL) -> Attempt:
    client = Client(endpoint, Budget(Layout(str(root)), Limit()))
    return client.complete(request(endpoint, model), lambda attempt: None)


def test_every_kind_of_endpoint_has_an_example() -> None:
    assert [name for name, _ in EXAMPLES] == list(REFUSED)


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_the_example_is_understood_by_its_provider(
    name: str, example: str, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (body,) = yaml.safe_load(example)["endpoints"].values()
    place = urlsplit(body["base_url"])
    body["base_url"] = place._replace(scheme="http", netloc=f"127.0.0.1:{server.port}").geturl()
    settings = Settings.from_config({"endpoints": {"it": body}, "default_endpoint": "it"})
    endpoint = settings.endpoints["it"]
    if endpoint.api_key_env:
        monkeypatch.setenv(endpoint.api_key_env, "right")
        server.required_key = "right"
        server.key_header = endpoint.api_key_header or "Authorization"
    server.refused_keys = frozenset(REFUSED[name])
    assert asked(endpoint, tmp_path).is_answer
    (call,) = server.calls
    query = f"?{place.query}" if place.query else ""
    assert call.address == f"{place.path}/chat/completions{query}"
    assert call.body["model"] == "lab/writer"
    assert {k: call.body[k] for k in endpoint.extra_body} == dict(endpoint.extra_body)
    assert ("response_format" in call.body) == bool(endpoint.structured)


def test_without_its_dialect_a_reasoning_model_refuses(server: MockServer, tmp_path: Path) -> None:
    server.refused_keys = frozenset({"max_tokens", "temperature"})
    plain = Endpoint("mock", base_url=server.base_url)
    with pytest.raises(Exception, match=r"http_400.*max_tokens, temperature"):
        asked(plain, tmp_path)
    keys = (("max_tokens", "max_completion_tokens"), ("temperature", None))
    own = replace(MODEL, body_keys=keys, reasoning_effort="low")
    answer = asked(plain, tmp_path, own)
    body = server.calls[-1].body
    assert (body["max_completion_tokens"], body["reasoning_effort"]) == (100, "low")
    assert answer.body_keys == dict(keys)
    assert answer.parameters["temperature"] == 0.7
    fields: dict[str, Any] = {"parameters": answer.parameters}
    assert answer_origin(fields).temperature == 0.7
    assert answer_origin(fields | {"body_keys": answer.body_keys}).temperature is None


def test_a_dialect_changes_no_fingerprint_and_an_effort_does() -> None:
    plain = Endpoint("mock", base_url="http://x/v1", structured=("json_schema",))
    dialect = replace(
        plain, body_keys={"max_tokens": "max_completion_tokens"}, schema_without=("minimum",)
    )
    assert request(dialect).body != request(plain).body
    assert request(dialect).fingerprint == request(plain).fingerprint
    own = replace(MODEL, body_keys=(("temperature", None),))
    assert request(plain, own).fingerprint == request(plain).fingerprint
    eager = replace(MODEL, reasoning_effort="high")
    assert request(plain, eager).fingerprint != request(plain).fingerprint


def test_a_batch_speaks_the_same_dialect() -> None:
    endpoint = Endpoint("mock", base_url="http://x/v1", body_keys={"temperature": None})
    line = json.loads(request_line(request(endpoint)))
    assert "temperature" not in line["body"] and line["body"]["max_tokens"] == 100
    assert Line.of(request(endpoint), forced=False).body_keys == {"temperature": None}


@pytest.mark.parametrize("cell", ["max_tokens", "=x", "a=b; c"])
def test_a_cell_that_renames_nothing_is_refused(cell: str) -> None:
    with pytest.raises(CatalogError, match="body_keys"):
        _body_keys(Row("llm_models.csv", 2, {"body_keys": cell}))
    row = Row("llm_models.csv", 2, {"body_keys": "a=b; c="})
    assert _body_keys(row) == (("a", "b"), ("c", None))
