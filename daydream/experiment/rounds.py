"""Rounds: the next cohort after a look at the scores, and essays that become concepts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from daydream.errors import CatalogError, SpecError
from daydream.experiment.catalog import CONCEPT_COLUMNS, read_catalog
from daydream.experiment.csv_rows import read_table
from daydream.experiment.earlier_scores import mean_scores
from daydream.experiment.essay_title import read_opening
from daydream.experiment.settings import Settings
from daydream.experiment.spec import read_spec
from daydream.store.files import append_line, write_text
from daydream.store.index import memberships
from daydream.store.layout import Layout, exists
from daydream.store.membership import Membership, read_membership

PROVENANCE = ("concept_id", "essay", "cohort_id", "promoted_at")


class Round(NamedTuple):
    """A next cohort: its name and spec, and how many of how many essays are kept."""

    cohort: str
    spec: str
    kept: int
    of: int
    replicates: int
    judges: tuple[str, ...]


def next_round(cohort: str, n: int, name: str | None, settings: Settings, layout: Layout) -> Round:
    """Write the spec of a next cohort: the n best essays, twice the replicates, every judge.

    One step of successive halving (Karnin, Koren and Somekh 2013): half of the essays or fewer are
    kept, and what that saves is spent on the rest. Essays are ranked by the mean of their scores,
    each normalised to its template's scale; ties are broken by gen_id. The spec records the look.
    Old answers are replicates 1 to r of the new cohort, and are not paid again.

    Args:
        cohort: the cohort that was looked at.
        n: essays to keep.
        name: of the next cohort; None counts on: june, june_2, june_3.
        settings: whose endpoints the catalogs refer to.
        layout: the data root.

    Raises:
        SpecError: when there are no scores, or the next cohort has another spec already.

    """
    means = _means(cohort, layout)
    best = sorted(means, key=lambda essay: (-means[essay], essay))[:n]
    membership = read_membership(layout.membership(cohort))
    members = list(membership.stage("evaluation"))
    used = list(dict.fromkeys(member.llm_model_id for member in members))
    active = [m.id for m in read_catalog(layout, settings).evaluation_models]
    judges = tuple(dict.fromkeys((*used, *active)))
    replicates = 2 * max(member.replicate for member in members)
    of = len(membership.essays)
    looks, exclude = _earlier(cohort, layout)
    content: dict[str, Any] = {
        "essays": "@file:items/essays.csv",
        "axes": {
            "evaluation_template": list(dict.fromkeys(member.template_id for member in members)),
            "evaluation_llm": list(judges),
            "evaluation_replicate": list(range(1, replicates + 1)),
        },
        **({"rules": {"exclude": exclude}} if exclude else {}),
        "looks": [look._asdict() for look in (*looks, _Look(cohort, len(best), of))],
    }
    target = name or _following(cohort)
    _write(target, content, best, layout)
    return Round(target, layout.spec(target), len(best), of, replicates, judges)


class _Look(NamedTuple):
    cohort: str
    kept: int
    of: int


def _following(cohort: str) -> str:
    numbered = re.fullmatch(r"(.+)_(\d+)", cohort)
    return f"{numbered[1]}_{int(numbered[2]) + 1}" if numbered else f"{cohort}_2"


def _means(cohort: str, layout: Layout) -> Mapping[str, float]:
    path = layout.scores(cohort)
    if not exists(path):
        raise SpecError(
            f"there are no scores of cohort {cohort} ({path}). Make them: "
            f"snakemake results_processing --config cohort={cohort}"
        )
    means = mean_scores(layout, cohort, by="parent_gen_id")
    if not means:
        raise SpecError("no essay has a score. See what failed: daydream failures.")
    return means


def _earlier(cohort: str, layout: Layout) -> tuple[list[_Look], list[dict[str, bool]]]:
    """The looks before this one, and the exclusions of judges, which stay in force."""
    if not exists(layout.spec(cohort)):
        return [], []
    spec = read_spec(Path(layout.spec(cohort)))
    flags = ("self_judging", "same_provider")
    exclude = [
        {flag: True}
        for flag in flags
        if any(getattr(e, flag) and not e.levels for e in spec.exclude)
    ]
    return [_Look(k.cohort, k.kept, k.of) for k in spec.looks], exclude


def _write(cohort: str, content: dict[str, Any], essays: Sequence[str], layout: Layout) -> None:
    spec = Path(layout.spec(cohort))
    items = spec.parent / "items" / "essays.csv"
    texts = {
        items: "\n".join(("gen_id", *essays)) + "\n",
        spec: yaml.safe_dump(content, sort_keys=False),
    }
    for path, text in texts.items():
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise SpecError(
                f"{path} is there and asks for something else. Give the round another name: --name."
            )
    for path, text in texts.items():
        if not path.exists():
            write_text(path, text)


@dataclass(frozen=True)
class Promoted:
    """An essay that is a concept now; ``is_new`` is false when it was one before."""

    concept_id: str
    name: str
    is_new: bool


def promote(essays: Sequence[str], cohort: str, layout: Layout) -> list[Promoted]:
    """Make concepts of essays: a row, the whole text as article, its first paragraph as paragraph.

    Its name is the essay's title, or how it begins.
    The concept's id is the essay's gen_id; ``1_raw/concepts/provenance.csv`` tells where it is
    from: ``cohort``, or another one if only that has the essay. An essay that is a concept already
    stays as it is.

    Raises:
        SpecError: when an essay is not in the store; then nothing is written.

    """
    texts = {essay: _text(essay, layout) for essay in dict.fromkeys(essays)}
    path = layout.raw("concepts_metadata.csv")
    known = {row.text("concept_id"): row.text("name") for row in read_table(path, CONCEPT_COLUMNS)}
    done, cohorts = [], list(memberships(layout))
    for essay, text in texts.items():
        if essay in known:
            done.append(Promoted(essay, known[essay], False))
            continue
        title, paragraph = read_opening(text)
        name = known[essay] = _own_name(title, known.values())
        write_text(layout.description("article", essay), text)
        write_text(layout.description("paragraph", essay), paragraph)
        origin = _origin(essay, cohort, cohorts)
        _append(layout.raw("concepts/provenance.csv"), PROVENANCE, essay, origin)
        cells = {"concept_id": essay, "name": name, "active": "true"}
        _append_row(path, cells)
        done.append(Promoted(essay, name, True))
    return done


def _origin(essay: str, cohort: str, cohorts: Sequence[Membership]) -> str:
    """A cohort that has the essay, rather this one."""
    having = [m.cohort_id for m in cohorts if essay in m.by_stage["essay"]]
    return cohort if cohort in having or not having else having[0]


def _text(essay: str, layout: Layout) -> str:
    path = layout.parsed("essay", essay)
    if not exists(path):
        raise SpecError(f"there is no essay {essay} ({path}). Nothing was promoted.")
    text = Path(path).read_text(encoding="utf-8").strip()
    if not text:
        raise SpecError(f"{path} is empty. Nothing was promoted.")
    return text


def _own_name(name: str, taken: Collection[str]) -> str:
    """The name, numbered where another concept has it: prompts tell concepts by their names."""
    numbered = (f"{name} ({n})" for n in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _append(path: str, header: Sequence[str], essay: str, cohort: str) -> None:
    if not exists(path):
        write_text(path, ",".join(header) + "\n")
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    append_line(path, f"{essay},{essay},{cohort},{moment}")


def _append_row(path: str, cells: Mapping[str, str]) -> None:
    """A row in the columns that the file has."""
    text = Path(path).read_text(encoding="utf-8-sig")
    header = [name.strip() for name in next(csv.reader(io.StringIO(text)), [])]
    if not set(CONCEPT_COLUMNS) <= set(header):
        raise CatalogError(f"{path} has no {' and '.join(CONCEPT_COLUMNS)}. Fix its header.")
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([cells.get(name, "") for name in header])
    append_line(path, buffer.getvalue())
