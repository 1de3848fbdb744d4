"""Every kind of provider x every hostile answer: what is kept, what was paid, what is said.

Each case goes through the real client over a socket, in all eight dialects of ``docs/endpoints.md``
at once, and is judged by the line that is on disk afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model
from daydream.experiment.settings import Limit, Settings
from daydream.llm.batch.api import Status
from daydream.llm.batch.results import Json, outcome_of, read_results
from daydream.llm.batch.state import BatchState, Line
from daydream.llm.budget import Budget
from daydream.llm.client import Client
from daydream.llm.json_text import load_json
from daydream.store.finish_reason import ending_of
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt, Ledger, read_attempts
from tests.support.asking import ask, model
from tests.support.hostile_answers import (
    CASES,
    COST,
    ENDLESS,
    KEY,
    PRICES,
    Expected,
    Hostile,
    Provider,
)
from tests.support.provider_dialects import DIALECTS
from tests.support.raw_server import Speak, raw_server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "endpoints.md"
EXAMPLES = dict(re.findall(r"## ([^\n]+)\n.*?```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL))
DONE = Status("batch_1", "completed", 1, "file_1", None, 7.0, "")
OF_THE_WIRE = frozenset((*ENDLESS, "no gzip", "broken chunks", "error with broken chunks"))
PATIENCE_S, SHORT_S = 30.0, 0.4  # the short one for what never ends


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Provider]]:
    """One of each kind, as its example configures it, with a client of its own."""
    with ExitStack() as stack:
        found = [_provider(name, example, stack) for name, example in EXAMPLES.items()]
        yield found


def _provider(name: str, example: str, stack: ExitStack) -> Provider:
    (body,) = yaml.safe_load(example)["endpoints"].values()
    body |= {"timeout_s": PATIENCE_S, "max_attempts": 1, "deadline_s": 60}
    provider = Provider(name, DIALECTS[name], Endpoint("it"))
    port = stack.enter_context(raw_server(provider.respond))
    place = urlsplit(body["base_url"])
    body["base_url"] = place._replace(scheme="http", netloc=f"127.0.0.1:{port}").geturl()
    settings = Settings.from_config({"endpoints": {"it": body}, "default_endpoint": "it"})
    provider.endpoint = settings.endpoints["it"]
    return provider


@pytest.fixture
def all_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for example in EXAMPLES.values():
        for variable in re.findall(r"api_key_env: (\w+)", example):
            monkeypatch.setenv(variable, KEY)


@pytest.mark.usefixtures("all_keys")
@pytest.mark.parametrize("name", CASES)
def test_every_dialect_keeps_counts_and_tells(
    name: str, providers: list[Provider], tmp_path: Path
) -> None:
    with ThreadPoolExecutor(len(providers)) as pool:
        case = partial(_trouble, CASES[name], root=tmp_path, is_slow=name in ENDLESS)
        wrong = list(pool.map(case, providers))
    assert not any(wrong), "\n".join(filter(None, wrong))


def test_a_line_of_a_batch_comes_to_what_the_call_would_have() -> None:
    line = Line("draft", "d_1", "f", "m", {}, 1, price_in=1.0, price_out=10.0)
    wrong, count = [], 0
    for (name, dialect), (case, hostile) in product(DIALECTS.items(), CASES.items()):
        provider = Provider(name, dialect, Endpoint("it", api_key_env="MOCK_KEY"))
        speak, expected = hostile(provider) if case not in OF_THE_WIRE else (None, None)
        if speak is None or expected is None or (result := _line(speak)) is None:
            continue
        tags = "<thought>" if name == "Google" else ""
        state = BatchState("u", "2026-01-01T00:00:00+00:00", (line,))
        attempt = outcome_of(
            replace(line, thinking_tags=tags), result, DONE, state, provider.endpoint
        ).attempt
        told = attempt.error or {"kind": "answer", "message": ""}
        cost = expected.cost and expected.cost / 2
        count += 1
        if (
            not told["kind"].startswith(expected.kind)
            or attempt.cost_usd != pytest.approx(cost)
            or (expected.kind == "answer" and attempt.text != expected.text)
            or expected.words not in told["message"]
        ):
            wrong.append(f"{name}, {case}: {attempt}"[:500])
    assert not wrong, "\n".join(wrong)
    assert count > 400


def _line(speak: Speak) -> Json | None:
    """What a response that is JSON would be as a line of a batch; None for any other."""
    sent = _Sent()
    speak(sent)  # type: ignore[arg-type]
    head, _, body = sent.content.partition(b"\r\n\r\n")
    content = load_json(body.decode("utf-8", "replace"))
    if content is None or not head.startswith(b"HTTP"):
        return None
    response = {"status_code": int(head.split()[1]), "body": content}
    return read_results(json.dumps({"custom_id": "d_1", "response": response})).get("d_1")


class _Sent:
    """Takes what a provider sends."""

    content = b""

    def sendall(self, data: bytes) -> None:
        self.content += data


def _trouble(hostile: Hostile, provider: Provider, root: Path, is_slow: bool) -> str:
    """What is wrong with how a dialect's hostile answer was taken; blank when nothing is."""
    place = root / str(provider.endpoint.base_url).split(":")[2][:5]
    provider.speak, expected = hostile(provider)
    before = provider.received
    limit = Limit(usd=1.0)
    patience = SHORT_S if is_slow else PATIENCE_S
    endpoint = replace(provider.endpoint, timeout_s=patience)
    client = Client(endpoint, Budget(Layout(str(place)), limit))
    provider.first = provider.first or client
    # A client reads certificates for 20 ms; breaker and limits are those of this case.
    client._openai = provider.first._connection()
    client._connected_to = provider.first._connected_to
    with Ledger.open(str(place / "gen")) as ledger:
        done = ask(client, of=_model(provider), record=ledger.append)
    lines = read_attempts(str(place / "gen"))
    spent = json.loads((place / "budget" / "spent.json").read_text())["spent"]
    checks = _checks(expected, lines, done.error, spent, place, provider.has_key)
    checks["one call"] = provider.received - before == 1
    checks["in time"] = done.seconds < patience + 5
    failed = [check for check, holds in checks.items() if not holds]
    told = [(a.outcome, a.text, a.reasoning, a.finish_reason, a.cost_usd, a.error) for a in lines]
    return f"{provider.name}: {failed}: {done.error} {spent} {told}"[:600] if failed else ""


def _model(provider: Provider) -> Model:
    tags = "<thought>" if provider.name == "Google" else ""
    return model(**PRICES, thinking_tags=tags)


def _checks(
    expected: Expected,
    lines: list[Attempt],
    error: str,
    spent: dict[str, Any],
    place: Path,
    has_key: bool,
) -> dict[str, bool]:
    if len(lines) != 1:
        return {f"one line, not {len(lines)}": False}
    (line,) = lines
    kind = "answer" if line.is_answer else str((line.error or {}).get("kind"))
    kept = (place / "gen" / "attempts.jsonl").read_text()
    taken = pytest.approx(expected.cost)
    is_reserved = spent["usd"] > COST  # what the call could have taken
    checks = {
        "kind": kind.startswith(expected.kind),
        "cost": line.cost_usd == taken,
        "spent": is_reserved if expected.cost is None else spent["usd"] == taken,
        "no key": "canary" not in error + kept or not has_key,
        "no traceback": "Traceback" not in error and "Error(" not in error,
        "one message": len(error) < 1500,
    }
    if expected.kind == "answer":
        return checks | {
            "text": line.text == expected.text,
            "thought": expected.thought == (line.reasoning or ""),
            "ending": ending_of(line.finish_reason) == expected.ending,
            "no error": not error,
        }
    return checks | {
        "words": expected.words in error,
        "who": error.startswith(f"lab/writer at {line.endpoint}: {kind}: "),
        "what to do": error.rstrip().endswith("."),
    }
