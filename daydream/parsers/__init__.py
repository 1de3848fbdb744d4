"""Parsers: what to keep of a draft, which number an evaluator gave, which essay a judge preferred.

A parser is a pure function of the answer's text, named in the ``parser`` column of a template
table. It raises ``ParseError`` when it does not find exactly one thing to return.
"""

from daydream.parsers.draft import DRAFT_PARSERS
from daydream.parsers.judge_address import address_to_judge
from daydream.parsers.score import SCORE_PARSERS, ScoreRange, read_json_score
from daydream.parsers.score_criteria import (
    Criterion,
    criteria_of,
    marks_in,
    marks_text,
    read_criteria,
    weighted,
)
from daydream.parsers.thinking import (
    THINKING_TAGS,
    SplitAnswer,
    ThinkingTags,
    known_tags,
    split_thinking,
)
from daydream.parsers.verdict import VERDICT_PARSERS, VERDICTS, Verdict, read_json_verdict

__all__ = [
    "DRAFT_PARSERS",
    "SCORE_PARSERS",
    "THINKING_TAGS",
    "VERDICTS",
    "VERDICT_PARSERS",
    "Criterion",
    "ScoreRange",
    "SplitAnswer",
    "ThinkingTags",
    "Verdict",
    "address_to_judge",
    "criteria_of",
    "known_tags",
    "marks_in",
    "marks_text",
    "read_criteria",
    "read_json_score",
    "read_json_verdict",
    "split_thinking",
    "weighted",
]
