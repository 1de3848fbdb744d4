"""The table `parsed_comparisons`: a row per comparison, read from parsed.txt alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from daydream.experiment.concept_names import combo_names
from daydream.parsers import VERDICTS
from daydream.results.scores import Lack, why_missing
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership
from daydream.store.metadata import as_text, read_metadata


class ComparisonRow(NamedTuple):
    """One comparison; ``first_gen_id`` is the essay shown first, as text A.

    ``verdict`` is A, B or tie, and blank when there is none, and then ``error`` says why, and the
    columns that begin with ``error_`` say it as data, as in the table of scores.
    ``winner_gen_id`` is the essay it names, blank for a tie. The path is relative to the data root.
    The concepts are those of the essays' combos, by name; ``evaluation_fallback`` is who judged in
    place of the model that was asked for.
    """

    gen_id: str
    cohort_id: str
    first_gen_id: str
    second_gen_id: str
    comparison_template: str
    evaluation_llm_model: str
    replicate: int
    verdict: str
    winner_gen_id: str
    error: str
    comparison_response_path: str
    first_concepts: str = ""
    second_concepts: str = ""
    error_stage: str = ""
    error_kind: str = ""
    error_cause: str = ""
    evaluation_fallback: str = ""


def cohort_comparisons(layout: Layout, membership: Membership) -> Iterator[ComparisonRow]:
    """The comparisons of a cohort, in its order."""
    names = combo_names(layout)
    for member in membership.stage("comparison"):
        concepts = [_concepts(membership, essay, names) for essay in member.parents]
        found = _verdict(layout, membership, member)
        verdict, lack = ("", found) if isinstance(found, Lack) else (found, None)
        first, second = member.parent_gen_id, member.second_gen_id
        yield ComparisonRow(
            gen_id=member.gen_id,
            cohort_id=member.cohort_id,
            first_gen_id=first,
            second_gen_id=second,
            comparison_template=member.template_id,
            evaluation_llm_model=member.llm_model_id,
            replicate=member.replicate,
            verdict=verdict,
            winner_gen_id={"A": first, "B": second}.get(verdict, ""),
            error=lack.message if lack else "",
            comparison_response_path=layout.relative(
                f"{layout.generation('comparison', member.gen_id)}/raw.txt"
            ),
            first_concepts=concepts[0],
            second_concepts=concepts[1],
            error_stage=lack.stage if lack else "",
            error_kind=lack.kind if lack else "",
            error_cause=lack.cause if lack else "",
            evaluation_fallback=_fallback(layout, member),
        )


def _fallback(layout: Layout, member: Member) -> str:
    return as_text(read_metadata(layout, "comparison", member.gen_id).get("fallback")) or ""


def _concepts(membership: Membership, essay: str, names: Mapping[str, str]) -> str:
    combo = membership.member("essay", essay).combo_id
    return names.get(combo, combo)


def _verdict(layout: Layout, membership: Membership, member: Member) -> str | Lack:
    try:
        text = Path(layout.parsed("comparison", member.gen_id)).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return why_missing(layout, *_ancestors(membership, member), member)
    except (ValueError, OSError) as error:
        return Lack("comparison", "unreadable", f"parsed.txt cannot be read: {error}")
    if text not in VERDICTS:
        message = f"parsed.txt is not one of {', '.join(VERDICTS)}: {text[:80]}"
        return Lack("comparison", "unreadable", message)
    return text


def _ancestors(membership: Membership, member: Member) -> Iterator[Member]:
    """Both essays, each behind its draft."""
    for gen_id in member.parents:
        line = membership.lineage(membership.member("essay", gen_id))
        yield from (line["draft"], line["essay"])
