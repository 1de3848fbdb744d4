"""Batches: submitted once, read whatever their order, and never lost to a kill."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model, Template
from daydream.experiment.settings import Limit, StageSettings
from daydream.llm import faults as fault
from daydream.llm.batch.api import BatchApi, Status
from daydream.llm.batch.client import BatchClient
from daydream.llm.batch.results import request_line
from daydream.llm.batch.state import BatchState, Line, StateFolder
from daydream.llm.budget import Budget
from daydream.llm.request import Request
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt, Ledger, read_attempts
from tests.support.mock_server import Fault, MockServer

MODEL = Model("writer", "lab/writer", "W", True, True, "mock", price_in=10.0, price_out=100.0)
TEMPLATE = Template("draft", "free", "Free", "", "identity", "llm", True)
STAGE = StageSettings(max_tokens=100, temperature=0.7)


class Bench:
    """A data root and clients for it, as processes one after the other would have them."""

    def __init__(self, root: Path, server: MockServer) -> None:
        self.layout = Layout(str(root))
        self.server = server
        self.endpoint = Endpoint(
            "mock",
            base_url=server.base_url,
            batch=True,
            batch_wait_s=0.5,  # longer than a busy host stops a test between two requests
            batch_poll_s=0.05,
            max_attempts=3,
        )
        self.threads = ThreadPoolExecutor(64)

    @property
    def states(self) -> StateFolder:
        return StateFolder(self.layout.under("batches", "mock"))

    def client(self, **changes: Any) -> BatchClient:
        endpoint = replace(self.endpoint, **changes)
        return BatchClient(endpoint, self.layout, Budget(self.layout, Limit()))

    def folder(self, gen_id: str) -> str:
        return self.layout.generation("draft", gen_id)

    def request(self, gen_id: str, prompt: str = "", model: Model = MODEL) -> Request:
        prompt = prompt or f"Dream of {gen_id}."
        return Request.build(prompt, model, STAGE, 1, TEMPLATE, self.endpoint, gen_id)

    def ask(
        self, client: BatchClient, gen_id: str, prompt: str = "", model: Model = MODEL
    ) -> Future[Attempt]:
        """Ask in a thread that holds the generation's ledger, as a job does."""

        def job() -> Attempt:
            request = self.request(gen_id, prompt, model)
            with Ledger.open(self.folder(gen_id)) as ledger:
                return client.complete(request, ledger.append)

        return self.threads.submit(job)

    def ask_all(self, client: BatchClient, *gen_ids: str) -> list[Attempt]:
        return [future.result(20) for future in [self.ask(client, i) for i in gen_ids]]

    def ledger(self, gen_id: str) -> list[Attempt]:
        return read_attempts(self.folder(gen_id))

    def leave(self, *gen_ids: str, **ids: str | None) -> BatchState:
        """A state file as a run that was killed leaves it."""
        lines = tuple(Line.of(self.request(i), forced=False) for i in gen_ids)
        state = BatchState("ab12", "2026-01-02T03:04:05.678+00:00", lines, **ids)
        self.states.write(state)
        return state

    def submit(self, *gen_ids: str) -> tuple[str, str]:
        """Submit as an earlier run did, with the ids of file and batch.

        It is under way until all generations of a test have asked: what was delivered before would
        be in their ledgers, where jobs look first and these tests do not.
        """
        self.server.batch_delay_s = 0.5
        api = BatchApi(self.endpoint)
        content = "".join(request_line(self.request(i)) for i in gen_ids).encode()
        file_id = api.upload("x.jsonl", content)
        return file_id, api.create(file_id, "ab12").batch_id


@pytest.fixture
def bench(tmp_path: Path, server: MockServer) -> Iterator[Bench]:
    made = Bench(tmp_path, server)
    yield made
    made.threads.shutdown(wait=False)


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    done = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        done.wait(0.02)
    raise AssertionError("it did not happen")


def test_requests_that_are_ready_together_leave_as_one_batch(bench: Bench) -> None:
    answers = bench.ask_all(bench.client(), *(f"d_{n}" for n in range(20)))
    (batch,) = bench.server.batches
    assert (batch.lines, bench.server.paid) == (20, 20)
    assert {call.via for call in bench.server.calls} == {"batch"}
    assert len({answer.text for answer in answers}) == 20
    for n, answer in enumerate(answers):
        assert bench.ledger(f"d_{n}") == [answer]
        assert answer.fingerprint == bench.request(f"d_{n}").fingerprint


def test_the_body_of_a_line_is_that_of_a_plain_call(bench: Bench) -> None:
    bench.ask_all(bench.client(), "d_1")
    (call,) = bench.server.calls
    assert call.body == {
        "model": "lab/writer",
        "messages": [{"role": "user", "content": "Dream of d_1."}],
        "max_tokens": 100,
        "temperature": 0.7,
    }


def test_an_answer_is_recorded_as_a_plain_call_records_it_at_half_the_price(bench: Bench) -> None:
    (answer,) = bench.ask_all(bench.client(), "d_1")
    tokens_in, tokens_out = answer.usage["prompt_tokens"], answer.usage["completion_tokens"]
    assert answer.cost_usd == pytest.approx((tokens_in * 10 + tokens_out * 100) / 1e6 / 2)
    assert (answer.outcome, answer.endpoint, answer.model) == ("answer", "mock", "lab/writer")
    assert answer.parameters == {"max_tokens": 100, "temperature": 0.7}
    assert answer.finish_reason == "stop"
    assert answer.response_id
    assert answer.at.endswith("+00:00")


def test_another_discount_is_another_cost_and_an_unknown_price_stays_unknown(bench: Bench) -> None:
    (answer,) = bench.ask_all(bench.client(batch_discount=0.0), "d_1")
    usage = answer.usage
    full = (usage["prompt_tokens"] * 10 + usage["completion_tokens"] * 100) / 1e6
    assert answer.cost_usd == pytest.approx(full)
    free = replace(MODEL, price_in=None)
    assert bench.ask(bench.client(), "d_2", model=free).result(20).cost_usd is None


def test_nothing_is_left_of_a_finished_batch(bench: Bench) -> None:
    bench.ask_all(bench.client(), "d_1", "d_2")
    assert list(bench.states.folder.iterdir()) == []


def test_no_batch_is_larger_than_it_may_be(bench: Bench) -> None:
    bench.ask_all(bench.client(batch_max_requests=3), *(f"d_{n}" for n in range(8)))
    assert sum(batch.lines for batch in bench.server.batches) == 8
    assert max(batch.lines for batch in bench.server.batches) <= 3
    assert len(bench.server.batches) == 3


def test_each_model_has_batches_of_its_own(bench: Bench) -> None:
    client = bench.client()
    other = replace(MODEL, model="lab/other")
    asked = [bench.ask(client, f"d_{n}", model=(MODEL, other)[n % 2]) for n in range(6)]
    assert {future.result(20).model for future in asked} == {"lab/writer", "lab/other"}
    assert [batch.lines for batch in bench.server.batches] == [3, 3]


def test_failed_lines_that_can_heal_are_asked_again_in_the_next_batch(bench: Bench) -> None:
    bench.server.fault(Fault.status(500), "d_1")
    bench.server.fault(Fault.empty_content(), "d_2")
    bench.server.fault(Fault.hang(), "d_3")
    answers = bench.ask_all(bench.client(), "d_0", "d_1", "d_2", "d_3")
    assert [batch.lines for batch in bench.server.batches] == [4, 3]
    assert [answer.attempt for answer in answers] == [1, 2, 2, 2]
    kinds = [(bench.ledger(f"d_{n}")[0].error or {}).get("kind") for n in range(4)]
    assert kinds == [None, "http_500", "empty_answer", "http_500"]
    assert bench.server.paid == 4


def test_a_line_that_fails_for_good_fails_its_job_in_the_providers_words(bench: Bench) -> None:
    bench.server.fault(Fault.status(400, message="No such parameter."), "d_1")
    client = bench.client()
    good, bad = bench.ask(client, "d_0"), bench.ask(client, "d_1")
    assert good.result(20).is_answer
    with pytest.raises(CallError, match=r"lab/writer at mock: http_400: No such parameter\."):
        bad.result(20)
    assert [attempt.outcome for attempt in bench.ledger("d_1")] == ["failed"]
    assert len(bench.server.batches) == 1
    assert bench.states.unfinished() == []


def test_a_line_that_always_fails_is_given_up_after_max_attempts(bench: Bench) -> None:
    bench.server.fault(Fault.status(503), "d_1", times=None)
    with pytest.raises(CallError, match=r"http_503.*\(3 attempts\)"):
        bench.ask(bench.client(), "d_1").result(20)
    assert [attempt.attempt for attempt in bench.ledger("d_1")] == [1, 2, 3]
    assert len(bench.server.batches) == 3


def test_of_an_expired_batch_the_answers_are_used_and_the_rest_is_asked_again(
    bench: Bench,
) -> None:
    bench.server.batch_expires_after = 3
    client = bench.client()
    asked = [bench.ask(client, f"d_{n}") for n in range(5)]
    wait_for(lambda: len(bench.server.batches) == 2)
    bench.server.batch_expires_after = None
    answers = [future.result(20) for future in asked]
    assert bench.server.paid == 5
    assert sorted(answer.attempt for answer in answers) == [1, 1, 1, 2, 2]
    failures = [a for n in range(5) for a in bench.ledger(f"d_{n}") if not a.is_answer]
    assert {(failure.error or {})["kind"] for failure in failures} == {"batch_expired"}


def test_a_cancelled_batch_is_asked_again(bench: Bench) -> None:
    bench.server.batch_delay_s = 4.0  # unless it is cancelled
    client = bench.client()
    asked = [bench.ask(client, f"d_{n}") for n in range(3)]
    wait_for(lambda: len(bench.server.batches) == 1)
    connection = openai.OpenAI(base_url=bench.server.base_url, api_key="none")
    connection.batches.cancel(bench.server.batches[0].id)
    bench.server.batch_delay_s = 0.0
    assert all(future.result(20).attempt == 2 for future in asked)
    assert bench.server.paid == 3


def test_a_second_client_adopts_a_batch_that_is_under_way_and_submits_nothing(
    bench: Bench,
) -> None:
    file_id, batch_id = bench.submit("d_1", "d_2")
    bench.leave("d_1", "d_2", input_file_id=file_id, batch_id=batch_id)
    answers = bench.ask_all(bench.client(), "d_1", "d_2")
    assert len(bench.server.batches) == 1
    assert bench.server.paid == 2
    assert [answer.at for answer in answers] == ["2026-01-02T03:04:05.678+00:00"] * 2
    assert list(bench.states.folder.iterdir()) == []


def test_a_batch_that_was_created_but_not_noted_is_found_by_its_metadata(bench: Bench) -> None:
    file_id, _ = bench.submit("d_1", "d_2")
    bench.leave("d_1", "d_2", input_file_id=file_id)
    bench.ask_all(bench.client(), "d_1", "d_2")
    assert len(bench.server.batches) == 1
    assert bench.server.paid == 2


def test_a_creation_whose_reply_got_lost_is_not_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = BatchApi.create

    def lose_the_reply(self: BatchApi, input_file_id: str, uuid: str) -> Status:
        create(self, input_file_id, uuid)
        raise fault.Fault("timeout", "no answer within 600 s", is_retryable=True)

    monkeypatch.setattr(BatchApi, "create", lose_the_reply)
    assert bench.ask(bench.client(), "d_1").result(20).is_answer
    assert len(bench.server.batches) == 1


@pytest.mark.parametrize("uploaded", [False, True])
def test_a_batch_that_was_never_created_is_forgotten_and_asked_anew(
    bench: Bench, uploaded: bool
) -> None:
    bench.leave("d_1", "d_2", input_file_id="file-1" if uploaded else None)
    bench.ask_all(bench.client(), "d_1", "d_2")
    assert len(bench.server.batches) == 1
    assert bench.server.paid == 2
    assert list(bench.states.folder.iterdir()) == []


def test_answers_for_which_nobody_waits_go_to_their_ledgers(bench: Bench) -> None:
    file_id, batch_id = bench.submit("d_1", "d_2", "d_3")
    bench.leave("d_1", "d_2", "d_3", input_file_id=file_id, batch_id=batch_id)
    bench.ask_all(bench.client(), "d_9")
    wait_for(lambda: bench.states.unfinished() == [])
    for gen_id in ("d_1", "d_2", "d_3"):
        (answer,) = bench.ledger(gen_id)
        assert answer.is_answer
        assert answer.fingerprint == bench.request(gen_id).fingerprint
    assert bench.server.paid == 4


def test_an_old_answer_reaches_the_ledger_of_a_generation_that_asks_something_else(
    bench: Bench,
) -> None:
    file_id, batch_id = bench.submit("d_1")
    bench.leave("d_1", input_file_id=file_id, batch_id=batch_id)
    answer = bench.ask(bench.client(), "d_1", prompt="Something else.").result(20)
    wait_for(lambda: bench.states.unfinished() == [])
    assert answer.fingerprint == bench.request("d_1", "Something else.").fingerprint
    prints = {attempt.fingerprint for attempt in bench.ledger("d_1")}
    assert prints == {answer.fingerprint, bench.request("d_1").fingerprint}
    assert len(bench.ledger("d_1")) == 2


def test_an_answer_that_was_recorded_before_the_kill_is_not_recorded_twice(bench: Bench) -> None:
    file_id, batch_id = bench.submit("d_1", "d_2")
    state = bench.leave("d_1", "d_2", input_file_id=file_id, batch_id=batch_id)
    bench.ask_all(bench.client(), "d_1")
    wait_for(lambda: bench.states.unfinished() == [])
    assert len(bench.ledger("d_2")) == 1
    bench.states.write(state)  # as if the kill had come before it was removed
    new = bench.ask(bench.client(), "d_1").result(20)  # by force: the known one does not do
    wait_for(lambda: bench.states.unfinished() == [])
    assert [len(bench.ledger(i)) for i in ("d_1", "d_2")] == [2, 1]
    assert new.response_id == bench.ledger("d_1")[-1].response_id
    assert bench.server.paid == 3


def test_two_clients_that_adopt_one_batch_record_each_answer_once(bench: Bench) -> None:
    bench.server.batch_delay_s = 0.5
    ids = [f"d_{n}" for n in range(6)]
    file_id, batch_id = bench.submit(*ids)
    bench.leave(*ids, input_file_id=file_id, batch_id=batch_id)
    one, two = bench.client(), bench.client()
    asked = [bench.ask((one, two)[n % 2], ids[n]) for n in range(4)]
    assert all(future.result(20).is_answer for future in asked)
    wait_for(lambda: bench.states.unfinished() == [])
    assert [len(bench.ledger(i)) for i in ids] == [1] * 6
    assert (len(bench.server.batches), bench.server.paid) == (1, 6)


def test_a_batch_of_a_living_process_is_left_to_it(bench: Bench) -> None:
    bench.server.batch_delay_s = 0.4
    one = bench.client()
    first = bench.ask(one, "d_1")
    wait_for(lambda: bench.states.unfinished() != [])
    second = bench.ask(bench.client(), "d_2")
    assert first.result(20).is_answer
    assert second.result(20).is_answer
    assert [len(bench.ledger(i)) for i in ("d_1", "d_2")] == [1, 1]
    assert (len(bench.server.batches), bench.server.paid) == (2, 2)


def test_a_refused_key_fails_who_waits_and_keeps_a_batch_that_is_under_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id, batch_id = bench.submit("d_1")
    bench.leave("d_1", input_file_id=file_id, batch_id=batch_id)
    bench.server.required_key = "right"
    monkeypatch.setenv("MOCK_KEY", "wrong-key")
    with pytest.raises(CallError, match=r"http_401.*ab12\.json.*Check the key in MOCK_KEY"):
        bench.ask(bench.client(api_key_env="MOCK_KEY"), "d_1").result(20)
    assert bench.states.unfinished() == ["ab12"]
    monkeypatch.setenv("MOCK_KEY", "right")
    assert bench.ask(bench.client(api_key_env="MOCK_KEY"), "d_1").result(20).is_answer
    assert bench.server.paid == 1


def test_a_refused_upload_leaves_no_state_and_names_what_to_do(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.server.required_key = "right"
    monkeypatch.setenv("MOCK_KEY", "wrong-key")
    with pytest.raises(CallError, match="Check the key in MOCK_KEY") as caught:
        bench.ask(bench.client(api_key_env="MOCK_KEY"), "d_1").result(20)
    assert "wrong-key" not in str(caught.value)
    assert bench.states.unfinished() == []
    monkeypatch.delenv("MOCK_KEY")
    with pytest.raises(CallError, match="export MOCK_KEY="):
        bench.ask(bench.client(api_key_env="MOCK_KEY"), "d_1").result(20)


def test_a_server_that_is_not_there_fails_the_jobs_instead_of_hanging_them(
    bench: Bench,
) -> None:
    client = bench.client(base_url="http://127.0.0.1:9/v1", max_attempts=2)
    with pytest.raises(CallError, match="connection"):
        bench.ask(client, "d_1").result(20)
    assert bench.states.unfinished() == []


def test_a_state_file_that_is_none_is_named(bench: Bench) -> None:
    bench.states.folder.mkdir(parents=True)
    bench.states.path("odd").write_text('{"uuid": 1')
    with pytest.raises(CallError, match=r"odd\.json is not the state of a batch"):
        bench.ask(bench.client(), "d_1").result(20)
    assert bench.server.batches == []


def test_a_state_is_read_as_it_was_written(bench: Bench) -> None:
    state = bench.leave("d_1", "d_2", input_file_id="file-1")
    assert bench.states.read("ab12") == state
    assert bench.states.read("cd34") is None
    json.loads(bench.states.path("ab12").read_text())


def test_a_locked_batch_can_be_locked_again_only_after_it_was_let_go(bench: Bench) -> None:
    held = bench.states.try_lock("ab12")
    assert held is not None
    assert bench.states.try_lock("ab12") is None
    held.close()
    assert bench.states.try_lock("ab12") is not None


def test_a_budget_holds_for_batches_too(bench: Bench) -> None:
    client = BatchClient(bench.endpoint, bench.layout, Budget(bench.layout, Limit(calls=2)))
    asked = [bench.ask(client, f"d_{n}") for n in range(3)]
    errors = [future.exception(20) for future in asked]
    assert sorted(type(error).__name__ for error in errors) == [
        "BudgetError",
        "NoneType",
        "NoneType",
    ]
    assert bench.server.paid == 2
