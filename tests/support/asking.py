"""Asking a mock server through the real client, from one thread or from many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model
from daydream.experiment.settings import Limit
from daydream.llm.budget import Budget
from daydream.llm.client import Client
from daydream.llm.request import Request
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt
from tests.support.mock_server import MockServer


@dataclass
class Outcome:
    """What came of one question."""

    attempts: list[Attempt] = field(default_factory=list)
    error: str = ""
    seconds: float = 0.0

    @property
    def text(self) -> str | None:
        return self.attempts[-1].text

    @property
    def told(self) -> list[str]:
        """The outcome of each attempt: ``answer``, or the kind of its failure."""
        return [a.error["kind"] if a.error else a.outcome for a in self.attempts]


def client_of(server: MockServer, root: Path, name: str = "mock", **settings: Any) -> Client:
    endpoint = Endpoint(name, base_url=server.base_url, **settings)
    client = Client(endpoint, Budget(Layout(str(root)), Limit()))
    client._connection()  # importing openai takes a second, which no timing below shall contain
    return client


def model(name: str = "writer", **columns: Any) -> Model:
    return Model(name, f"lab/{name}", name, True, True, "mock", **columns)


def ask(
    client: Client,
    prompt: str = "Hello.",
    of: Model | None = None,
    record: Callable[[Attempt], None] | None = None,
    **more: Any,
) -> Outcome:
    body = {"max_tokens": 100, "temperature": 0.0, "replicate": 1} | more
    request = Request(prompt, of or model(), client.endpoint.name, **body)
    outcome, began = Outcome(), time.monotonic()
    try:
        client.complete(request, record or outcome.attempts.append)
    except CallError as error:
        outcome.error = str(error)
    outcome.seconds = time.monotonic() - began
    return outcome


def ask_all(client: Client, prompts: Iterable[str], threads: int = 16) -> list[Outcome]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda prompt: ask(client, prompt), prompts))


def numbered(count: int) -> list[str]:
    return [f"Question {number}." for number in range(count)]
