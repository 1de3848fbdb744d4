"""Ids as hashes of what a thing is made of, so that equal things share one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from daydream.store.layout import Stage

PREFIXES: dict[Stage, str] = {"draft": "d", "essay": "e", "evaluation": "v", "comparison": "c"}
ORDERED = "combo_v2_"  # how the id of a combo begins whose order is part of it
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 16


def sha256(text: str) -> str:
    """The 64 hex digits of a text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def combo_id(concept_ids: Iterable[str], level: str, k: int) -> str:
    """The id of a set of concepts at a description level, whatever their order."""
    key = "|".join((*sorted(concept_ids), level, str(k)))
    return f"combo_v1_{sha256(key)[:12]}"


def ordered_combo_id(concept_ids: Iterable[str], level: str, k: int) -> str:
    """The id of concepts in one order: another order of the same ones has another id."""
    key = "|".join(("ordered", *concept_ids, level, str(k)))
    return f"{ORDERED}{sha256(key)[:12]}"


def generation_id(
    stage: Stage, parent: str, template_id: str, model_id: str, replicate: int
) -> str:
    """The id of a generation: a prefix and 16 base-36 digits.

    Args:
        stage: draft, essay, evaluation or comparison.
        parent: the combo id of a draft, the draft id of an essay, the essay id of an evaluation;
            of a comparison the ids of both essays in the order in which they are shown, joined
            by ``|``.
        template_id: the stage's template.
        model_id: the model's id in the catalog.
        replicate: from 1.

    """
    key = "|".join((stage, parent, template_id, model_id, str(replicate)))
    return f"{PREFIXES[stage]}_{_base36(int(sha256(key), 16))}"


def imported_id(source: str, text: str) -> str:
    """The id of an essay from elsewhere: of its text and of who or what wrote it."""
    return f"{PREFIXES['essay']}_{_base36(int(sha256(f'import|{source}|{text}'), 16))}"


def copied_key(combo_id: str, essay_id: str) -> str:
    """What stands for the text in the id of an essay that is judged for another combo."""
    return f"{combo_id}|{essay_id}"


def _base36(number: int) -> str:
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(digits)
