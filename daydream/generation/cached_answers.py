"""The answers in a ledger that make a new call unnecessary."""

from __future__ import annotations

from collections.abc import Sequence

from daydream.llm.request import Request
from daydream.store.finish_reason import ending_of
from daydream.store.json_file import read_object
from daydream.store.ledger import Attempt


def cached_answers(
    requests: Sequence[Request], attempts: Sequence[Attempt], folder: str
) -> list[Attempt]:
    """The answers among the attempts of a ledger that a generation may use, oldest first.

    ``requests`` are the one to its model and, when that has one, the one to its fallback: what a
    fallback has answered is not bought again when the model is back; ``folder`` has its metadata.
    Besides answers with a request's fingerprint, or with the one that an earlier version gave the
    same request, these are the ones that differ in ``max_tokens`` only and ended by themselves
    within it: no limit had a part in them, so they need not be bought again after the limit was
    raised for others that were cut off.

    Where there are none: the answer to the same prompt from which a finished generation was made,
    whatever parameters are configured by now. They count for what is still to be made; a generation
    that a newer parser, say, reads once more is not to be paid for.
    """
    answers = [attempt for attempt in attempts if attempt.is_answer]
    cached = [a for a in answers if any(_is_answer_to(a, request) for request in requests)]
    if cached or not answers:
        return cached
    in_use = _in_use(folder)
    return [a for a in answers if a.fingerprint == in_use and any(_asks_as(r, a) for r in requests)]


def _in_use(folder: str) -> str:
    """The fingerprint of the answer that a finished generation was made from, else blank."""
    metadata = read_object(f"{folder}/metadata.json")
    return str(metadata.get("fingerprint", "")) if metadata.get("status") == "ok" else ""


def _is_answer_to(answer: Attempt, request: Request) -> bool:
    if answer.fingerprint in request.fingerprints:
        return True
    limit = answer.parameters.get("max_tokens")
    fits = answer.usage.get("completion_tokens", limit or 0) <= request.max_tokens
    if limit is None or ending_of(answer.finish_reason) != "finished" or not fits:
        return False
    return answer.fingerprint in request.fingerprints_with(
        {**request.parameters, "max_tokens": limit}
    )


def _asks_as(request: Request, answer: Attempt) -> bool:
    """Whether an answer is one to the request but for its parameters."""
    return answer.fingerprint in request.fingerprints_with(answer.parameters)
