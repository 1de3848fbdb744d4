"""What stands behind the number of a score line, and whether it takes the number back.

A reason may hold numbers (``7, as 2 of 3 parts are there``); a second result may not.
"""

import re

# Patterns are compiled when first used, which keeps the import of this module cheap.
NUMBER = r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})"
_CHANGED = (
    r"\b(?:no|edit|correction|(?:round|chang|revis|correct|rais|lower|adjust|update|upgrad|downgrad"
    r"|increase|reduc)\w{0,4})[:,]?(?: up| down)?(?: to)? "
)
# 3 (loop) + 4 (critic) = 7; 6.67, rounded to 7; 6 (revised to 7); 6.67 (7 when rounded)
_RECKONED = (
    r"(?i)(?:[^.;!?]|\.(?=[0-9])){0,90}?"
    rf"(?:(?:[0-9)\]%] ?[=≈≅] ?|{_CHANGED})(?P<result>{NUMBER})(?![\w/])"
    rf"|[ (](?P<rounded>{NUMBER}) (?:when |if |after )?round)"
)
# 7 with the appendix, 5 without
_UNDER_CONDITIONS = (
    r"(?i)[^.;!?0-9(]{1,60}[,;] (?:and |or |but |otherwise |else )?[0-9]{1,3}(?:\.[0-9])?"
    r" (?:without|with|otherwise|for|if)\b"
)


def number_of(value: re.Match[str]) -> float:
    """Return the number of a match of ``VALUE``, which may have a decimal comma."""
    return float(value["number"].replace(",", "."))


def says_another(stated: str, value: re.Match[str]) -> bool:
    """Whether ``stated`` goes on behind its number, ``value``, to one that may be the score."""
    number, rest = number_of(value), stated[value.end() :]
    reckoned = re.match(_RECKONED, stated[value.start("number") :])
    if reckoned and float(reckoned["result"] or reckoned["rounded"]) != number:
        return True
    if re.match(_UNDER_CONDITIONS, rest):
        return True
    return _is_proportion(stated, value) or _is_only_numbers(rest, number)


def _is_proportion(stated: str, value: re.Match[str]) -> bool:
    """Whether a fraction was divided: ``24/30 = 0.8``."""
    fraction = re.match(rf"({NUMBER}) ?/ ?({NUMBER}) ?= ?", stated[: value.start("number")])
    if fraction is None or not 0 < float(fraction[1]) <= float(fraction[2]):
        return False
    share = float(fraction[1]) / float(fraction[2])
    return value["whole"] is None and abs(share - number_of(value)) < 0.01


def _is_only_numbers(rest: str, number: float) -> bool:
    """Whether nothing but other numbers follows, ``7; 8`` or ``7 (8)``, and no range of a scale."""
    rest = re.sub(r"\[\^[0-9]{1,3}\]", "", rest)
    numbers = re.fullmatch(r"[^\w%/]{1,9}[0-9](?:[^\w%/]|[0-9]){0,40}", rest)
    if numbers is None or re.fullmatch(r"\W*[0-9.]{1,9} ?- ?[0-9.]{1,9}\W*", rest):
        return False
    return any(float(each) != number for each in re.findall(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", rest))
