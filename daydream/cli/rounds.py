"""``daydream next`` and ``daydream promote``: what was written and what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from daydream.experiment import rounds
from daydream.experiment.settings import Settings
from daydream.store.layout import Layout

if TYPE_CHECKING:
    from daydream.workflow.project import Project


def next_round(cohort: str, n: int, name: str | None, settings: Settings) -> Iterator[str]:
    """Write the spec of the next cohort and say what it asks for."""
    following = rounds.next_round(cohort, n, name, settings, Layout(settings.data_root))
    yield (
        f"{following.kept} of {following.of} essays of {cohort} go on, with {following.replicates} "
        f"replicates by each of {', '.join(following.judges)}: {following.spec}"
    )
    yield (
        "They were chosen by their scores, so that these are too high on average: the first "
        f"replicates of {following.cohort} are the scores that they were chosen by."
    )
    yield f"What it costs: daydream design {following.cohort} --count"
    yield f"To make it: snakemake --config cohort={following.cohort}"


def promoted(essays: Sequence[str], project: Project) -> Iterator[str]:
    """Make concepts of essays and list them."""
    done = rounds.promote(essays, project.cohort, project.layout)
    for concept in done:
        yield f"{concept.concept_id}: {concept.name}{'' if concept.is_new else ' (was one before)'}"
    if any(concept.is_new for concept in done):
        yield (
            "New concepts are active: cohorts without a spec will combine them too, and buy what "
            "is new. Set active to false in concepts_metadata.csv to keep them out. Their names, "
            "from how the essays begin, are part of prompts: change them there before you use them."
        )
