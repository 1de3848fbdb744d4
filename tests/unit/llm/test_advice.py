"""What a person reads when a call has failed for good."""

from __future__ import annotations

import pytest

from daydream.experiment.endpoint import Endpoint
from daydream.llm.advice import _BY_KIND, explain, gave_up
from daydream.llm.faults import Fault
from tests.unit.llm.test_request import build

SERVER = Endpoint("mock", base_url="http://127.0.0.1:9/v1", api_key_env="MOCK_KEY")


@pytest.mark.parametrize("kind", [*_BY_KIND, "not_json"])
def test_model_place_words_and_what_to_do_are_in_one_line(kind: str) -> None:
    told = explain(build(), Fault(kind, "Because {of} this.", True), 3, SERVER)
    assert told.startswith(f"lab/writer at mock: {kind}: Because {{of}} this (3 attempts). ")
    assert "\n" not in told and told.endswith(".")
    assert "{key}" not in told and "{id}" not in told and "{base_url}" not in told


def test_the_error_carries_its_kind_as_data() -> None:
    assert gave_up(build(), Fault("http_503", "No.", True), 1, SERVER).cause == "http_503"
