"""The source files of parsers, which are sources of what they have read."""

from __future__ import annotations

from daydream.experiment.installation import PACKAGE
from daydream.store.layout import Stage

_PARSERS = PACKAGE / "parsers"


def score_parser_sources() -> list[str]:
    """The source files that decide which score an answer has."""
    return sorted(map(str, (*_PARSERS.glob("score*.py"), _PARSERS / "thinking.py")))


def verdict_parser_sources() -> list[str]:
    """The source files that decide which verdict an answer has."""
    return sorted({*score_parser_sources(), str(_PARSERS / "verdict.py")})


def parser_sources(stage: Stage) -> list[str]:
    """The source files of the parser of a stage, where a mended one is to read answers again."""
    if stage == "evaluation":
        return score_parser_sources()
    return verdict_parser_sources() if stage == "comparison" else []
