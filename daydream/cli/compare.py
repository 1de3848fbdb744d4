"""Two cohorts against each other in a terminal: `daydream compare`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from daydream.cli.cohorts import levels_of
from daydream.cli.console import aligned
from daydream.errors import CohortError
from daydream.experiment.catalog import read_scales
from daydream.experiment.looks import looks_at
from daydream.results.cohort_differences import cohort_differences
from daydream.results.criterion_columns import kind_of
from daydream.results.scores import ScoreRow, cohort_scores
from daydream.results.snapshots import AnswerRow, cohort_answers
from daydream.results.statistics.cohort_pairs import (
    SAME_ESSAYS,
    UNPAIRED,
    CohortDifference,
)
from daydream.results.statistics.snapshots import snapshots
from daydream.results.table_files import are_controls
from daydream.store.layout import Layout
from daydream.store.membership import Membership, read_membership

MAX_NAMES = 4
_VERSION = ("returned_model", "provider", "system_fingerprint", "temperature", "max_tokens")
LEGEND = (
    "Interval: 95%, Student's t over clusters (drafts of the same essays; else combinations). It",
    "holds for other such drafts or combinations by these judges under these templates.",
)


class Read(NamedTuple):
    """What is compared of a cohort; ``answers`` has a row per generation."""

    membership: Membership
    scores: pd.DataFrame
    answers: pd.DataFrame
    looks: tuple[str, ...]

    @property
    def name(self) -> str:
        """The cohort's id."""
        return self.membership.cohort_id


def compare(layout: Layout, first: str, second: str) -> Iterator[str]:
    """Lines that say what two cohorts differ in, and by how much their scores do.

    Raises:
        CohortError: when a cohort was damaged, is compared with itself, or has no score under an
            evaluation template of the other.

    """
    if first == second:
        raise CohortError(f"{first} is compared with itself. Name two: daydream cohorts")
    one, other = (_read(layout, name) for name in (first, second))
    scales = read_scales(layout.templates_csv("evaluation"))
    found = cohort_differences(one.scores, other.scores, scales)
    yield from _counts(one)
    yield from _counts(other)
    yield ""
    yield from _what_differs(one, other)
    yield ""
    if not found:
        raise CohortError(
            f"{first} and {second} have no scores under an evaluation template in common, so "
            "there is nothing to compare. Evaluate the essays of both under one template"
        )
    yield from _differences(found, one, other)
    yield from _warnings(one, other)


def _read(layout: Layout, name: str) -> Read:
    membership = read_membership(layout.membership(name))
    rows = list(cohort_scores(layout, membership))
    scores = pd.DataFrame(rows, columns=list(kind_of(rows, ScoreRow)._fields))
    scores = scores[~are_controls(scores)]
    answers = pd.DataFrame(cohort_answers(layout, membership), columns=list(AnswerRow._fields))
    return Read(membership, scores, answers, looks_at(layout, name))


def _counts(read: Read) -> Iterator[str]:
    scored = int(read.scores["score"].notna().sum())
    times = sorted(time[:10] for time in read.answers["answered_at"] if time)
    when = f", answered {' to '.join(dict.fromkeys((times[0], times[-1])))}" if times else ""
    yield f"{read.name}: {scored} of {len(read.scores)} evaluations scored{when}"


def _what_differs(one: Read, other: Read) -> Iterator[str]:
    """Levels that only one of the two has, and models that answered in other versions."""
    lines = [*_levels(one, other), *_versions(one, other)]
    yield "What differs" if lines else "Nothing differs but the replicates."
    yield from (f"  {line}" for line in lines)


def _levels(one: Read, other: Read) -> Iterator[str]:
    levels = levels_of(one.membership), levels_of(other.membership)
    for axis in levels[0]:
        only = [sorted(a[axis] - b[axis]) for a, b in (levels, levels[::-1])]
        parts = [
            f"only in {read.name}: {_listed(axis, names)}"
            for read, names in zip((one, other), only, strict=True)
            if names
        ]
        if parts:
            yield f"{axis}: {'; '.join(parts)}"


def _listed(axis: str, names: Sequence[str]) -> str:
    if axis == "combinations":
        return f"{len(names)}"
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


def _versions(one: Read, other: Read) -> Iterator[str]:
    """Models that both have, where what answered is not the same."""
    sets = [_answered(read.answers) for read in (one, other)]
    for stage, model in sorted(set(sets[0]) & set(sets[1])):
        versions = [part[stage, model] for part in sets]
        if versions[0] != versions[1]:
            differences = [
                f"{' and '.join(sorted(map(_said, only or every)))} in {read.name}"
                for read, every, only in zip(
                    (one, other),
                    versions,
                    (versions[0] - versions[1], versions[1] - versions[0]),
                    strict=True,
                )
            ]
            yield f"{stage}s by {model}: {'; '.join(differences)}"


_Version = tuple[object, ...]


def _answered(answers: pd.DataFrame) -> Mapping[tuple[str, str], set[_Version]]:
    made = answers[(answers["mode"] != "copy") & (answers["answered_at"] != "")]
    columns = made[list(_VERSION)].astype(object).where(made[list(_VERSION)].notna(), None)
    found: dict[tuple[str, str], set[_Version]] = {}
    keys = zip(made["stage"], made["llm_model_id"], strict=True)
    for key, version in zip(keys, columns.itertuples(index=False), strict=True):
        found.setdefault(key, set()).add(tuple(version))
    return found


def _said(version: _Version) -> str:
    model, *rest = version
    names = ("from", "fingerprint", "temperature", "max_tokens")
    parts = [
        f"{name} {value}"
        for name, value in zip(names, rest, strict=True)
        if value not in (None, "")
    ]
    return ", ".join([str(model or "a version that is not recorded"), *parts])


def _differences(found: Iterable[CohortDifference], one: Read, other: Read) -> Iterator[str]:
    listed = list(found)
    for on in dict.fromkeys(part.on for part in listed):
        parts = [part for part in listed if part.on == on]
        yield f"{other.name} less {one.name}, {_on(parts[0])}"
        head = ("template", "scale", one.name, other.name)
        numbers = ("difference", "95% interval", "pairs", "clusters", "essays")
        yield from aligned([(*head, *numbers), *map(_cells, parts)], texts=1)
        yield f"  judges: {', '.join(parts[0].judges)}"
        yield from _notes(parts)
        yield ""
    yield from LEGEND


def _on(part: CohortDifference) -> str:
    if part.on == SAME_ESSAYS:
        return "on the essays that both judged"
    if part.on == UNPAIRED:
        return "unpaired, on essays that only one of them has"
    names = ", ".join(
        name.replace("combo_id", "combination").replace("_", " ") for name in part.paired_by
    )
    return f"on essays that only one of them has, paired by {names}"


def _cells(part: CohortDifference) -> tuple[str, ...]:
    low, high = part.low, part.high
    ends = "none" if np.isnan(low) or np.isnan(high) else f"{low:+.2f} to {high:+.2f}"
    composite = part.n_templates > 1
    return (
        f"composite of {part.n_templates}" if composite else part.template,
        f"{part.scale.low:g}-{part.scale.high:g}",
        *(f"{mean:.2f}" for mean in part.mean),
        f"{part.difference:+.2f}",
        ends,
        str(part.n_pairs) if part.on != UNPAIRED else "-",
        str(part.n_clusters),
        f"{part.n_essays[0]}, {part.n_essays[1]}",
    )


def _notes(parts: Sequence[CohortDifference]) -> Iterator[str]:
    for note in dict.fromkeys(part.note for part in parts if part.note):
        yield f"  ! {note}"
    whole = parts[-1]
    if whole.n_same:
        share = "all" if whole.n_same == whole.n_scores else f"{whole.n_same}"
        yield (
            f"  ! {share} of the {whole.n_scores} evaluations here are the very same in both "
            "cohorts: they cannot differ"
        )


def _warnings(one: Read, other: Read) -> Iterator[str]:
    for read in (one, other):
        mixed = snapshots(read.answers)
        mixed = mixed[mixed["warning"] != ""].drop_duplicates(["stage", "llm_model_id"])
        for row in mixed.itertuples():
            yield f"! {read.name}: {row.stage}s by {row.llm_model_id}: one cell {row.warning}"
        if read.looks:
            chosen = "; ".join(read.looks)
            yield f"! {read.name}: essays chosen by their scores ({chosen}): its means are too high"
