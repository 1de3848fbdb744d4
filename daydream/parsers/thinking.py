"""Thinking blocks: what a model wrote to itself before or between the parts of its answer.

Servers that do not separate a model's reasoning leave it in the text, between tags that differ by
model: ``<think>``, ``<thinking>``, ``[THINK]``, or the channels of the Harmony format. Nothing is
lost here: what is taken out of the answer is returned beside it. Patterns are bounded, so time
grows linearly with the text.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple


class ThinkingTags(NamedTuple):
    """The pair of tags around a thinking block; case does not matter when they are looked for."""

    opening: str
    closing: str


class SplitAnswer(NamedTuple):
    """An answer without its thinking, and the thinking without its tags.

    ``unclosed`` is the content of a last block that is never closed, which takes the rest of the
    text; it is part of ``thinking`` too. None when every block is closed.
    """

    text: str
    thinking: str
    unclosed: str | None = None


THINKING_TAGS: tuple[ThinkingTags, ...] = (
    ThinkingTags("<think>", "</think>"),
    ThinkingTags("<thinking>", "</thinking>"),
    ThinkingTags("[THINK]", "[/THINK]"),
    ThinkingTags("<seed:think>", "</seed:think>"),
    ThinkingTags("<|begin_of_thought|>", "<|end_of_thought|>"),
    ThinkingTags("\u25c1think\u25b7", "\u25c1/think\u25b7"),
)
"""Tags that are known to be in use (Qwen and DeepSeek, Mistral, Seed, OpenThoughts, Kimi)."""

# Patterns are compiled when first used, which keeps the import of this module cheap.
# The Harmony format of gpt-oss: https://cookbook.openai.com/articles/openai-harmony
_CHANNEL = (
    r"(?i)<\|channel\|>\s{0,8}(\w{1,20})[^<]{0,200}(?:<\|constrain\|>[^<]{0,80})?<\|message\|>"
)
_CHANNEL_END = r"(?i)<\|(?:end|return|call|start)\|>"
_FINAL = "final"


def tags_of(opening: str) -> ThinkingTags:
    """Return the pair that an opening tag such as ``<plan>`` or ``[PLAN]`` belongs to.

    Raises ValueError when the closing tag does not follow from the opening one.
    """
    match = re.fullmatch(r"([<\[])\s*([^<>\[\]/\s]{1,40})\s*([>\]])", opening.strip())
    if match is None:
        raise ValueError(f"'{opening}' is not a tag such as <think> or [THINK]")
    return ThinkingTags(f"{match[1]}{match[2]}{match[3]}", f"{match[1]}/{match[2]}{match[3]}")


def known_tags(named: str) -> tuple[ThinkingTags, ...]:
    """Return the tags of a model: those that it names, besides those that are known.

    Args:
        named: opening tags with blanks between them (``<plan> [NOTES]``); blank for the known ones
            alone; ``none`` for none at all, where a model writes about such tags.

    Raises ValueError for what is no opening tag.
    """
    if named.strip().lower() == "none":
        return ()
    return (*THINKING_TAGS, *map(tags_of, named.split()))


def split_thinking(
    text: str,
    tags: Sequence[ThinkingTags] = THINKING_TAGS,
    apart: bool = False,
    answer_tag: str | None = None,
) -> SplitAnswer:
    """Separate an answer from every thinking block in it.

    Args:
        text: what the model wrote.
        tags: the pairs to look for; a block ends at the closing tag of any of them.
        apart: whether the reasoning came in a field of its own. A closing tag without an opening
            one is then part of the answer; else the prompt has opened the block, and all before
            the first such tag is thinking.
        answer_tag: a pattern (group 1 filled for a closing tag) of the tags of the answer itself.
            A block that is never closed ends where one opens, and what stands before a lone
            closing tag is no thinking when it has one.

    A text without any of the tags is returned unchanged, blanks included.
    """
    channels = list(re.finditer(_CHANNEL, text)) if tags else []
    if channels:
        return _by_channel(text, channels)
    return _by_tag(text, tuple(tags), apart, answer_tag)


def _by_tag(
    text: str, tags: tuple[ThinkingTags, ...], apart: bool, answer_tag: str | None
) -> SplitAnswer:
    answers = list(re.finditer(answer_tag, text)) if answer_tag else []
    kept: list[str] = []
    thoughts: list[str] = []
    position, opened = 0, False
    for tag in _outermost(text, tags, [answer.start() for answer in answers]):
        lone = tag["closing"] is not None and not opened
        if lone and (apart or (answer_tag is None and thoughts)):
            continue  # a mention of the tag: the thinking is over, or came in its own field
        piece = text[position : tag.start()]
        if opened or (lone and not kept and not (answers and answers[-1].start() < tag.start())):
            thoughts.append(piece)
        else:
            kept.append(piece)
        opened, position = tag["closing"] is None, tag.end()
    if not opened:
        return SplitAnswer("".join([*kept, text[position:]]), _joined(thoughts))
    rest = next((m.start() for m in answers if not m[1] and m.start() >= position), None)
    if rest is not None:
        return SplitAnswer("".join([*kept, text[rest:]]), _joined([*thoughts, text[position:rest]]))
    return SplitAnswer("".join(kept), _joined([*thoughts, text[position:]]), text[position:])


def _outermost(
    text: str, tags: tuple[ThinkingTags, ...], answers: Sequence[int]
) -> Iterator[re.Match[str]]:
    """The tags of thinking blocks, without those of blocks within a block.

    A block ends where all that were opened in it are closed. Where they are not, or an answer
    stands before that, it ends at its first closing tag: an opening one in it was a mention.
    """
    found = list(re.finditer(_pattern(tags), text))
    ends, opened = _pairs(found), -1
    for n, tag in enumerate(found):
        if tag["closing"] is None:
            if opened < 0:
                opened = n
                yield tag
        elif opened < 0 or not _goes_on(found, n, ends.get(opened, n), answers):
            opened = -1
            yield tag


def _pairs(found: Sequence[re.Match[str]]) -> dict[int, int]:
    """The closing tag of each opening one that has one, counting blocks within blocks."""
    pairs: dict[int, int] = {}
    open_blocks: list[int] = []
    for n, tag in enumerate(found):
        if tag["closing"] is None:
            open_blocks.append(n)
        elif open_blocks:
            pairs[open_blocks.pop()] = n
    return pairs


def _goes_on(found: Sequence[re.Match[str]], n: int, end: int, answers: Sequence[int]) -> bool:
    """Whether a block goes on after its closing tag ``n`` until the tag ``end``."""
    if end <= n:
        return False
    between = bisect_left(answers, found[n].end())
    return between == len(answers) or answers[between] > found[end].start()


def _joined(thoughts: list[str]) -> str:
    return "\n\n".join(filter(None, (thought.strip() for thought in thoughts)))


@lru_cache(maxsize=32)
def _pattern(tags: tuple[ThinkingTags, ...]) -> str:
    """One pattern for all tags; blanks are allowed within angle and square brackets."""
    closing = "|".join(_loose(pair.closing) for pair in tags) or "(?!)"
    opening = "|".join(_loose(pair.opening) for pair in tags) or "(?!)"
    return f"(?i)(?P<closing>{closing})|(?:{opening})"


def _loose(tag: str) -> str:
    body = re.escape(tag[1:-1]).replace("/", r"/\s{0,8}")
    return rf"{re.escape(tag[0])}\s{{0,8}}{body}\s{{0,8}}{re.escape(tag[-1])}"


def _by_channel(text: str, channels: list[re.Match[str]]) -> SplitAnswer:
    """Separate the messages of the final channel from those of all others."""
    answers: list[str] = []
    thoughts: list[str] = []
    before = re.sub(r"(?i)<\|start\|>\w{0,20}\s{0,8}$", "", text[: channels[0].start()])
    if before.strip():
        answers.append(before)
    ends = [channel.start() for channel in channels[1:]] + [len(text)]
    for channel, end in zip(channels, ends, strict=True):
        closing = re.compile(_CHANNEL_END).search(text, channel.end(), end)
        message = text[channel.end() : closing.start() if closing else end]
        (answers if channel[1].lower() == _FINAL else thoughts).append(message)
    return SplitAnswer("".join(answers), _joined(thoughts), None if answers else thoughts[-1])
