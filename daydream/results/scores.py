"""The table `parsed_scores`: a row per evaluation, read from parsed.txt, never from raw.txt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from daydream.errors import ParseError
from daydream.parsers import marks_in
from daydream.results.criterion_columns import Marks, kind_of, read_marks, row_with
from daydream.results.csv_text import csv_text
from daydream.results.score_sources import ScoreSources, answer_origin
from daydream.store.files import write_text
from daydream.store.index import member_of, memberships, stored_ids, stored_member
from daydream.store.layout import Layout, Stage, exists
from daydream.store.membership import PARENT_STAGE, Member, Membership
from daydream.store.metadata import as_text, failure_of, is_as_written, read_metadata

Row = TypeVar("Row", bound=NamedTuple)


class ScoreRow(NamedTuple):
    """One evaluation and where it comes from; ``generation_*`` is the essay's template and model.

    ``score`` is on the evaluation template's own scale, None when there is none, and then
    ``error`` says why; ``error_stage``, ``error_kind`` and ``error_cause`` say it as data, see
    :class:`Lack`. ``replicate`` is the evaluation's. Paths are relative to the data root.
    Providers are the families, from the catalog, of the models that wrote; ``*_fallback`` say which
    did so in place of the model that was asked for. ``returned_model`` to ``answered_at``
    are of the evaluation's answer (UTC); words are counted in the parsed texts.
    ``concepts`` are the combo's, by name; ``address_to_judge`` is a passage of the essay. Where
    templates have criteria, rows have a column ``criterion_<name>`` for each behind these, see
    ``criterion_columns``.
    """

    gen_id: str
    parent_gen_id: str
    cohort_id: str
    combo_id: str
    draft_template: str
    generation_template: str
    generation_model: str
    evaluation_template: str
    evaluation_llm_model: str
    replicate: int
    score: float | None
    error: str
    evaluation_response_path: str
    generation_response_path: str
    draft_gen_id: str = ""
    generation_provider: str = ""
    evaluation_provider: str = ""
    essay_words: int | None = None
    draft_words: int | None = None
    returned_model: str = ""
    finish_reason: str = ""
    temperature: float | None = None
    answered_at: str = ""
    concepts: str = ""
    error_stage: str = ""
    error_kind: str = ""
    error_cause: str = ""
    address_to_judge: str = ""
    generation_fallback: str = ""
    evaluation_fallback: str = ""


class Lack(NamedTuple):
    """Why there is no result: at which stage of its lineage, and how.

    ``kind`` is the class of the error that metadata tell of, with its ``cause``; or ``missing``
    (not tried), ``unreadable`` or ``changed`` (``parsed.txt`` as it is now), ``out_of_range``
    (scored on another range than the template's row has now).
    """

    stage: Stage
    kind: str
    message: str
    cause: str = ""


def cohort_scores(layout: Layout, membership: Membership) -> Iterator[ScoreRow]:
    """The evaluations of a cohort, in its order."""
    sources = ScoreSources(layout)
    for member in membership.stage("evaluation"):
        line = membership.lineage(member)
        metadata = read_metadata(layout, "evaluation", member.gen_id)
        yield _row(layout, sources, line["draft"], line["essay"], member, metadata)


def _row(
    layout: Layout,
    sources: ScoreSources,
    draft: Member,
    essay: Member,
    evaluation: Member,
    metadata: Mapping[str, Any],
) -> ScoreRow:
    fallback = as_text(metadata.get("fallback")) or ""
    result = _on_scale(
        sources, evaluation, _result(layout, sources, metadata, draft, essay, evaluation)
    )
    lack = result if isinstance(result, Lack) else None
    marks = result if isinstance(result, Marks) else None
    folder = layout.generation("evaluation", evaluation.gen_id)
    row = ScoreRow(
        gen_id=evaluation.gen_id,
        parent_gen_id=essay.gen_id,
        cohort_id=evaluation.cohort_id,
        combo_id=draft.combo_id,
        draft_template=draft.template_id,
        generation_template=essay.template_id,
        generation_model=essay.llm_model_id,
        evaluation_template=evaluation.template_id,
        evaluation_llm_model=evaluation.llm_model_id,
        replicate=evaluation.replicate,
        score=marks.score if marks else None,
        error=lack.message if lack else "",
        evaluation_response_path=layout.relative(f"{folder}/raw.txt"),
        generation_response_path=_essay_path(layout, essay),
        draft_gen_id=draft.gen_id,
        generation_provider=sources.writer_family(draft, essay),
        evaluation_provider=sources.family(evaluation.llm_model_id, fallback),
        essay_words=sources.words("essay", essay.gen_id),
        draft_words=sources.words("draft", draft.gen_id),
        **answer_origin(metadata)._asdict(),
        concepts=sources.concepts(draft.combo_id),
        error_stage=lack.stage if lack else "",
        error_kind=lack.kind if lack else "",
        error_cause=lack.cause if lack else "",
        address_to_judge=sources.address(essay.gen_id),
        generation_fallback=sources.writer_fallback(draft, essay),
        evaluation_fallback=fallback,
    )
    columns = sources.criterion_columns
    if not columns:
        return row
    by_criterion = marks.columns if marks else {}
    extended: ScoreRow = row_with(ScoreRow, columns)(*row, *map(by_criterion.get, columns))
    return extended


def _essay_path(layout: Layout, essay: Member) -> str:
    return layout.relative(layout.parsed("essay", essay.gen_id)) if essay.gen_id else ""


def _result(
    layout: Layout,
    sources: ScoreSources,
    metadata: Mapping[str, Any],
    draft: Member,
    essay: Member,
    evaluation: Member,
) -> Marks | Lack:
    """The score, with the marks that it is made of where its template has criteria."""
    criteria = sources.criteria.get(evaluation.template_id, ())
    try:
        with open(layout.parsed("evaluation", evaluation.gen_id), "rb") as file:
            content = file.read()
        text = content.decode("utf-8")
        has_marks = bool(criteria or marks_in(text))
        result = read_marks(text, criteria) if has_marks else Marks(float(text), {})
    except FileNotFoundError:
        return why_missing(layout, draft, essay, evaluation)
    except ParseError as error:
        return Lack("evaluation", "unreadable", str(error), "other_criteria")
    except (ValueError, OSError) as error:
        return Lack("evaluation", "unreadable", f"parsed.txt cannot be read: {error}")
    if not math.isfinite(result.score):
        message = f"parsed.txt is not a finite number: {text.strip()}"
        return Lack("evaluation", "unreadable", message)
    if not is_as_written(metadata, content):
        message = "parsed.txt was changed after it was written. Delete it and run snakemake"
        return Lack("evaluation", "changed", message)
    return result


def _on_scale(sources: ScoreSources, evaluation: Member, result: Marks | Lack) -> Marks | Lack:
    """The result; a lack if it was scored before somebody edited the range of its template.

    Its share of the new range would mean nothing.
    """
    scale = sources.scales.get(evaluation.template_id)
    if isinstance(result, Lack) or scale is None or scale.low <= result.score <= scale.high:
        return result
    message = (
        f"the score {result.score:g} is not within {scale.low:g} to {scale.high:g}, the range of "
        f"{evaluation.template_id} now. Put the old range back, or force a new evaluation"
    )
    return Lack("evaluation", "out_of_range", message)


def why_missing(layout: Layout, *lineage: Member) -> Lack:
    """The first failure on the way from the draft to the last of ``lineage``."""
    for member in lineage:
        if member.gen_id and not Path(layout.parsed(member.stage, member.gen_id)).is_file():
            error = failure_of(layout, member.stage, member.gen_id)
            where = "" if member is lineage[-1] else f"{member.stage} {member.gen_id}: "
            if error is None:
                return Lack(member.stage, "missing", where + "parsed.txt is missing")
            return Lack(member.stage, error.kind, where + error.text, error.cause)
    return Lack(lineage[-1].stage, "missing", "parsed.txt is missing")


def store_scores(layout: Layout) -> Iterator[ScoreRow]:
    """Every evaluation in the store, whichever cohort asked for it, ordered by gen_id.

    ``cohort_id`` names all cohorts that contain it, separated by blanks. A folder with neither
    metadata.json nor parsed.txt, as of a prompt that was only rendered, is no evaluation yet.
    """
    cohorts, sources = _cohorts_by_evaluation(layout), ScoreSources(layout)

    @cache  # an essay has many evaluations
    def parent(stage: Stage, gen_id: str) -> Member:
        return stored_member(layout, stage, gen_id)

    for gen_id in stored_ids(layout, "evaluation"):
        if not _is_begun(layout.generation("evaluation", gen_id)):
            continue
        metadata = read_metadata(layout, "evaluation", gen_id)
        evaluation = member_of(metadata, "evaluation", gen_id, cohorts.get(gen_id, ""))
        essay = parent(PARENT_STAGE["evaluation"], evaluation.parent_gen_id)
        draft = parent(PARENT_STAGE["essay"], essay.parent_gen_id)
        yield _row(layout, sources, draft, essay, evaluation, metadata)


def _is_begun(folder: str) -> bool:
    return any(exists(f"{folder}/{name}") for name in ("metadata.json", "parsed.txt"))


def _cohorts_by_evaluation(layout: Layout) -> dict[str, str]:
    names: dict[str, list[str]] = {}
    for membership in memberships(layout):
        for gen_id in membership.by_stage["evaluation"]:
            names.setdefault(gen_id, []).append(membership.cohort_id)
    return {gen_id: " ".join(sorted(ids)) for gen_id, ids in names.items()}


def write_scores(path: str, rows: Iterable[ScoreRow]) -> None:
    """Write score rows as CSV; a missing score is blank."""
    listed = list(rows)
    write_rows(path, kind_of(listed, ScoreRow), listed)


def write_rows(path: str, kind: type[Row], rows: Iterable[Row]) -> None:
    """Write rows of one kind as CSV, a column per field; None is blank."""
    write_text(path, csv_text([kind._fields, *rows]))
