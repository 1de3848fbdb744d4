"""The sections of an evaluator's answer, by which scores of single criteria are told apart."""

import re
from collections.abc import Sequence

from daydream.parsers.score_text import Line

# Patterns are compiled when first used, which keeps the import of this module cheap.
_HEADING = r"""(?x)^\s{0,8}(?:
    \#{1,6}\s+(?P<hash>.{1,120})
    |(?:[-*+]\s+)?(?:\*\*|__)(?P<bold>[^*_]{1,120})(?:\*\*|__)(?P<behind>.{0,400})
    |(?:\(?\d{1,2}[.)]|[A-Ha-h][.)])\s+(?P<item>.{1,400})
    |(?P<label>[^\W\d_][^:.!?]{1,50}):\s*
    )$"""
_NAME = r"^[\W\d_]*(?:[a-hA-H][.)] )?(?P<name>[^:\-\u2013\u2014(|]{1,80})"
_CLAIM = r"(?i)\W{0,12}score\b\W{0,9}[0-9]"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


GENERAL = _words(
    """a an the my our your its this that of for and with to in by it final total overall score
    scores scoring rating grade mark result results evaluation assessment judgement judgment review
    verdict conclusion summary reasoning reasons reason rationale justification explanation analysis
    comment comments remarks remark feedback discussion strengths weaknesses strength weakness
    suggestions notes note impression thoughts here is are essay text response answer step task
    criteria criterion points breakdown detailed closing concluding general weighing aspects
    evaluator judge output format line last now then so therefore"""
)


def criterion_sections(lines: Sequence[Line]) -> list[int]:
    """Return for each line the index of the criterion's heading that it stands below, or -1.

    A heading of a general kind (``## Conclusion``) ends the section of a criterion. A line that
    states a plain score is no heading, whatever its dress.
    """
    sections: list[int] = []
    current = -1
    for index, line in enumerate(lines):
        name = None if re.match(_CLAIM, line.plain) else _heading(line.raw)
        if name is not None:
            current = -1 if _words(name) <= GENERAL else index
        sections.append(current)
    return sections


def _heading(raw: str) -> str | None:
    """Return the words of a heading, None for any other line."""
    heading = re.match(_HEADING, raw[:600])
    if heading is None:
        return None
    text = next(filter(None, (heading[k] for k in ("hash", "bold", "item", "label"))), "")
    name = re.match(_NAME, text.replace("*", ""))
    words = re.sub(r"[^\w ]", " ", name["name"]) if name else ""
    is_short = 0 < len(words.split()) <= 6
    return words if is_short else None


def labels_a_part(before: str) -> bool:
    """Whether a claim is labelled with a criterion on its own line: ``Depth - score: 4``."""
    label = re.fullmatch(r"[\W\d_]{0,8}((?:[^\W\d_]{1,20}[ ,&/]{0,3}){1,4}) ?[-:(—|] ?", before)
    if label is None:
        return False
    words = _words(re.sub(r"[^\w ]", " ", label[1]))
    return not words <= GENERAL and not words & {"i", "it", "we", "so", "thus", "hence"}
