"""Who waits for which line: each outcome is handed out once, and a batch ends with its last."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import ClosedError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.batch.api import Status
from daydream.llm.batch.registry import Batch, Delivery, Room, Waiter
from daydream.llm.batch.results import outcome_of
from daydream.llm.batch.state import BatchState, Line, StateFolder
from daydream.llm.faults import Fault
from daydream.llm.request import Request
from tests.unit.llm.test_request import MODEL, SERVER, STAGE, TEMPLATE

ENDPOINT = Endpoint("mock", base_url="http://127.0.0.1:9/v1", batch=True)
STATUS = Status("batch_1", "completed", 2, "f", None, 1.0, "")
RESULT = {"response": {"body": {"choices": [{"message": {"content": "paid"}}]}}}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(ENDPOINT, StateFolder(str(tmp_path)))


def waiter(gen_id: str) -> Waiter:
    request = Request.build(f"Of {gen_id}.", MODEL, STAGE, 1, TEMPLATE, SERVER, gen_id)
    return Waiter(request, Line.of(request, forced=False))


def batch_of(room: Room, *waiters: Waiter) -> Batch:
    state = BatchState("ab12", "2026-01-02T03:04:05+00:00", tuple(w.line for w in waiters))
    room.files.write(state)
    batch = Batch(state, room.files.try_lock("ab12"))
    room.put(batch)
    return batch


def test_outcomes_reach_who_waits_and_the_rest_is_left_to_be_recorded(room: Room) -> None:
    here, gone = waiter("d_1"), waiter("d_2")
    room.add(here)
    assert room.take_gathered() == [here] and room.take_gathered() == []
    batch = batch_of(room, here, gone)
    outcomes = {
        w.line.key: outcome_of(w.line, RESULT, STATUS, batch.state, ENDPOINT) for w in (here, gone)
    }
    assert room.hand_out(batch, outcomes) == [gone.line.key]
    delivery = here.inbox.get_nowait()
    assert isinstance(delivery, Delivery) and delivery.outcome.attempt.text == "paid"
    assert here.inbox.empty()

    delivery.booked()
    assert room.files.unfinished() == ["ab12"]  # one line is in no ledger yet
    room.settle(batch, gone.line.key)
    assert room.files.unfinished() == []
    room.remove(here)
    assert room.is_empty()


def test_of_a_batch_that_is_refused_one_has_failed_and_the_others_were_not_asked(
    room: Room,
) -> None:
    waiters = [waiter(f"d_{number}") for number in range(3)]
    for one in waiters:
        room.add(one)
    room.take_gathered()
    batch = batch_of(room, *waiters)
    room.refuse(
        batch, Fault("http_401", "No.", is_retryable=False, status=401), ClosedError("not asked")
    )
    kinds = [type(one.inbox.get_nowait()) for one in waiters]
    assert kinds == [Delivery, ClosedError, ClosedError]


def test_a_line_that_is_under_way_is_waited_for_and_not_sent_again(room: Room) -> None:
    earlier = waiter("d_1")
    batch_of(room, earlier)
    again = waiter("d_1")
    room.add(again)
    assert again.submitted and room.take_gathered() == []
