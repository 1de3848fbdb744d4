"""What metadata.json says of a generation."""

from __future__ import annotations

from dataclasses import replace

from daydream.generation.metadata import identity, provenance
from daydream.generation.prompt_text import Prompt
from daydream.generation.versions import versions
from daydream.store.ids import sha256
from daydream.store.membership import Member
from tests.unit.generation.test_cached_answers import answer
from tests.unit.llm.test_request import build


def test_only_a_comparison_has_a_second_essay() -> None:
    member = Member("essay", "e_1", "trial", "d_1", "c", "longer", "writer", 1)
    assert "second_gen_id" not in identity(member) and "cohort_id" not in identity(member)
    assert identity(member._replace(second_gen_id="e_2"))["second_gen_id"] == "e_2"


def test_an_answer_is_told_with_its_prompt_its_versions_and_who_gave_it() -> None:
    attempt = answer(build(), "Text.")
    told = provenance(attempt, Prompt("Hello."))
    assert told["prompt_sha256"] == sha256("Hello.")
    assert told["fingerprint"] == build().fingerprint
    assert versions().items() <= told.items()
    assert "fallback" not in told and "body_keys" not in told
    by_other = provenance(
        replace(attempt, fallback="spare", fallback_reason="Down."), Prompt("Hello.")
    )
    assert (by_other["fallback"], by_other["fallback_reason"]) == ("spare", "Down.")
