"""Answers that always parse: how an endpoint is told what shape an answer must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from daydream.parsers import ScoreRange
from daydream.store.layout import Stage

Constraint = Literal[
    "", "score_grammar", "text_grammar", "verdict_grammar", "score_schema", "verdict_schema"
]

# Free text without line breaks, then the one line that the parser reads. GBNF counts digits, not
# values, so the grammar holds for scales from 0 to 9. The bounds keep a small model from rambling
# up to max_tokens.
SCORE_GRAMMAR = r"""
root ::= reasoning "\n" "SCORE: " [0-9]
reasoning ::= [A-Z] [^\n]{20,160} "."
""".strip()
# No tie: it comes out when the two orders of a pair disagree, and a small model would hide in it.
VERDICT_GRAMMAR = r"""
root ::= reasoning "\n" "VERDICT: " [AB]
reasoning ::= [A-Z] [^\n]{20,160} "."
""".strip()
TEXT_GRAMMAR = r"""
root ::= line "\n\n" line "\n\n" line
line ::= [A-Z0-9] [^\n]{40,200} "."
""".strip()


def constraint_for(declared: str, supported: tuple[str, ...], stage: Stage) -> Constraint:
    """The constraint to use, given what a template declares and an endpoint supports.

    A template asks for a constrained answer; the endpoint decides how, and whether at all.
    """
    if not declared:
        return ""
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


def request_body(constraint: Constraint, scale: ScoreRange) -> dict[str, Any]:
    """What a constraint adds to the body of a request."""
    if constraint == "score_grammar":
        return {"grammar": SCORE_GRAMMAR}
    if constraint == "text_grammar":
        return {"grammar": TEXT_GRAMMAR}
    if constraint == "verdict_grammar":
        return {"grammar": VERDICT_GRAMMAR}
    if constraint == "score_schema":
        score = {"type": "number", "minimum": scale.low, "maximum": scale.high}
        return {"response_format": _schema("evaluation", "score", score)}
    if constraint == "verdict_schema":
        verdict = {"type": "string", "enum": ["A", "B"]}
        return {"response_format": _schema("comparison", "verdict", verdict)}
    return {}


def _schema(name: str, result: str, kind: dict[str, Any]) -> dict[str, Any]:
    """An object with the reasoning first, so that the result follows from it."""
    schema = {
        "type": "object",
        "properties": {"reasoning": {"type": "string"}, result: kind},
        "required": ["reasoning", result],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}
