"""Draft parsers: the part of a draft that goes on to the essay stage.

A block's content is returned without the white space around it. Thinking blocks are dropped
before any other tag is looked for, since a model that thinks about the tags it was asked for names
them there. All patterns are bounded, so time grows linearly with the text.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from daydream.errors import ParseError
from daydream.formats import one_line
from daydream.parsers.thinking import split_thinking

# Patterns are compiled when first used, which keeps the import of this module cheap.
_ESSAY = r"(?i)<\s{0,8}(/?)\s{0,8}essay(?=[\s/>])([^<>]*)>"
_IDEA = r"(?i)<\s{0,8}(/?)\s{0,8}essay-idea(?=[\s/>])([^<>]*)>"
_STAGE = r"""(?i)(?<![\w-])stage\s{0,8}=\s{0,8}["'“”]?\s{0,8}([0-9]{1,9}(?:\.[0-9]{1,9})?)"""
_NO_STAGE = -1.0


class _Block(NamedTuple):
    """The stage of a block, or ``_NO_STAGE``, and its content without white space around it."""

    stage: float
    content: str


def identity(text: str) -> str:
    """Return the draft as it is; a blank one is a ``ParseError``."""
    if not text.strip():
        raise ParseError("the draft is blank", "blank")
    return text


def essay_idea_last(text: str) -> str:
    """Return the ``<essay-idea>`` block of the highest ``stage``, or the last one without stages.

    Of two blocks with the same stage the later wins. A block that is not closed ends at the next
    ``<essay-idea>`` or with the text. No block, or an empty one, is a ``ParseError``: falling back
    to an earlier stage would pass an unfinished idea off as the finished one.
    """
    blocks = _ideas(_without_thinking(text, _IDEA))
    if not blocks:
        raise _missing("essay-idea", text)
    chosen = max(reversed(blocks), key=lambda block: block.stage)
    return _filled(chosen, "essay-idea", text)


def essay_block(text: str) -> str:
    """Return the first ``<essay>`` block, up to the end when it is not closed.

    No block, or an empty one, is a ``ParseError``.
    """
    essay = _first_essay(_without_thinking(text, _ESSAY))
    if essay is None:
        raise _missing("essay", text)
    return _filled(essay, "essay", text)


def essay_block_lenient(text: str) -> str:
    """Return the first ``<essay>`` block, or all that is not thinking when there is none.

    A text without any of these tags is returned as it is; a blank result is a ``ParseError``.
    """
    answer = _without_thinking(text, _ESSAY)
    essay = _first_essay(answer)
    if essay is not None:
        return _filled(essay, "essay", text)
    if not answer.strip():
        raise ParseError(
            f"nothing is left of the draft without its thinking; {_opening(text)}", "all_thinking"
        )
    return answer if answer == text else answer.strip()


DRAFT_PARSERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "identity": identity,
        "essay_idea_last": essay_idea_last,
        "essay_block": essay_block,
        "essay_block_lenient": essay_block_lenient,
    }
)
"""Draft parsers by the name used in ``draft_templates.csv``."""


def _without_thinking(text: str, answer_tag: str) -> str:
    """Drop the thinking; of a block that is never closed only the tag, as it may be the draft."""
    answer = split_thinking(text, answer_tag=answer_tag)
    return answer.text + (answer.unclosed or "")


def _ideas(text: str) -> list[_Block]:
    """List the ideas; each ends at the next tag of its name, opening or closing, or at the end."""
    tags = list(re.finditer(_IDEA, text))
    ends = [tag.start() for tag in tags[1:]] + [len(text)]
    return [
        _Block(_stage(tag[2]), "" if tag[2].endswith("/") else text[tag.end() : end].strip())
        for tag, end in zip(tags, ends, strict=False)
        if not tag[1]
    ]


def _first_essay(text: str) -> _Block | None:
    """Return the first essay, up to its closing tag: an opening one within it is only a mention."""
    tags = re.finditer(_ESSAY, text)
    opened = next((tag for tag in tags if not tag[1]), None)
    if opened is None:
        return None
    closed = None if opened[2].endswith("/") else next((tag for tag in tags if tag[1]), None)
    end = opened.end() if opened[2].endswith("/") else closed.start() if closed else len(text)
    return _Block(_NO_STAGE, text[opened.end() : end].strip())


def _stage(attributes: str) -> float:
    found = re.search(_STAGE, attributes)
    return float(found[1]) if found else _NO_STAGE


def _filled(block: _Block, name: str, text: str) -> str:
    if not block.content:
        where = "" if block.stage == _NO_STAGE else f" of stage {block.stage:g}"
        raise ParseError(f"the <{name}> block{where} is empty; {_opening(text)}", "empty_block")
    return block.content


def _missing(name: str, text: str) -> ParseError:
    return ParseError(f"no <{name}> block outside of the thinking; {_opening(text)}", "no_block")


def _opening(text: str) -> str:
    return f"the draft has {len(text)} characters and begins with '{one_line(text)}'"
