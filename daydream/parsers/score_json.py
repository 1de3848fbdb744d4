"""The score of an answer that was asked for as JSON."""

import json
import re
from collections.abc import Iterator
from typing import Any

from daydream.errors import ParseError
from daydream.parsers.score_claim import NUMBER
from daydream.parsers.score_range import ScoreRange, within
from daydream.parsers.score_text import short, without_thinking


def read_json_score(text: str, scale: ScoreRange) -> float:
    """Read ``score`` from the last JSON object with ``reasoning`` and ``score`` in an answer.

    The object may stand in a code fence or in prose. One without ``reasoning`` counts only where
    no object before it was broken, as it could be a part of that one. Raises ``ParseError``.
    """
    answer = without_thinking(text)
    given = [value["score"] for value in objects_in(answer) if "score" in value]
    if not given:
        raise ParseError(f"no JSON object with a score; the answer begins with '{short(answer)}'")
    number = given[-1]
    if isinstance(number, str) and re.fullmatch(NUMBER, number.strip()):
        number = float(number)
    if isinstance(number, bool) or not isinstance(number, int | float):
        kind = type(number).__name__
        raise ParseError(f"the JSON score is a {kind}, neither a number nor a string that is one")
    return within(number, scale)


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects; fifty braces are tried, so that a wall of them is cheap."""
    decoder, at, intact = json.JSONDecoder(), 0, True
    for _ in range(50):
        if (at := text.find("{", at)) < 0:
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at, intact = at + 1, False
        else:
            if intact or "reasoning" in value:
                yield value
