"""Two requests share a fingerprint exactly when they may share an answer."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model, Template
from daydream.experiment.settings import StageSettings
from daydream.llm.request import Request
from tests.support.workspace import ROOT

MODEL = Model("writer", "lab/writer", "Writer", True, True, "mock")
TEMPLATE = Template("draft", "free", "Free", "", "identity", "llm", True)
SERVER = Endpoint("mock", base_url="http://127.0.0.1:9/v1")
STAGE = StageSettings(max_tokens=100, temperature=0.7)


def build(
    prompt: str = "Hello.",
    replicate: int = 1,
    model: Model = MODEL,
    stage: StageSettings = STAGE,
    template: Template = TEMPLATE,
    endpoint: Endpoint = SERVER,
) -> Request:
    return Request.build(prompt, model, stage, replicate, template, endpoint)


def test_a_request_takes_its_parameters_from_the_stage() -> None:
    request = build()
    assert (request.max_tokens, request.temperature) == (100, 0.7)
    assert (request.prompt, request.endpoint, request.replicate) == ("Hello.", "mock", 1)


def test_the_row_of_a_model_wins_over_the_stage_even_with_zero() -> None:
    request = build(model=replace(MODEL, max_tokens=7, temperature=0.0))
    assert (request.max_tokens, request.temperature) == (7, 0.0)


def test_parameters_are_told_as_the_ledger_keeps_them() -> None:
    parameters = build().parameters
    assert parameters["max_tokens"] == 100
    assert parameters["temperature"] == 0.7


def test_equal_requests_have_equal_fingerprints() -> None:
    assert build().fingerprint == build().fingerprint
    assert len(build().fingerprint) == 64


OTHER: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": "Hello!"},
    "replicate": {"replicate": 2},
    "model": {"model": replace(MODEL, model="lab/other")},
    "endpoint": {"endpoint": replace(SERVER, name="elsewhere")},
    "max_tokens": {"stage": replace(STAGE, max_tokens=101)},
    "temperature": {"stage": replace(STAGE, temperature=0.8)},
    "max_tokens of the row": {"model": replace(MODEL, max_tokens=101)},
    "temperature of the row": {"model": replace(MODEL, temperature=0.0)},
    "extra body": {"endpoint": replace(SERVER, extra_body={"top_p": 0.5})},
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_whatever_changes_an_answer_changes_the_fingerprint(change: dict[str, Any]) -> None:
    assert build(**change).fingerprint != build().fingerprint


SAME: dict[str, dict[str, Any]] = {
    "id of the row": {"model": replace(MODEL, id="renamed")},
    "price": {"model": replace(MODEL, price_in=1.0, price_out=2.0)},
    "name shown": {"model": replace(MODEL, display_name="W")},
    "stage's own value in the row": {"model": replace(MODEL, max_tokens=100, temperature=0.7)},
    "min_lines": {"stage": replace(STAGE, min_lines=9)},
    "parser": {"template": replace(TEMPLATE, parser="essay_block", description="x")},
    "address": {"endpoint": replace(SERVER, base_url="http://other/v1")},
    "key and pace": {"endpoint": replace(SERVER, api_key_env="KEY", max_concurrency=1)},
    "patience": {"endpoint": replace(SERVER, timeout_s=1.0, max_attempts=1)},
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_whatever_does_not_reach_the_model_keeps_the_fingerprint(change: dict[str, Any]) -> None:
    assert build(**change).fingerprint == build().fingerprint


@pytest.mark.parametrize(("written", "same"), [(0, 0.0), (1, 1.0)])
def test_a_temperature_written_as_0_or_as_0_point_0_shares_its_answer(
    written: float, same: float
) -> None:
    one = build(stage=replace(STAGE, temperature=written))
    assert one.fingerprint == build(stage=replace(STAGE, temperature=same)).fingerprint


def test_an_answer_of_another_shape_is_another_answer() -> None:
    evaluation = replace(TEMPLATE, stage="evaluation", structured="grammar")
    endpoint = replace(SERVER, structured=("grammar",))
    constrained = build(template=evaluation, endpoint=endpoint)
    free = build(template=replace(evaluation, structured=""), endpoint=endpoint)
    assert constrained.fingerprint != free.fingerprint


def test_a_shape_that_the_endpoint_cannot_enforce_changes_nothing() -> None:
    evaluation = replace(TEMPLATE, stage="evaluation", structured="grammar")
    free = replace(evaluation, structured="")
    assert build(template=evaluation).fingerprint == build(template=free).fingerprint


@settings(deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=30), st.integers(1, 99))
def test_any_prompt_has_a_fingerprint_of_its_own(prompt: str, replicate: int) -> None:
    one = build(prompt, replicate).fingerprint
    assert one == build(prompt, replicate).fingerprint
    assert one != build(prompt + " ", replicate).fingerprint
    assert one != build(prompt, replicate + 1).fingerprint


def test_a_fingerprint_does_not_depend_on_the_process() -> None:
    root = ROOT
    code = "from tests.unit.llm.test_request import build; print(build().fingerprint)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == build().fingerprint


def test_a_system_prompt_is_sent_first_and_is_part_of_the_fingerprint() -> None:
    plain = build()
    guided = replace(plain, system="You are terse.")
    assert guided.messages[0] == {"role": "system", "content": "You are terse."}
    assert guided.messages[1:] == plain.messages
    assert guided.fingerprint != plain.fingerprint
    assert guided.tokens_in > plain.tokens_in
    # The same letters as one message are another request.
    assert build("You are terse.Hello.").fingerprint != guided.fingerprint
