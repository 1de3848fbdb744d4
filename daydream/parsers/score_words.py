"""The words of other languages, and synonyms in English, for a line that states the score.

They count only where a number follows them at the beginning of a line or of a table row: there
they are replaced by the English header that the score parser knows.
"""

import re

# Patterns are compiled when first used, which keeps the import of this module cheap.
_SCORE = (
    r"rating|grade|mark|punkt(?:e|zahl)|bewertung|wertung|note|puntuaci[oó]n|puntaje|calificaci[oó]n"
    r"|pontua[cç][aã]o|nota|punteggio|voto|valutazione|оценка|балл|бал|оцінка|ocena|wynik|cijfer"
    r"|beoordeling|po[aä]ng|betyg|karakter|pisteet|arvosana|puan|skor|nilai|điểm|pontszám|scor"
    r"|βαθμολογία|hodnocení|skóre|评分|評分|得分|分数|分數|スコア|得点|点数|評価|評点|점수|평점"
    r"|الدرجة|النتيجة|ציון|स्कोर|अंक|คะแนน"
)
_FINAL = (
    r"gesamt(?:punktzahl|wertung|bewertung|note|score|punkte)|endnote|endpunktzahl|gesamt"
    r"|(?:note|score) (?:finale?|totale?|globale?)|puntuaci[oó]n (?:final|total|global)"
    r"|calificaci[oó]n final|nota final(?:e)?|pontua[cç][aã]o (?:final|total)"
    r"|punteggio (?:finale|totale|complessivo)|voto finale|(?:итоговая|общая) оценка"
    r"|итоговый балл|(?:підсумкова|загальна) оцінка|ocena końcowa|wynik końcowy|eindcijfer"
    r"|eindscore|totaalscore|slutpoäng|slutbetyg|totalpoäng|(?:toplam|son|genel) puan|skor akhir"
    r"|nilai akhir|tổng điểm|điểm (?:cuối cùng|tổng)|总分|總分|最终(?:得分|评分|分数)"
    r"|综合(?:评分|得分)"
    r"|最終(?:スコア|得点|評価|評分)|総合(?:スコア|評価|得点|点)|合計|총점"
    r"|최종 ?(?:점수|평점)|종합 ?점수"
    r"|الدرجة النهائية|النتيجة النهائية|अंतिम (?:स्कोर|अंक)|ציון סופי"
)
_HEADER = (
    rf"(?i)^(?P<lead>\W{{0,8}})(?:(?P<final>(?:final |overall |total )?(?:{_FINAL}))"
    rf"|(?P<named>final |overall |total |my )?(?:{_SCORE}))"
    r"(?P<behind> ?\([^()]{0,40}\))? ?(?P<sign>[:=|]|->|→)(?=[ |(\[]{0,5}[-+]?[0-9])"
)
_MAXIMA = {
    **{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9},
    **{"ten": 10, "twenty": 20, "hundred": 100},
}
_NAMED = "|".join(_MAXIMA)
_MAXIMUM = rf"(?i)\b(?:(out of (?:a |one )?)({_NAMED})|()({_NAMED})(?=[- ]point scale))\b"


def with_english_headers(line: str) -> str:
    """Return a line with its leading header, if it is one of these, in English."""
    return re.sub(_HEADER, _english, line, count=1)


def with_maxima_in_digits(line: str) -> str:
    """Return a line with ``out of five`` and ``five-point scale`` in digits."""
    return re.sub(_MAXIMUM, lambda m: f"{m[1] or ''}{_MAXIMA[(m[2] or m[4]).lower()]}", line)


def _english(header: re.Match[str]) -> str:
    name = "Final score" if header["final"] else f"{header['named'] or ''}Score"
    sign = header["sign"] if header["sign"] == "|" else ":"
    return f"{header['lead']}{name}{header['behind'] or ''} {sign}".replace(" :", ":")
