"""The score of an answer that was asked for as JSON."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from daydream.errors import ParseError
from daydream.formats import one_line
from daydream.parsers.score_quotes import cites
from daydream.parsers.score_range import ScoreRange, range_text, within
from daydream.parsers.score_rest import NUMBER
from daydream.parsers.score_text import visible, without_thinking

# Patterns are compiled when first used, which keeps the import of this module cheap.
_SCORE_KEY = r"(?i)[\"'](?:\w{1,12}[_ ])?(?:score|rating)[\"']\s{0,9}:"
_SCORE_LINE = (
    rf"(?im)^[*_# ]{{0,9}}(?:final )?score[*_]{{0,3}}: ?[*_]{{0,3}}({NUMBER})[*_. ]{{0,9}}$"
)
_OPENS_OBJECT = r"\s{0,199}[\"'{\[]"  # unlike the braces of LaTeX
_RESULT_KEYS = (
    *("final score", "overall score", "total score", "score"),
    *("final rating", "overall rating", "rating", "overall", "final", "total"),
)
_MAXIMUM_KEYS = ("max score", "maximum score", "max", "maximum", "out of", "scale", "range")
_PART_KEYS = {"criterion", "aspect", "dimension", "category", "metric", "name"}


def read_json_score(text: str, scale: ScoreRange) -> float:
    """Read ``score`` from the JSON objects with ``reasoning`` and ``score`` in an answer.

    The object may stand in a code fence or in prose. One without ``reasoning`` counts only where
    no object before it was broken, as it could be a part of that one. Raises ``ParseError``, also
    when two objects give different scores.
    """
    answer = visible(without_thinking(text))
    found = [value for value in objects_in(answer) if "score" in value]
    given = [value["score"] for value in found]
    if not given:
        raise ParseError(
            f"no JSON object with a score; the answer begins with '{one_line(answer)}'", "no_score"
        )
    for value in found:
        _check_maximum(value, scale)
    scores = [number_in(score, scale) for score in given]
    scores += [float(line[1]) for line in re.finditer(_SCORE_LINE, objects_as_lines(answer))]
    if len(set(scores)) > 1:
        named = " and ".join(f"{score:.15g}" for score in list(dict.fromkeys(scores))[:4])
        raise ParseError(f"JSON objects or lines with different scores: {named}", "two_scores")
    return scores[0]


def _check_maximum(content: dict[str, Any], scale: ScoreRange) -> None:
    """Refuse an object that names another maximum than the template's beside its score."""
    keys = {str(key).lower().replace("_", " "): value for key, value in content.items()}
    for key in _MAXIMUM_KEYS:
        numbers = re.findall(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", str(keys.get(key, ""))[:40])
        if numbers and float(numbers[-1]) != scale.high:
            raise ParseError(
                f"the JSON score has the {key} {numbers[-1]}, the range is {range_text(scale)}",
                "other_range",
            )


def number_in(given: object, scale: ScoreRange) -> float:
    """Return the number that a value of an object is; any other value is a ``ParseError``."""
    if isinstance(given, str) and re.fullmatch(NUMBER, given.strip()):
        given = float(given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        kind = type(given).__name__
        raise ParseError(
            f"the JSON score is a {kind}, neither a number nor a string that is one", "not_a_number"
        )
    return within(given, scale)


def objects_as_lines(text: str) -> str:
    """Replace each JSON object that holds a score by the score line that it stands for.

    An object about one criterion, or that the essay is said to have, is no score; it is replaced by
    nothing.
    """
    pieces: list[str] = []
    position = 0
    for found in _objects(text) if re.search(_SCORE_KEY, text) else ():
        before = text[max(0, found.start - 200) : found.start].rpartition("\n")[2]
        line = "" if cites(before) else _score_line(found.content)
        if line is not None:
            pieces += [text[position : found.start], f"\n{line}\n"]
            position = found.end
    return "".join([*pieces, text[position:]])


def _score_line(content: dict[str, Any]) -> str | None:
    """Return the score line of an object, "" for the score of a part, None for no score."""
    keys = {str(key).lower().replace("_", " "): value for key, value in content.items()}
    if len(keys) == 1 and not keys.keys() & {*_RESULT_KEYS}:
        inner = next(iter(keys.values()))
        return _score_line(inner) if isinstance(inner, dict) else None
    for name in _RESULT_KEYS:
        value = keys.get(name)
        if isinstance(value, dict):
            keys = {str(key).lower().replace("_", " "): inner for key, inner in value.items()}
            value = keys.get("score", keys.get("value"))
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            maximum = next((keys[key] for key in _MAXIMUM_KEYS if key in keys), "")
            note = f" ({maximum})" if isinstance(maximum, int | float | str) and maximum else ""
            stated = " ".join(str(value).split())
            return "" if keys.keys() & _PART_KEYS else f"SCORE{note}: {stated}"
    return None


class _Found(NamedTuple):
    """A JSON object and where it stands in the text."""

    content: dict[str, Any]
    start: int
    end: int


def _with_both(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object in which a name that is there twice, differently, has a list of both."""
    content: dict[str, Any] = {}
    for name, value in pairs:
        is_other = name in content and content[name] != value
        content[name] = [content[name], value] if is_other else value
    return content


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects; fifty braces are tried, so that a wall of them is cheap.

    Line breaks within strings and commas before a closing bracket are forgiven.
    """
    return (found.content for found in _objects(text))


def _objects(text: str) -> Iterator[_Found]:
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_with_both)
    at, intact = 0, True
    # Of the same length, so that positions hold in the text as it is.
    forgiven = re.sub(r",(\s{0,200}[}\]])", r" \1", text)
    for _ in range(50):
        if (start := forgiven.find("{", at)) < 0:
            return
        try:
            value, at = decoder.raw_decode(forgiven, start)
        except (ValueError, RecursionError):
            at = start + 1
            intact = intact and not re.match(_OPENS_OBJECT, forgiven[at : at + 200])
        else:
            if intact or "reasoning" in value:
                yield _Found(value, start, at)
