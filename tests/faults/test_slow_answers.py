"""Limits on time and size hold for every byte of every response, and each ends in the ledger."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from daydream.experiment.endpoint import Endpoint
from daydream.llm.batch.api import BatchApi
from daydream.llm.exchange import MAX_ANSWER_BYTES
from daydream.llm.faults import Fault
from tests.support.asking import Outcome, ask, client_of
from tests.support.mock_server import MockServer
from tests.support.raw_server import Speak, dripping, once, raw_server, stalling

TIMEOUT_S = 1.0
CHUNKED = b"\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b" " * 500_000_000, 1)


def told(speak: Speak, server: MockServer, root: Path, timeout_s: float = TIMEOUT_S) -> Outcome:
    with raw_server(speak) as port:
        server.port = port
        return ask(client_of(server, root, timeout_s=timeout_s, max_attempts=1))


@pytest.mark.parametrize(
    ("speak", "kind"),
    [
        (dripping(b"HTTP/1.1 500 Bad" + CHUNKED, b"1\r\nx\r\n"), "http_500"),
        (dripping(b"HTTP/1.1 200 OK" + CHUNKED, b"1\r\n \r\n"), "timeout"),
        (dripping(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"), "timeout"),
        (dripping(b"", b"H"), "timeout"),
        (stalling(b"HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nhm"), "http_400"),
        (stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhm"), "timeout"),
        (stalling(b"HTTP/1.1 200 OK\r\n"), "timeout"),
        (once(b"HTTP/1.1 400 Bad" + CHUNKED + b"zz\r\nhm"), "http_400"),
        (once(b"HTTP/1.1 500 Bad\r\nContent-Encoding: gzip\r\n\r\nhmhm"), "http_500"),
        (once(b"HTTP/1.1 400 Bad\r\nContent-Length: 400\r\n\r\nhm"), "http_400"),
        (once(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nhmhm"), "connection"),
        (once(b"HTTP/1.1 500 Bad\r\nContent-Encoding: gzip\r\n\r\n" + BOMB), "http_500"),
        (once(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + BOMB), "too_large"),
        (once(b"hm"), "connection"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_response_outlives_its_time_or_is_lost(
    speak: Speak, kind: str, server: MockServer, tmp_path: Path
) -> None:
    patience = 20.0 if kind == "too_large" else TIMEOUT_S
    done = told(speak, server, tmp_path, patience)
    assert done.told == [kind]
    assert done.seconds < patience + 2
    assert kind in done.error


def test_a_status_is_kept_though_its_body_breaks_off(server: MockServer, tmp_path: Path) -> None:
    body = b'HTTP/1.1 403 No\r\nContent-Length: 999\r\n\r\n{"error": {"message": "Ask Bob."'
    done = told(once(body), server, tmp_path)
    assert done.attempts[0].error and done.attempts[0].error["status"] == 403
    assert "Ask Bob." in done.error and "broke off" in done.error


def test_an_answer_of_50_mb_is_kept_and_one_beyond_the_limit_is_an_error(
    server: MockServer, tmp_path: Path
) -> None:
    server.answer(with_="x" * 50_000_000, containing="Much")
    server.answer(with_="x" * (MAX_ANSWER_BYTES + 1), containing="Too much")
    client = client_of(server, tmp_path, max_attempts=3)
    kept = ask(client, "Much.", max_tokens=10**9)
    assert kept.error == "" and len(kept.text or "") == 50_000_000
    assert ask(client, "Too much.", max_tokens=10**9).told == ["too_large"]


def test_a_batch_that_is_polled_has_the_same_limits() -> None:
    with raw_server(dripping(b"HTTP/1.1 200 OK" + CHUNKED, b"1\r\n \r\n")) as port:
        url = f"http://127.0.0.1:{port}/v1"
        api = BatchApi(Endpoint("mock", base_url=url, timeout_s=TIMEOUT_S))
        with pytest.raises(Fault) as caught:
            api.look("b")
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"error": {"message": "No such batch.", "code": 404}}, "http_404", "No such batch."),
        ({"error": "Boom."}, "http_500", "Boom."),
        ({"error": {"message": "Pay.", "code": "insufficient_quota"}}, "insufficient_quota", "Pay"),
        ({"ok": True}, "not_understood", "no batch"),
        ({"id": "b", "status": "napping"}, "batch_state", "napping"),
    ],
)
def test_a_200_that_is_no_batch_is_told_in_its_own_words(
    body: dict[str, object], kind: str, words: str
) -> None:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content) + 3}\r\n\r\n".encode()
    with raw_server(once(head + b"\xef\xbb\xbf" + content)) as port:
        api = BatchApi(Endpoint("mock", base_url=f"http://127.0.0.1:{port}/v1"))
        with pytest.raises(Fault) as caught:
            api.look("b")
    assert caught.value.kind == kind and words in caught.value.message
