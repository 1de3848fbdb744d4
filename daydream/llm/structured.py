"""Answers that always parse: how an endpoint is told what shape an answer must have."""

from __future__ import annotations

from typing import Any, Literal

from daydream.layout import Stage
from daydream.parsers import ScoreRange

Constraint = Literal["", "score_grammar", "text_grammar", "score_schema"]

# Free text without line breaks, then the one line that the parser reads. GBNF counts digits, not
# values, so the grammar holds for scales from 0 to 9. The bounds keep a small model from rambling
# up to max_tokens.
SCORE_GRAMMAR = r"""
root ::= reasoning "\n" "SCORE: " [0-9]
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
        return "score_grammar" if stage == "evaluation" else "text_grammar"
    if "json_schema" in supported and stage == "evaluation":
        return "score_schema"
    return ""


def request_body(constraint: Constraint, scale: ScoreRange) -> dict[str, Any]:
    """What a constraint adds to the body of a request."""
    if constraint == "score_grammar":
        return {"grammar": SCORE_GRAMMAR}
    if constraint == "text_grammar":
        return {"grammar": TEXT_GRAMMAR}
    if constraint == "score_schema":
        return {"response_format": _score_schema(scale)}
    return {}


def _score_schema(scale: ScoreRange) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {
            "reasoning": {"type": "string"},
            "score": {"type": "number", "minimum": scale.low, "maximum": scale.high},
        },
        "required": ["reasoning", "score"],
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "evaluation", "strict": True, "schema": schema},
    }
