"""Parsers: what to keep of a draft, and which number an evaluator gave.

A parser is a pure function of the answer's text, named in the ``parser`` column of a template
table. It raises ``ParseError`` when it does not find exactly one thing to return.
"""

from daydream.parsers.draft import DRAFT_PARSERS
from daydream.parsers.score import SCORE_PARSERS, ScoreRange, read_json_score

__all__ = ["DRAFT_PARSERS", "SCORE_PARSERS", "ScoreRange", "read_json_score"]
