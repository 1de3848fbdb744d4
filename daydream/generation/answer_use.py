"""The use of an answer: how it ended, what the parser takes from it, whether it is asked again."""

from __future__ import annotations

from daydream.errors import AnswerError, DaydreamError, ParseError, TruncatedError
from daydream.experiment.model import Template
from daydream.experiment.settings import Settings
from daydream.generation.parse import parse
from daydream.store.finish_reason import ending_of
from daydream.store.layout import JUDGING, Stage
from daydream.store.ledger import Attempt


def usable_text(answer: Attempt, template: Template, settings: Settings) -> str:
    """What ``parsed.txt`` has of an answer.

    Raises:
        AnswerError: when it cannot be used; it was cut off, or the parser finds nothing in it.
    """
    stage, text = template.stage, answer.text or ""
    _check_ending(stage, answer)
    if not text.strip():
        words = len((answer.reasoning or "").split())
        tokens = answer.usage.get("completion_tokens", "unknown")
        thoughts = f"{words} words, kept in the ledger" if words else f"{tokens} tokens, not shown"
        raise ParseError(
            f"the model thought ({thoughts}) and gave no answer. Ask "
            "it for less reasoning, or raise its max_tokens, and force a new answer: it is not "
            "asked again by itself.",
            cause="all_thinking",
        )
    parsed = parse(template, answer.parameters, text)
    if stage not in JUDGING:
        _check_lines(stage, parsed, settings.stages[stage].min_lines)
    return parsed


def is_asked_again(error: DaydreamError, stage: Stage, answers: int, settings: Settings) -> bool:
    """Whether a judge is asked once more after an answer without a result.

    Args:
        error: why its last answer cannot be used.
        stage: of the generation.
        answers: how many answers to the same request there are by now.
        settings: have ``resample``, the most that it is asked again.
    """
    is_without_result = isinstance(error, ParseError) and stage in JUDGING
    return is_without_result and answers <= settings.resample


def _check_ending(stage: Stage, answer: Attempt) -> None:
    ending = ending_of(answer.finish_reason)
    if ending in ("unknown", "broken"):
        raise AnswerError(
            f"the answer ended with finish_reason '{answer.finish_reason}', so it may not be "
            "whole. If it is, list that spelling in daydream/store/finish_reason.py and run "
            "again (no call is made); else force a new answer.",
            cause="finish_reason",
        )
    if ending == "truncated":
        limit, used = (
            answer.parameters.get("max_tokens"),
            answer.usage.get("completion_tokens", "all"),
        )
        raise TruncatedError(
            f"the answer was cut off at max_tokens ({used} of {limit} tokens used). Raise "
            f"stages.{stage}.max_tokens, or max_tokens in the model's row; only truncated "
            "generations are bought again.",
            cause="max_tokens",
        )


def _check_lines(stage: Stage, parsed: str, min_lines: int) -> None:
    lines = sum(1 for line in parsed.splitlines() if line.strip())
    if lines < min_lines:
        raise AnswerError(
            f"the parsed {stage} has {lines} non-empty lines, and stages.{stage}.min_lines "
            f"asks for {min_lines}. Lower it and run again (no call is made), or force a new one.",
            cause="min_lines",
        )
