"""The answers in a ledger that make a new call unnecessary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from daydream.llm.request import Request
from daydream.store.finish_reason import ending_of
from daydream.store.ledger import Attempt


def cached_answers(requests: Sequence[Request], attempts: Sequence[Attempt]) -> list[Attempt]:
    """The answers among the attempts of a ledger that a generation may use, oldest first.

    ``requests`` are the one to its model and, when that has one, the one to its fallback: what a
    fallback has answered is not bought again when the model is back. Besides answers with a
    request's fingerprint, or with the one that an earlier version gave the same
    request, these are the ones that differ in ``max_tokens`` only and
    ended by themselves within it: no limit had a part in them, so they need not be bought again
    after the limit was raised for others that were cut off.
    """
    return [a for a in attempts if a.is_answer and any(_is_answer_to(a, r) for r in requests)]


def _is_answer_to(answer: Attempt, request: Request) -> bool:
    if answer.fingerprint in request.fingerprints:
        return True
    limit = answer.parameters.get("max_tokens")
    fits = answer.usage.get("completion_tokens", limit or 0) <= request.max_tokens
    if limit is None or ending_of(answer.finish_reason) != "finished" or not fits:
        return False
    return answer.fingerprint in replace(request, max_tokens=limit).fingerprints
