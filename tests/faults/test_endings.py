"""States of a batch, and lines of it that failed, under the spellings of several providers."""

from __future__ import annotations

import pytest

from daydream.experiment.endpoint import Endpoint
from daydream.llm.batch.api import read_status
from daydream.llm.batch.results import failed
from daydream.llm.batch.state import BatchState, Line
from daydream.llm.faults import Fault


@pytest.mark.parametrize(
    "state", ["completed", "COMPLETED", "ended", "SUCCESS", "JOB_STATE_SUCCEEDED"]
)
def test_a_finished_batch_is_known_in_every_spelling_and_its_blank_file_ids_are_none(
    state: str,
) -> None:
    batch = {"id": "b", "status": state, "output_file_id": "f", "error_file_id": ""}
    status = read_status(batch)
    assert (status.is_over, status.status) == (True, "completed")
    assert (status.output_file_id, status.error_file_id) == ("f", None)


@pytest.mark.parametrize("state", ["cancelling", "in_progress", "VALIDATING"])
def test_a_batch_that_is_under_way_is_not_over(state: str) -> None:
    assert not read_status({"id": "b", "status": state}).is_over


def test_a_state_that_is_not_known_is_told_and_not_waited_for_without_end() -> None:
    with pytest.raises(Fault, match="not known: 'MYSTERY'") as caught:
        read_status({"id": "b", "status": "MYSTERY"})
    assert caught.value.kind == "batch_state"


def test_a_failed_line_without_a_word_on_usage_costs_nothing_as_a_failed_call_does() -> None:
    line = Line("draft", "d_1", "f", "m", {}, 1, price_in=1.0, price_out=10.0)
    state, endpoint = BatchState("u", "2026-01-01T00:00:00+00:00", (line,)), Endpoint("mock")
    told = failed(line, Fault("http_500", "no", True, 500), state, endpoint).attempt
    assert (told.cost_usd, told.usage) == (0.0, {})
    body = {"usage": {"prompt_tokens": 10, "completion_tokens": 10}}
    billed = failed(line, Fault("http_500", "no", True, 500, None, body), state, endpoint).attempt
    assert billed.cost_usd == pytest.approx(110e-6 / 2)
