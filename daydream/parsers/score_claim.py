"""A claim of a score, and the one number that it makes, if it can be read in one way only."""

import re
from typing import NamedTuple

from daydream.errors import ParseError
from daydream.formats import one_line
from daydream.parsers.score_range import ScoreRange, range_text, scaled, within
from daydream.parsers.score_rest import NUMBER, number_of, says_another

# Patterns are compiled when first used, which keeps the import of this module cheap.
_POSITIVE = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"
_OF = (
    r"(?:out\ )?of(?:\ a(?:\ (?:possible|total|maximum|max))?(?:\ of)?)?"
    r"|von|sur|de|di|su|из|з|van(?:\ de)?|z|ze|av|af|em|uit|trên|dari|sobre|من|में\ से"
)
_UNIT = r"(?:points?\b|pts\b|punkte?n?\b|puntos?\b|punti\b|pontos?\b|балл\w{0,3}|分|点|點|점)"
_WHOLE_FOLLOWS = rf"(?=\ ?{_UNIT}?\ ?(?:%|(?:/|(?:{_OF})(?=[\ 0-9]))\ ?[0-9]))"
# Words that may lead from the score to another number without putting it in doubt.
_CLAUSE = (
    r"(?:because|since|as|with|for|given|but|has|only|despite|although|though|while|where|due|weil|da"
    r"|denn|mit|car|avec|pour|porque|con|scale|skala|échelle|escala|range|max\w{0,4}|top"
    r"|the|this|it|its|there|all|both|each|their|overall|der|die|das|es|les|el"  # a new sentence
    r"|(?:on|in|at)(?=\ [0-9]{1,3}[-\ ]point))\b"
)
_OR = r"(?:or|maybe|perhaps|possibly|even|up|down|bis|oder|ou|o|u|или|либо|lub|veya|vs|versus)\b\.?"
VALUE = rf"""(?ix)(?:[0-9.%()\ ]{{1,30}}[/+x-][0-9./+x%()\ -]{{1,60}}=\ ?){{0,2}}  # a sum
    (?:boxed\ ?)?(?:[\[(<{{]\ ?){{0,3}}
    (?P<number>{NUMBER}(?:,[0-9]{{1,2}}{_WHOLE_FOLLOWS})?)
    (?:\ ?,\ ?(?P<second>10|[0-9])\ ?,\ ?(?P<third>10|[0-9])
      |\ ?{_UNIT}?\ ?(?:/|(?:{_OF})(?=[\ 0-9]))\ ?(?P<whole>{_POSITIVE}))?
    (?P<percent>\ ?%)?(?:\ ?[\])>}}]){{0,3}}(?:\ ?{_UNIT})?
    (?!\w|\+|[.:][0-9]|\.\ [0-9]
      |\ ?[^\w\s.;:!()\[\]{{}}]{{0,3}}\ ?\.?[0-9]  # 7-8, 7 → 8, 7 ~ 8
      |\ ?(?:…|\.{{2,4}})(?:\ ?\w{{1,6}},?){{0,2}}\ ?[0-9]
      |,?\ (?!{_CLAUSE})[^\s\d.;:!?()|]{{1,12}}\ \.?[0-9]  # 7 to 8, 7 или 8, 8 minus 1
      |\ for\ [^\W\d]{{1,20}},?\ (?:and\ )?[0-9]  # 7 for novelty, 5 for depth
      |,?\ (?:if|unless|provided|assuming|wenn|falls|if|si)\b|\ and\ (?:a|one)\ (?:half|quarter)\b
      |,?\ ?\(?{_OR}(?:\ \w{{1,10}}){{0,2}}\ \.?[0-9])"""
SPAN = r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?:-|(?i:to|bis)) ?([0-9]{1,9}(?:\.[0-9]{1,9})?)(?![0-9])"
# 満分10点中8点, 10점 만점에 8점: the maximum stands first.
_WHOLE_FIRST = (
    rf"(?:满分|滿分|満分)? ?({_POSITIVE}) ?(?:分|点|點|점)?(?:满分|滿分|満分|満点中?|中| ?만점)"
    rf"(?:에|의|で|の|,|:)? ?({_POSITIVE}) ?(?:分|点|點|점)?(?![0-9./])"
)
_SCALE_WORD = r"(?i)\b(?:scale|likert|range|skala|échelle|escala|scala|шкал\w{1,3}|schaal)\b|分制"
_RANGE_BEHIND = (
    rf"(?ix)(?P<low>-?{_POSITIVE})\ ?(?:-|to|through|bis|à|a|al|до|do|out\ of)\ ?"
    rf"(?P<high>{_POSITIVE})"
)
_MAXIMUM_BEHIND = (
    r"(?ix)^\W{0,3}(?:on|in|with|at|for)?\ ?(?:a|the|an)?\ ?(?:"
    rf"(?P<points>{_POSITIVE})[-\ ]points?\ scale"
    rf"|(?:max(?:imum|imal)?\.?|top|满分|滿分|満分)(?:\ (?:is|of))*:?\ ?(?P<top>{_POSITIVE}))"
)
_STARS = r"(?i) ?(?:stars?|sterne?|étoiles?|estrellas?)\b"


class Claim(NamedTuple):
    """A place that states a score: what it says, and how much weight the place has.

    ``final`` says that the score is called final, total or overall; ``exact`` that the line says
    nothing but the score; ``leads`` that the line begins with it; ``requested`` that it has the
    form that templates ask for, ``SCORE: 7``; ``named`` that the word score is there.
    """

    stated: str
    note: str = ""
    final: bool = False
    exact: bool = False
    leads: bool = False
    requested: bool = False
    named: bool = True


def read_claim(claim: Claim, scale: ScoreRange) -> float:
    """Read the number of a claim as a score of ``scale``, or raise ``ParseError``."""
    first = re.match(_WHOLE_FIRST, claim.stated)
    if first:
        return scaled(float(first[2]), float(first[1]), scale)
    value = re.match(VALUE, claim.stated)
    if value is None or says_another(claim.stated, value):
        raise ParseError(
            f"the score reads '{one_line(claim.stated)}', which is not one plain number",
            "not_a_number",
        )
    if value["percent"] and scale != (0, 100):
        raise ParseError(
            f"the score {value[0]} is a percentage, the range is {range_text(scale)}", "percentage"
        )
    if value["third"]:
        return _mean([value["number"], value["second"], value["third"]], scale)
    if not value["whole"] and is_triple(value["number"], scale):
        return _mean(list(value["number"]), scale)
    _check_scale(claim, value, scale)
    whole = whole_of(claim)
    return scaled(number_of(value), scale.high if whole is None else whole, scale)


def _check_scale(claim: Claim, value: re.Match[str], scale: ScoreRange) -> None:
    """Refuse a score that names a range but the template's own, before or behind the number."""
    rest = claim.stated[value.end() :]
    if not value["whole"] and scale.high != 5 and re.match(_STARS, rest):
        raise ParseError(f"the score is given in stars, not on {range_text(scale)}", "other_range")
    behind = re.search(_RANGE_BEHIND, re.split(r"[;!?]|\.(?![0-9])", rest)[0])
    around = rest[: behind.start()] + rest[behind.end() :] if behind else ""
    is_named = re.fullmatch(r"\W*", around) or re.search(_SCALE_WORD, around)
    if behind and is_named and (float(behind["low"]), float(behind["high"])) != scale:
        named = f"{behind['low']} to {behind['high']}"
        raise ParseError(
            f"the score is given on the range {named}, not {range_text(scale)}", "other_range"
        )
    if not value["whole"] and whole_of(claim) != scale.high and re.search(SPAN, claim.note):
        raise ParseError(
            f"the score is given on the range {claim.note}, not {range_text(scale)}", "other_range"
        )


def whole_of(claim: Claim) -> float | None:
    """Return y of ``x/y``; a note such as ``(out of 5)`` gives it too."""
    first = re.match(_WHOLE_FIRST, claim.stated)
    if first:
        return float(first[1])
    value = re.match(VALUE, claim.stated)
    if value and value["whole"]:
        return float(value["whole"])
    behind = re.match(_MAXIMUM_BEHIND, claim.stated[value.end() :]) if value else None
    if behind:
        return float(behind["points"] or behind["top"])
    numbers = re.findall(NUMBER, re.sub(SPAN, r"\2", claim.note))
    return float(numbers[-1]) if numbers else None


def is_triple(number: str, scale: ScoreRange) -> bool:
    """Whether these are three marks; ``100`` is more likely a percentage, so it is out of range."""
    return scale.high <= 10 and number != "100" and re.fullmatch("[0-9]{3}", number) is not None


def _mean(marks: list[str], scale: ScoreRange) -> float:
    return sum(within(float(mark), scale) for mark in marks) / len(marks)
