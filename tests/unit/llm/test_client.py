"""A call is tried again when that can help, and every attempt is told, one by one."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daydream.errors import CallError
from daydream.experiment.model import Prices
from daydream.llm import client as client_module
from daydream.llm.attempt import Call, attempt_of
from daydream.llm.client import pause
from daydream.llm.faults import Fault as Failure
from tests.support.asking import Outcome, ask, ask_all, client_of, model, numbered
from tests.support.mock_server import Fault, MockServer

KEY = "sk-0a1b-not-to-be-written-down"
PRICED = model(price_in=1.0, price_out=10.0)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE_S", 0.005)


# What passes is tried again

HEALING = {
    "http_500": Fault.status(500, message="The cooks are out."),
    "http_502": Fault.status(502),
    "http_503": Fault.status(503),
    "http_529": Fault.status(529),
    "http_408": Fault.status(408),
    "http_409": Fault.status(409),
    "connection": Fault.close(),
    "connection midway": Fault.close(midway=True),
    "not_json": Fault.not_json(),
    "empty_body": Fault.empty_body(),
    "empty_answer": Fault.empty_content(),
    "empty_answer null": Fault.null_content(),
    "http_502 in 200": Fault.error_in_200(502, "The upstream model failed."),
    "timeout": Fault.slow(5),
    "timeout hang": Fault.hang(),
}


@pytest.mark.parametrize("name", HEALING)
def test_what_passes_is_asked_once_more_and_both_attempts_are_told(
    name: str, server: MockServer, tmp_path: Path
) -> None:
    kind = name.split()[0]
    server.fault(HEALING[name])
    client = client_of(server, tmp_path, timeout_s=0.3)
    done = ask(client)
    assert done.told == [kind, "answer"]
    assert [attempt.attempt for attempt in done.attempts] == [1, 2]
    assert (server.received, server.paid) == (2, 1)
    failed, answered = done.attempts
    assert failed.error and failed.error["message"] and not failed.text
    assert failed.error.get("status") == (int(kind[5:]) if kind.startswith("http_") else None)
    assert answered.error is None and answered.text
    assert failed.fingerprint == answered.fingerprint


def test_attempts_tell_when_they_were_made_how_long_they_took_and_what_was_asked(
    server: MockServer, tmp_path: Path
) -> None:
    server.latency_s = 0.1
    before = datetime.now(UTC).replace(microsecond=0)
    (attempt,) = ask(client_of(server, tmp_path), max_tokens=77).attempts
    assert before <= datetime.fromisoformat(attempt.at) <= datetime.now(UTC)
    assert 0.1 <= attempt.latency_s < 2
    assert attempt.parameters == {"max_tokens": 77, "temperature": 0.0}
    assert (attempt.endpoint, attempt.model, attempt.replicate) == ("mock", "lab/writer", 1)


def test_a_failure_is_told_in_the_words_and_with_the_status_of_the_provider(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.status(500, message="The cooks are out."))
    server.fault(Fault.error_in_200(503, "Nobody home."))
    errors = [attempt.error for attempt in ask(client_of(server, tmp_path)).attempts]
    assert errors == [
        {"kind": "http_500", "message": "The cooks are out.", "status": 500},
        {"kind": "http_503", "message": "Nobody home.", "status": 503},
        None,
    ]


def test_an_answer_without_text_that_was_billed_counts_as_spent(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.empty_content())
    failed, answered = ask(client_of(server, tmp_path), "One two three.", PRICED).attempts
    assert failed.usage == answered.usage
    assert failed.usage["prompt_tokens"] == 3
    words = answered.usage["completion_tokens"]
    assert failed.cost_usd == answered.cost_usd == pytest.approx((3 + 10 * words) / 1e6)


def test_a_call_that_never_reached_a_model_costs_nothing(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.status(500))
    failed = ask(client_of(server, tmp_path), of=PRICED).attempts[0]
    assert (failed.cost_usd, failed.usage) == (0.0, {})


def test_it_ends_after_max_attempts(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.status(500, message="The cooks are out."), times=None)
    done = ask(client_of(server, tmp_path, max_attempts=3))
    assert done.told == ["http_500"] * 3
    assert server.received == 3
    assert "lab/writer at mock" in done.error
    assert "The cooks are out" in done.error and "3 attempts" in done.error


def test_one_attempt_means_one_call(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.close(), times=None)
    assert ask(client_of(server, tmp_path, max_attempts=1)).told == ["connection"]
    assert server.received == 1


def test_it_ends_when_the_deadline_would_be_missed(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.status(503, retry_after=30), times=None)
    done = ask(client_of(server, tmp_path, deadline_s=2.0))
    assert done.told == ["http_503"] and server.received == 1
    assert done.seconds < 1


def test_the_deadline_is_of_all_attempts_together(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.slow(5.0), times=None)
    done = ask(client_of(server, tmp_path, timeout_s=0.1, deadline_s=0.5, max_attempts=999))
    assert 2 <= server.received <= 8
    assert 0.3 < done.seconds < 1.0 and "timeout" in done.error


@pytest.mark.parametrize(("as_date", "seconds"), [(False, 0.4), (True, 1.0)])
def test_retry_after_is_obeyed_as_seconds_and_as_a_date(
    as_date: bool, seconds: float, server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.status(503, retry_after=seconds, as_date=as_date))
    ask(client_of(server, tmp_path))
    first, second = (call.at for call in server.calls)
    assert seconds <= second - first < seconds + 1.5


def test_nothing_behind_our_back_tries_again(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.status(500), containing="Question 3.", times=None)
    done = ask_all(client_of(server, tmp_path, max_attempts=2), numbered(8))
    assert server.received == sum(len(outcome.attempts) for outcome in done) == 7 + 2


# What does not pass is told at once

FINAL = (400, 401, 402, 403, 404, 413, 422)


@pytest.mark.parametrize("status", FINAL)
def test_what_does_not_pass_is_asked_exactly_once(
    status: int, server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.status(status, message=f"This is why: {status}."), times=None)
    done = ask(client_of(server, tmp_path))
    assert server.received == 1
    _assert_refused(done, f"http_{status}", f"This is why: {status}")
    assert "attempts" not in done.error


def test_an_error_in_a_200_response_that_does_not_pass_is_final_too(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.error_in_200(402, "No credits left."), times=None)
    _assert_refused(ask(client_of(server, tmp_path)), "http_402", "No credits left")
    assert server.received == 1


def test_a_content_filter_is_final_too(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.content_filter(), times=None)
    _assert_refused(ask(client_of(server, tmp_path)), "content_filter", "filter")
    assert server.received == 1


def _assert_refused(done: Outcome, kind: str, words: str) -> None:
    assert done.told == [kind]
    assert done.attempts[0].error and words in done.attempts[0].error["message"]
    assert words in done.error and "lab/writer at mock" in done.error


def test_a_failure_of_one_call_leaves_the_others_alone(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.status(400), containing="Question 3.", times=None)
    done = ask_all(client_of(server, tmp_path), numbered(8))
    assert [bool(outcome.error) for outcome in done] == [n == 3 for n in range(8)]
    assert (server.received, server.paid) == (8, 7)


# Refusals (429)


def test_refusals_do_not_use_up_attempts(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.status(429, retry_after=0.02), times=5)
    done = ask(client_of(server, tmp_path, max_attempts=2))
    assert done.told == ["http_429"] * 5 + ["answer"]
    assert [attempt.attempt for attempt in done.attempts] == [1, 2, 3, 4, 5, 6]


def test_refusals_between_failures_do_not_use_up_attempts_either(
    server: MockServer, tmp_path: Path
) -> None:
    for status in (500, 429, 500, 429):
        server.fault(Fault.status(status, retry_after=0.02))
    assert ask(client_of(server, tmp_path, max_attempts=3)).told[-1] == "answer"
    assert server.received == 5


def test_refusals_end_at_the_deadline(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.status(429, retry_after=0.2, message="Too fast."), times=None)
    done = ask(client_of(server, tmp_path, deadline_s=0.7, max_attempts=1))
    assert 2 <= server.received <= 5
    assert done.seconds < 1.2 and "Too fast" in done.error


def test_after_a_refusal_without_a_time_a_second_passes(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.status(429))
    ask(client_of(server, tmp_path))
    first, second = (call.at for call in server.calls)
    assert 0.95 < second - first < 2


# The pause between two attempts


@pytest.mark.parametrize("attempt", [1, 2, 5, 9, 40])
def test_pauses_grow_and_are_spread_between_nothing_and_their_ceiling(
    attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE_S", 0.5)
    ceiling = min(60.0, 0.5 * 2 ** (attempt - 1))
    pauses = [pause(attempt, None) for _ in range(300)]
    assert 0 <= min(pauses) < 0.1 * ceiling
    assert 0.9 * ceiling < max(pauses) <= ceiling


def test_a_pause_is_never_shorter_than_the_provider_asks() -> None:
    assert all(pause(1, 7.0) >= 7.0 for _ in range(100))
    assert len({pause(1, 7.0) for _ in range(100)}) > 90


# What is kept of an answer


@pytest.mark.parametrize(
    "fault",
    [Fault.reasoning("reasoning"), Fault.reasoning("reasoning_content"), Fault.think()],
    ids=["reasoning", "reasoning_content", "think"],
)
def test_reasoning_is_kept_and_is_no_part_of_the_text(
    fault: Fault, server: MockServer, tmp_path: Path
) -> None:
    server.answer(with_="Only this.")
    server.fault(fault)
    (attempt,) = ask(client_of(server, tmp_path)).attempts
    assert (attempt.text, attempt.reasoning) == ("Only this.", "First I weigh both sides.")


def test_the_model_that_answered_is_told_beside_the_one_that_was_asked(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.wrong_model("cheaper/model"))
    (attempt,) = ask(client_of(server, tmp_path)).attempts
    assert (attempt.model, attempt.returned_model) == ("lab/writer", "cheaper/model")
    assert attempt.response_id and attempt.finish_reason == "stop"


def test_an_answer_without_usage_is_an_answer(server: MockServer, tmp_path: Path) -> None:
    server.fault(Fault.no_usage())
    done = ask(client_of(server, tmp_path))
    assert (done.told, done.attempts[0].usage) == (["answer"], {})


def test_the_cost_of_an_answer_without_usage_is_unknown_and_not_zero(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.no_usage())
    assert ask(client_of(server, tmp_path), of=PRICED).attempts[0].cost_usd is None


def test_an_answer_that_was_cut_off_is_paid_and_kept_and_not_asked_again(
    server: MockServer, tmp_path: Path
) -> None:
    server.fault(Fault.length())
    (attempt,) = ask(client_of(server, tmp_path)).attempts
    assert attempt.finish_reason == "length" and attempt.text
    assert server.received == 1


# What is sent


def test_key_headers_and_extra_body_of_the_endpoint_are_sent(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYDREAM_TEST_KEY", KEY)
    client = client_of(
        server,
        tmp_path,
        api_key_env="DAYDREAM_TEST_KEY",
        headers={"X-Title": "Ideas", "HTTP-Referer": "https://example.org"},
    )
    done = ask(client, "Ünïcode?", extra={"provider": {"order": ["a"]}}, max_tokens=12)
    (call,) = server.calls
    assert call.authorization == f"Bearer {KEY}"
    assert (call.headers["X-Title"], call.headers["HTTP-Referer"]) == (
        "Ideas",
        "https://example.org",
    )
    assert call.body == {
        "model": "lab/writer",
        "messages": [{"role": "user", "content": "Ünïcode?"}],
        "max_tokens": 12,
        "temperature": 0.0,
        "provider": {"order": ["a"]},
    }
    assert KEY not in repr(done)


def test_an_endpoint_without_a_key_is_sent_no_key_of_another(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ask(client_of(server, tmp_path))
    assert KEY not in repr(dict(server.calls[0].headers))


@pytest.mark.parametrize("value", [None, ""])
def test_a_key_that_is_not_set_is_named_and_nobody_is_called(
    value: str | None, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAYDREAM_TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("DAYDREAM_TEST_KEY", value)
    with pytest.raises(CallError, match="DAYDREAM_TEST_KEY is not set"):
        client_of(server, tmp_path, api_key_env="DAYDREAM_TEST_KEY")
    assert server.received == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault.status(401, message=f"Incorrect API key provided: {KEY}."),
        Fault.status(500, message=f"Cannot log in as {KEY}."),
        Fault.error_in_200(401, f"Incorrect API key provided: {KEY}."),
    ],
    ids=["401", "500", "200"],
)
def test_a_key_that_the_provider_repeats_is_not_told(
    fault: Fault, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYDREAM_TEST_KEY", KEY)
    server.fault(fault, times=None)
    done = ask(client_of(server, tmp_path, api_key_env="DAYDREAM_TEST_KEY", max_attempts=2))
    assert done.error and "***" in done.error
    assert KEY not in repr(done)


def test_all_threads_share_one_client(server: MockServer, tmp_path: Path) -> None:
    server.latency_s = 0.2
    began = time.monotonic()
    done = ask_all(client_of(server, tmp_path, max_concurrency=32), numbered(32), threads=32)
    assert time.monotonic() - began < 2
    assert len({outcome.text for outcome in done}) == 32
    assert server.max_in_flight > 16


# What was once wrong


@pytest.mark.parametrize("ending", ["\n", "\r\n", " "])
def test_a_key_with_a_blank_at_its_end_is_sent_without_and_never_told(
    ending: str, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYDREAM_TEST_KEY", KEY + ending)
    done = ask(client_of(server, tmp_path, api_key_env="DAYDREAM_TEST_KEY", max_attempts=1))
    assert KEY not in repr(done)
    assert server.calls[0].authorization == f"Bearer {KEY}"


def test_a_key_with_a_sign_that_no_header_can_hold_is_refused_by_name(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYDREAM_TEST_KEY", "sk-0a1b\N{HORIZONTAL ELLIPSIS}")
    with pytest.raises(CallError, match="DAYDREAM_TEST_KEY"):
        ask(client_of(server, tmp_path, api_key_env="DAYDREAM_TEST_KEY"))


def test_nobody_waits_at_a_closed_gate_beyond_the_deadline(
    server: MockServer, tmp_path: Path
) -> None:
    client = client_of(server, tmp_path, deadline_s=1.0)
    server.fault(Fault.status(429, retry_after=7200, message="Come back tomorrow."))
    assert ask(client).error
    second: list[Outcome] = []
    thread = threading.Thread(target=lambda: second.append(ask(client)), daemon=True)
    thread.start()
    thread.join(3)
    assert second and second[0].error


def test_a_refused_call_keeps_its_place_until_everybody_is_told(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(server, tmp_path, max_concurrency=1)
    server.fault(Fault.status(429, retry_after=1.0))
    refused = client.limiter.rate_limited

    def slowly(started: float, wait: float | None) -> None:
        time.sleep(0.3)
        refused(started, wait)

    monkeypatch.setattr(client.limiter, "rate_limited", slowly)
    ask_all(client, numbered(3))
    first, second, *_ = (call.at for call in server.calls)
    assert second - first > 1.0


def test_timeout_s_is_of_the_whole_attempt_however_slowly_bytes_drip(
    server: MockServer, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dripping:
        threading.Thread(target=_drip, args=(dripping,), daemon=True).start()
        server.port = dripping.getsockname()[1]
        done = ask(client_of(server, tmp_path, timeout_s=0.3, max_attempts=1))
    assert done.told == ["timeout"] and done.seconds < 1


def _drip(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    with connection, contextlib.suppress(OSError):  # the client leaves when its time is up
        for _ in range(20):
            connection.sendall(b"1\r\n \r\n")
            time.sleep(0.1)


def test_what_the_provider_billed_for_an_answer_without_text_is_told() -> None:
    billed = Failure("empty_answer", "no text", True, body={"usage": {"cost": 0.5}})
    call = Call("now", "f", "mock", "lab/m", {}, 1, 1, False, 0.1, Prices())
    assert attempt_of(call, billed).cost_usd == 0.5


def test_a_proxy_is_not_asked_for_a_server_on_this_machine(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert ask(client_of(server, tmp_path, max_attempts=1)).told == ["answer"]
