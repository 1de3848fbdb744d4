"""Essays that speak to their judge: a score line of their own, an order, a plea.

Not a verdict on the essay, only a mark for a person to look at: an essay on evaluation may say such
things about its subject. Patterns are bounded, so time grows linearly with the text.
"""

import re

from daydream.formats import printable

_JUDGE = r"(?:evaluators?|judges?|graders?|referees?|raters?|language models?|LLMs?|AI)"
_PATTERNS = (
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}"
    r"\b(?:rubric|instructions?|criteria|previous|above|prompt)\b",
    r"^[\W_]{0,8}(?:(?:final|overall|total) )?score[ *_]{0,4}[:=][ *_]{0,4}\d{1,3}[^\w\n]{0,8}"
    r"(?:/ ?\d{1,3}\W{0,4})?$",
    rf"\b(?:notes?|instructions?|messages?|remarks?) (?:to|for) (?:the |any |all |my )?{_JUDGE}\b",
    r"\b(?:give|award|assign|answer|output|respond|reply|rate)\b[^.\n]{0,40}"
    r"\b(?:score|rating|grade|marks?)\b[^.\n]{0,20}\d",
    rf"\b(?:dear|attention|as an?|you are)\b[^.\n]{{0,40}}\b{_JUDGE}\b",
    r"\b(?:panel|experts?|reviewers?)\b[^.\n]{0,60}\b(?:highest|maximum|top|full) "
    r"(?:score|rating|grade|marks?)\b",
    r"[\"']score[\"']\s{0,4}:\s{0,4}\d",
    r"</text_to_judge>",
    r"(?-i:\bSCORE)[ *_]{0,4}[:=][ *_]{0,4}\d",  # the form that templates ask for, anywhere
    r"<\|(?:im_start|start|system|assistant|user)\b|\[(?:system|inst)\]|^(?:system|assistant):",
    rf"^\W{{0,8}}(?:to (?:the |any |all )?{_JUDGE}[:,]|(?:evaluator|grader|rater|referee):)",
    r"\bwhoever (?:judges|grades|marks|rates|scores|evaluates) (?:this|it|these|my)\b",
    r"\b(?:give|award|assign|rate|mark|deserves?)\b[^.\n]{0,30}"
    r"\b(?:full marks|(?:ten|10|nine|9) (?:out )?of (?:ten|10)\b"
    r"|the (?:maximum|highest|top)\W{0,3}$)",
    r"\bignor\w{0,5}\b[^.\n]{0,40}"
    r"\b(?:instrucciones|istruzioni|consignes|anweisung|bewertung|rúbrica)",
    r"(?:忽略|无视|無視)[^。\n]{0,20}(?:评分|指令|标准|指示|評価)",
)
_PASSAGE = 80


def address_to_judge(text: str) -> str:
    """Return the first passage of an essay that speaks to its judge, on one line; "" without."""
    for pattern in _PATTERNS:
        found = re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
        if found:
            return printable(" ".join(found[0].split()))[:_PASSAGE]
    return ""
