"""The choice of parser for an answer, by stage, template and the shape that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daydream.experiment.model import Template
from daydream.parsers import (
    DRAFT_PARSERS,
    SCORE_PARSERS,
    VERDICT_PARSERS,
    Verdict,
    marks_text,
    read_criteria,
    read_json_score,
    read_json_verdict,
)


def parse(template: Template, parameters: Mapping[str, Any], text: str) -> str:
    """What ``parsed.txt`` has of an answer that was asked for with these parameters.

    Of an evaluation this is the score, or the mark for each criterion without its weight.

    Raises:
        ParseError: when the parser does not find what it looks for.

    """
    if template.stage == "evaluation":
        if template.criteria:
            return marks_text(read_criteria(text, template.criteria_names, template.scale))
        return f"{_score(parameters, template, text)}\n"
    if template.stage == "comparison":
        return f"{_verdict(parameters, template, text)}\n"
    return DRAFT_PARSERS[template.parser](text) if template.stage == "draft" else text


def _score(parameters: Mapping[str, Any], template: Template, text: str) -> float:
    if parameters.get("structured") == "score_schema":
        return read_json_score(text, template.scale)
    return SCORE_PARSERS[template.parser](text, template.scale)


def _verdict(parameters: Mapping[str, Any], template: Template, text: str) -> Verdict:
    if parameters.get("structured") == "verdict_schema":
        return read_json_verdict(text)
    return VERDICT_PARSERS[template.parser](text)
