"""Answers that always parse: how an endpoint is told what shape an answer must have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from daydream.parsers import ScoreRange
from daydream.store.layout import Stage

Constraint = Literal[
    "",
    "score_grammar",
    "criteria_grammar",
    "text_grammar",
    "verdict_grammar",
    "score_schema",
    "criteria_schema",
    "verdict_schema",
]

# Free text without line breaks, then the one line that the parser reads. The bounds keep a small
# model from rambling up to max_tokens. This one is for scales from 0 to 9; up to version 0.2.0 it
# was used on every scale.
SCORE_GRAMMAR = r"""
root ::= reasoning "\n" "SCORE: " [0-9]
reasoning ::= [A-Z] [^\n]{20,160} "."
""".strip()
_NUMBER = r'"-"? [0-9]{1,9} ("." [0-9]{1,6})?'
_MAX_LISTED = 1000
# No tie: it comes out when the two orders of a pair disagree, and a small model would hide in it.
VERDICT_GRAMMAR = r"""
root ::= reasoning "\n" "VERDICT: " [AB]
reasoning ::= [A-Z] [^\n]{20,160} "."
""".strip()
TEXT_GRAMMAR = r"""
root ::= line "\n\n" line "\n\n" line
line ::= [A-Z0-9] [^\n]{40,200} "."
""".strip()


def constraint_for(
    declared: str, supported: tuple[str, ...], stage: Stage, has_criteria: bool = False
) -> Constraint:
    """The constraint to use, given what a template declares and an endpoint supports.

    A template asks for a constrained answer; the endpoint decides how, and whether at all.
    """
    if not declared:
        return ""
    if has_criteria and stage == "evaluation":
        if "grammar" in supported:
            return "criteria_grammar"
        return "criteria_schema" if "json_schema" in supported else ""
    if "grammar" in supported:
        return _GRAMMARS.get(stage, "text_grammar")
    return _SCHEMAS.get(stage, "") if "json_schema" in supported else ""


_GRAMMARS: Mapping[Stage, Constraint] = {
    "evaluation": "score_grammar",
    "comparison": "verdict_grammar",
}
_SCHEMAS: Mapping[Stage, Constraint] = {
    "evaluation": "score_schema",
    "comparison": "verdict_schema",
}


def request_body(
    constraint: Constraint, scale: ScoreRange, criteria: Sequence[str] = ()
) -> dict[str, Any]:
    """What a constraint adds to the body of a request; ``criteria`` are those of a template.

    Their weights are no part of it: other weights ask for nothing else.
    """
    if constraint == "criteria_grammar":
        return {"grammar": criteria_grammar(scale, criteria)}
    if constraint == "criteria_schema":
        mark = {"type": "number", "minimum": scale.low, "maximum": scale.high}
        return {"response_format": _schema("evaluation", dict.fromkeys(criteria, mark))}
    if constraint == "score_grammar":
        return {"grammar": score_grammar(scale)}
    if constraint == "text_grammar":
        return {"grammar": TEXT_GRAMMAR}
    if constraint == "verdict_grammar":
        return {"grammar": VERDICT_GRAMMAR}
    if constraint == "score_schema":
        score = {"type": "number", "minimum": scale.low, "maximum": scale.high}
        return {"response_format": _schema("evaluation", {"score": score})}
    if constraint == "verdict_schema":
        verdict = {"type": "string", "enum": ["A", "B"]}
        return {"response_format": _schema("comparison", {"verdict": verdict})}
    return {}


def earlier_bodies(constraint: Constraint, scale: ScoreRange) -> tuple[dict[str, Any], ...]:
    """What earlier versions added for the same constraint, where that differs from today's.

    Their answers are in ledgers under other fingerprints, and are not to be bought again.
    """
    if constraint == "score_grammar" and score_grammar(scale) != SCORE_GRAMMAR:
        return ({"grammar": SCORE_GRAMMAR},)
    return ()


def score_grammar(scale: ScoreRange) -> str:
    """The grammar whose last line says one of the scores of a scale, and no other number.

    GBNF knows characters, not values, so the scores are listed: whole ones, or the steps of 0.5 or
    0.1 that the bounds are written in. A scale with more than a thousand gets a free number, which
    the parser holds to the range.
    """
    if scale == (0, 9):
        return SCORE_GRAMMAR
    return SCORE_GRAMMAR.replace("[0-9]", f"({_listed(scale)})", 1)


def criteria_grammar(scale: ScoreRange, criteria: Sequence[str]) -> str:
    """The grammar of a reason and a line ``name: mark`` for each criterion, in their order."""
    lines = " ".join(f'"\\n" "{name}: " mark' for name in criteria)
    rules = [f"root ::= reasoning {lines}", f"mark ::= {_listed(scale)}"]
    return "\n".join([*rules, SCORE_GRAMMAR.splitlines()[1]])


def _listed(scale: ScoreRange) -> str:
    return " | ".join(f'"{score}"' for score in _scores(scale)) or _NUMBER


def _scores(scale: ScoreRange) -> list[str]:
    """Every score of a scale, the highest first; none when they are too many or too fine."""
    for per_point in (1, 2, 10):
        low, high = scale.low * per_point, scale.high * per_point
        if low == round(low) and high == round(high):
            if high - low > _MAX_LISTED:
                return []
            return [f"{n / per_point:.15g}" for n in range(round(high), round(low) - 1, -1)]
    return []


def _schema(name: str, results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """An object with the reasoning first, so that the results follow from it."""
    schema = {
        "type": "object",
        "properties": {"reasoning": {"type": "string"}, **results},
        "required": ["reasoning", *results],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}
