"""Which answers of a ledger a generation may use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daydream.experiment.settings import StageSettings
from daydream.generation.cached_answers import cached_answers
from daydream.llm.request import Request
from daydream.store.files import write_json
from daydream.store.ledger import NAME, Attempt, Ledger
from tests.unit.llm.test_request import build


def answer(request: Request, text: str, finish: str | None = "stop", **more: Any) -> Attempt:
    fields: dict[str, Any] = {
        "at": "2026-01-01T00:00:00",
        "outcome": "answer",
        "fingerprint": request.fingerprint,
        "endpoint": request.endpoint,
        "model": request.model.model,
        "parameters": request.parameters,
        "replicate": 1,
        "finish_reason": finish,
        "text": text,
    }
    return Attempt(**fields | more)


def found(tmp_path: Path, requests: list[Request], *attempts: Attempt) -> list[str | None]:
    with Ledger.open(str(tmp_path)) as ledger:
        for attempt in attempts:
            ledger.append(attempt)
        return [a.text for a in cached_answers(requests, ledger.attempts, str(tmp_path))]


SHORT, LONG = (build(stage=StageSettings(max_tokens=n, temperature=0.7)) for n in (100, 900))


def test_answers_to_the_same_question_are_used_oldest_first(tmp_path: Path) -> None:
    other = build("Something else.")
    failed = answer(SHORT, "no", outcome="failed")
    attempts = (answer(SHORT, "a"), answer(other, "b"), failed, answer(SHORT, "c"))
    assert found(tmp_path, [SHORT], *attempts) == ["a", "c"]


@pytest.mark.parametrize(
    ("finish", "usage", "expected"),
    [
        ("stop", {"completion_tokens": 50}, ["a"]),
        ("STOP", {}, ["a"]),
        ("length", {"completion_tokens": 100}, []),
        ("MAX_TOKENS", {}, []),
        ("tired", {}, []),
    ],
)
def test_after_max_tokens_was_raised_only_what_was_cut_off_is_bought_again(
    finish: str, usage: dict[str, int], expected: list[str], tmp_path: Path
) -> None:
    assert found(tmp_path, [LONG], answer(SHORT, "a", finish, usage=usage)) == expected


def test_after_max_tokens_was_lowered_only_what_fits_is_used(tmp_path: Path) -> None:
    fits = answer(LONG, "fits", usage={"completion_tokens": 100})
    long = answer(LONG, "long", usage={"completion_tokens": 101})
    assert found(tmp_path, [SHORT], fits, long, answer(LONG, "unknown")) == ["fits"]


def test_what_a_finished_generation_rests_on_stays_in_use_whatever_is_configured_by_now(
    tmp_path: Path,
) -> None:
    hot = replace(SHORT, temperature=1.5, extra={"top_p": 0.5})
    attempts = answer(SHORT, "used"), answer(replace(SHORT, temperature=0.1), "unused")
    for status, expected in (("failed", []), ("ok", ["used"])):
        metadata = {"status": status, "fingerprint": SHORT.fingerprint}
        write_json(str(tmp_path / "metadata.json"), metadata)
        assert found(tmp_path, [hot], *attempts) == expected
        assert found(tmp_path, [replace(hot, prompt="Something else.")], *attempts) == []
        (tmp_path / NAME).unlink()
    assert found(tmp_path, [hot], answer(SHORT, "used"), answer(hot, "asked for")) == ["asked for"]


def test_what_a_fallback_answered_is_used_and_the_newest_is_last(tmp_path: Path) -> None:
    fallback = replace(SHORT, endpoint="other", fallback="spare")
    attempts = (answer(SHORT, "old"), answer(fallback, "spare"))
    assert found(tmp_path, [SHORT, fallback], *attempts) == ["old", "spare"]
    assert found(tmp_path, [SHORT]) == ["old"]
