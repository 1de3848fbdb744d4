"""The mock server behaves like a provider, as seen by the openai client and by raw HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import openai
import pytest
from openai.types.chat import ChatCompletion

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import ROOT


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.fixture
def client(server: MockServer) -> Iterator[openai.OpenAI]:
    with connect(server) as connected:
        yield connected


def connect(server: MockServer, **options: Any) -> openai.OpenAI:
    settings: dict[str, Any] = {"api_key": "key", "max_retries": 0, "timeout": 5} | options
    return openai.OpenAI(base_url=server.base_url, **settings)


def ask(client: openai.OpenAI, prompt: str, model: str = "m", **options: Any) -> ChatCompletion:
    messages: Any = [{"role": "system", "content": "sys"}, {"role": "user", "content": prompt}]
    answer: ChatCompletion = client.chat.completions.create(
        model=model, messages=messages, **options
    )
    return answer


def say(client: openai.OpenAI, prompt: str, model: str = "m", **options: Any) -> str | None:
    return ask(client, prompt, model, **options).choices[0].message.content


def post(server: MockServer, prompt: str = "p") -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}]}
    connection.request("POST", "/v1/chat/completions", json.dumps(body))
    response = connection.getresponse()
    try:
        return response, response.read()
    finally:
        connection.close()


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_same_prompt_and_model_get_the_same_answer_and_others_another(
    client: openai.OpenAI,
) -> None:
    first = say(client, "one")
    assert say(client, "one") == first
    assert say(client, "two") != first
    assert say(client, "one", model="n") != first


def test_the_default_answer_has_the_parts_a_draft_parser_looks_for(client: openai.OpenAI) -> None:
    text = say(client, "dream") or ""
    assert len(text.splitlines()) == 6
    for part in ('<essay-idea stage="1">', '<essay-idea stage="2">', "</essay-idea>", "</essay>"):
        assert part in text


def test_a_prompt_with_score_gets_a_score_and_a_json_schema_gets_the_same_one_as_json(
    client: openai.OpenAI,
) -> None:
    plain = say(client, "End with SCORE: n") or ""
    schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {}}}
    as_json = json.loads(say(client, "End with SCORE: n", response_format=schema) or "")
    assert plain.splitlines()[-1] == f"SCORE: {as_json['score']}"
    assert 0 <= as_json["score"] <= 9
    assert "SCORE" not in (say(client, "no score here") or "")


def test_max_tokens_cuts_the_answer_and_says_so(client: openai.OpenAI) -> None:
    whole, cut = ask(client, "p"), ask(client, "p", max_tokens=7)
    text = cut.choices[0].message.content or ""
    assert cut.choices[0].finish_reason == "length"
    assert len(text.split()) == 7 == (cut.usage.completion_tokens if cut.usage else None)
    assert (whole.choices[0].message.content or "").startswith(text)
    assert whole.choices[0].finish_reason == "stop"


def test_calls_are_kept_in_order_with_what_was_sent(
    server: MockServer, client: openai.OpenAI
) -> None:
    ask(client, "first", model="a/b", temperature=0.5)
    ask(client, "second")
    one, two = server.calls
    assert (one.prompt, one.model, one.body["temperature"]) == ("first", "a/b", 0.5)
    assert (one.authorization, one.status, one.via) == ("Bearer key", 200, "chat")
    assert two.prompt == "second" and two.at >= one.at
    assert server.paid == 2 and server.paid_by_prompt == {"first": 1, "second": 1}


def test_reset_forgets_the_calls_and_keeps_the_rules(
    server: MockServer, client: openai.OpenAI
) -> None:
    server.answer(containing="x", with_="fixed")
    server.answer(containing="x", model="n", with_=lambda prompt, model: f"{model} on {prompt}")
    assert (say(client, "xy"), say(client, "xy", model="n")) == ("fixed", "n on xy")
    server.reset()
    assert (server.calls, server.paid, server.max_in_flight) == ([], 0, 0)
    assert say(client, "xy") == "fixed"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (402, openai.APIStatusError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_a_status_fault_is_the_error_of_that_status_and_is_not_paid(
    server: MockServer, client: openai.OpenAI, code: int, error: type[openai.APIStatusError]
) -> None:
    server.fault(Fault.status(code, message="no luck"))
    with pytest.raises(error, match="no luck") as caught:
        ask(client, "p")
    assert caught.value.status_code == code
    assert (server.calls[0].status, server.calls[0].fault) == (code, f"status {code}")
    assert server.paid == 0


def test_the_client_of_openai_retries_through_the_faults_and_pays_once(server: MockServer) -> None:
    server.fault(Fault.close())
    server.fault(Fault.status(429, retry_after=0.02), times=2)
    with connect(server, max_retries=3) as client:
        assert say(client, "p")
    assert [call.status for call in server.calls] == [0, 429, 429, 200]
    assert (server.paid, server.refused) == (1, 2)


def test_a_fault_hits_only_what_it_names(server: MockServer, client: openai.OpenAI) -> None:
    server.fault(Fault.empty_content(), containing="bad", model="n", times=None)
    assert say(client, "bad") and say(client, "good", model="n")
    assert [say(client, "bad", model="n") for _ in range(3)] == ["", "", ""]


def test_an_answer_that_is_used_up_is_not_used_up_by_a_refusal(
    server: MockServer, client: openai.OpenAI
) -> None:
    server.answer(with_="only once", times=1)
    server.fault(Fault.status(500))
    with pytest.raises(openai.InternalServerError):
        ask(client, "p")
    assert say(client, "p") == "only once" != say(client, "p")


def test_retry_after_can_be_a_date(server: MockServer) -> None:
    server.fault(Fault.status(503, retry_after=30, as_date=True))
    response, _ = post(server)
    date = parsedate_to_datetime(response.headers["Retry-After"])
    assert 28 < date.timestamp() - time.time() <= 31


def test_spoiled_answers_arrive_as_they_are_named(
    server: MockServer, client: openai.OpenAI
) -> None:
    faults = [Fault.null_content(), Fault.content_filter(), Fault.length(), Fault.no_usage()]
    for fault in [*faults, Fault.wrong_model("other"), Fault.think("hm"), Fault.error_in_200()]:
        server.fault(fault)
    null, filtered, cut, free, other, think, failed = (ask(client, "p") for _ in range(7))
    assert null.choices[0].message.content is None
    assert filtered.choices[0].finish_reason == "content_filter"
    assert cut.choices[0].finish_reason == "length" and cut.choices[0].message.content
    assert free.usage is None and other.model == "other"
    assert (think.choices[0].message.content or "").startswith("<think>hm</think>\nA daydream")
    assert not failed.choices and failed.model_extra and failed.model_extra["error"]["code"] == 502
    assert [call.paid for call in server.calls] == [False, False, True, True, True, True, False]


def test_reasoning_stands_beside_the_content(server: MockServer, client: openai.OpenAI) -> None:
    server.fault(Fault.reasoning("reasoning_content", "because"))
    message = ask(client, "p").choices[0].message
    assert message.content and (message.model_extra or {})["reasoning_content"] == "because"


def test_bodies_that_are_no_json_are_sent_with_status_200(server: MockServer) -> None:
    server.fault(Fault.not_json())
    server.fault(Fault.empty_body())
    page, html = post(server)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html")
    assert html.startswith(b"<html>")
    assert post(server)[1] == b"" and server.paid == 0


def test_a_connection_can_end_in_the_middle_of_an_answer(server: MockServer) -> None:
    server.fault(Fault.close(midway=True))
    with pytest.raises(http.client.IncompleteRead) as caught:
        post(server)
    assert caught.value.partial.startswith(b'{"id"')
    assert (server.calls[0].status, server.paid) == (0, 0)


def test_a_client_that_gives_up_is_seen_to_have_left_and_pays_nothing(server: MockServer) -> None:
    server.fault(Fault.hang())
    server.fault(Fault.slow(60))
    with connect(server, timeout=0.05) as client:
        for _ in range(2):
            with pytest.raises(openai.APITimeoutError):
                ask(client, "p")
    eventually(lambda: server.abandoned == 2)
    assert [call.status for call in server.calls] == [499, 499]
    assert (server.paid, server.in_flight) == (0, 0)


def test_a_server_stops_at_once_although_a_client_is_waiting() -> None:
    with ThreadPoolExecutor() as pool:
        with MockServer(latency_s=60) as server:
            waiting = pool.submit(post, server)
            eventually(lambda: server.in_flight == 1)
            leaving = time.monotonic()
        assert time.monotonic() - leaving < 2
        with pytest.raises((http.client.HTTPException, OSError)):
            waiting.result()


def test_simultaneous_calls_overlap_and_are_counted() -> None:
    async def burst(server: MockServer) -> None:
        body = {"model": "m", "messages": [{"role": "user", "content": "p"}]}
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            url = f"{server.base_url}/chat/completions"
            answers = await asyncio.gather(*(session.post(url, json=body) for _ in range(50)))
            assert {answer.status for answer in answers} == {200}

    with MockServer(latency_s=0.3) as server:
        start = time.monotonic()
        asyncio.run(burst(server))
        assert 0.3 <= time.monotonic() - start < 3
        assert server.max_in_flight == 50 == server.paid


def test_over_the_rate_limit_a_429_says_when_to_come_back(server: MockServer) -> None:
    server.rate_limit(requests_per_minute=600, burst=2)
    responses = [post(server)[0] for _ in range(3)]
    assert [response.status for response in responses] == [200, 200, 429]
    assert responses[0].headers["x-ratelimit-remaining-requests"] == "1"
    wait = float(responses[2].headers["Retry-After"])
    assert 0 < wait <= 0.1 and server.refused == 1
    time.sleep(wait + 0.01)
    assert post(server)[0].status == 200


def test_a_wrong_key_is_refused_everywhere() -> None:
    with MockServer(required_key="right") as server:
        with connect(server) as wrong:
            for request in (lambda: ask(wrong, "p"), wrong.models.list, wrong.batches.list):
                with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
                    request()
        with connect(server, api_key="right") as right:
            assert say(right, "p")
        assert [call.status for call in server.calls] == [401, 200]


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["mock/one", "mock/two"]


def submit(client: openai.OpenAI, prompts: list[str], **options: Any) -> str:
    lines = (
        {
            "custom_id": f"id-{prompt}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": [{"role": "user", "content": prompt}]},
        }
        for prompt in prompts
    )
    content = "\n".join(json.dumps(line) for line in lines).encode()
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    assert client.files.retrieve(file.id).bytes == len(content)
    batch = client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        **options,
    )
    assert batch.status == "validating"
    return batch.id


def results(client: openai.OpenAI, file_id: str | None) -> dict[str, Any]:
    assert file_id
    lines = map(json.loads, client.files.content(file_id).text.splitlines())
    return {line["custom_id"]: line for line in lines}


def test_a_batch_answers_as_single_calls_do_and_puts_faults_into_its_error_file(
    server: MockServer, client: openai.OpenAI
) -> None:
    server.fault(Fault.status(500), containing="b", times=None)
    server.fault(Fault.close(), containing="c")
    number = submit(client, ["a", "b", "c", "d"], metadata={"run": "1"})
    eventually(lambda: client.batches.retrieve(number).status == "completed")
    batch = client.batches.retrieve(number)
    good, bad = results(client, batch.output_file_id), results(client, batch.error_file_id)
    body = good["id-a"]["response"]["body"]
    assert list(good) == ["id-d", "id-a"]
    assert body["choices"][0]["message"]["content"] == say(client, "a")
    assert bad["id-b"]["response"]["status_code"] == 500 and bad["id-c"]["response"] is None
    assert batch.request_counts and batch.request_counts.failed == 2
    assert batch.metadata == {"run": "1"} and server.batches[0].lines == 4
    assert [(call.via, call.paid) for call in server.calls] == [
        ("batch", True),
        ("batch", False),
        ("batch", False),
        ("batch", True),
        ("chat", True),
    ]


def test_a_batch_takes_its_time_and_a_cancelled_one_is_not_paid(
    server: MockServer, client: openai.OpenAI
) -> None:
    server.batch_delay_s = 0.4
    kept, dropped = submit(client, ["a"]), submit(client, ["b"])
    eventually(lambda: client.batches.retrieve(dropped).status == "in_progress")
    assert client.batches.cancel(dropped).status == "cancelling"
    eventually(lambda: client.batches.retrieve(dropped).status == "cancelled")
    assert client.batches.retrieve(kept).status == "in_progress" and server.paid == 0
    eventually(lambda: client.batches.retrieve(kept).status == "completed")
    assert server.paid_by_prompt == {"a": 1}
    assert [batch.id for batch in client.batches.list(limit=1)] == [dropped, kept]


def test_an_expired_batch_keeps_what_was_answered(
    server: MockServer, client: openai.OpenAI
) -> None:
    server.batch_expires_after = 1
    number = submit(client, ["a", "b"])
    eventually(lambda: client.batches.retrieve(number).status == "expired")
    batch = client.batches.retrieve(number)
    assert list(results(client, batch.output_file_id)) == ["id-a"]
    error = results(client, batch.error_file_id)["id-b"]["error"]
    assert error["code"] == "batch_expired" and server.paid == 1


def test_a_batch_with_the_same_id_twice_fails_before_it_costs(
    server: MockServer, client: openai.OpenAI
) -> None:
    number = submit(client, ["a", "a"])
    eventually(lambda: client.batches.retrieve(number).status == "failed")
    errors = client.batches.retrieve(number).errors
    assert errors and errors.data and errors.data[0].code == "duplicate_custom_id"
    assert errors.data[0].line == 2 and server.paid == 0


def test_as_a_process_it_says_where_it_is_and_counts() -> None:
    command = [sys.executable, "-m", "tests.support.mock_server", "--latency", "0.1"]
    root = ROOT
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            ready, url = process.stdout.readline().split()
            with openai.OpenAI(base_url=url, api_key="key") as client:
                assert ready == "READY" and say(client, "p")
            stats = url.replace("/v1", "/stats")
            with urllib.request.urlopen(stats) as response:
                counts = json.load(response)
            assert (counts["calls"], counts["paid"], counts["max_in_flight"]) == (1, 1, 1)
            reset = urllib.request.Request(url.replace("/v1", "/reset"), method="POST")
            with urllib.request.urlopen(reset) as response:
                assert json.load(response)["calls"] == 0
        finally:
            process.terminate()
