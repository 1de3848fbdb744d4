"""Essays that already exist, chosen by hand for (re-)evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from daydream.errors import CohortError
from daydream.store.file_errors import file_error
from daydream.store.layout import Layout, Stage, exists
from daydream.store.membership import IMPORT, Member


def selected_lineages(layout: Layout) -> Iterator[Member]:
    """The drafts and essays of ``2_tasks/selected_essays.txt``, each once, parents first.

    Raises:
        CohortError: when the file names no essay, or one without a lineage in the store.

    """
    essay_ids = _read_ids(layout.selected_essays)
    if not essay_ids:
        raise CohortError(
            f"{layout.selected_essays} names no essay. Write one gen_id a line, or remove the file."
        )
    yield from lineages_of(layout, essay_ids, layout.selected_essays)


def lineages_of(layout: Layout, essay_ids: Iterable[str], origin: str) -> Iterator[Member]:
    """Some essays of the store and their drafts, each once, parents first.

    Args:
        layout: the data root.
        essay_ids: gen_ids; one that was made elsewhere has no draft.
        origin: the file that names them.

    Raises:
        CohortError: when one has no lineage in the store.

    """
    drafts: set[str] = set()
    for essay_id in essay_ids:
        essay, draft = _lineage(layout, essay_id, origin)
        if draft is not None and draft.gen_id not in drafts:
            drafts.add(draft.gen_id)
            yield draft
        yield essay


def _read_ids(path: str) -> list[str]:
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise CohortError(str(file_error(error))) from error
    except UnicodeDecodeError as error:
        raise CohortError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    ids = (line.split("#", 1)[0].strip() for line in lines)
    return list(dict.fromkeys(gen_id for gen_id in ids if gen_id))


def _lineage(layout: Layout, essay_id: str, origin: str) -> tuple[Member, Member | None]:
    essay = _metadata(layout, "essay", essay_id, essay_id, origin)
    parsed = layout.parsed("essay", essay_id)
    if not exists(parsed):
        raise _no_lineage(origin, essay_id, f"{parsed} does not exist")
    draft_id = str(essay.get("parent_gen_id") or "")
    if not draft_id and essay.get("mode") == essay.get("template_id") == IMPORT:
        return _member("essay", essay_id, "", str(essay.get("combo_id") or ""), essay), None
    if not draft_id:
        path = f"{layout.generation('essay', essay_id)}/metadata.json"
        raise _no_lineage(origin, essay_id, f"{path} has no parent_gen_id")
    draft = _metadata(layout, "draft", draft_id, essay_id, origin)
    combo = str(draft.get("combo_id") or essay.get("combo_id") or "")
    return (
        _member("essay", essay_id, draft_id, combo, essay),
        _member("draft", draft_id, "", combo, draft),
    )


def _metadata(
    layout: Layout, stage: Stage, gen_id: str, essay_id: str, origin: str
) -> dict[str, Any]:
    path = f"{layout.generation(stage, gen_id)}/metadata.json"
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _no_lineage(origin, essay_id, f"{path} does not exist") from None
    except OSError as error:
        raise _no_lineage(origin, essay_id, str(file_error(error))) from error
    except (ValueError, RecursionError) as error:
        raise _no_lineage(origin, essay_id, f"{path} is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise _no_lineage(origin, essay_id, f"{path} is not a JSON object")
    return content


def _no_lineage(origin: str, essay_id: str, why: str) -> CohortError:
    return CohortError(
        f"{origin}: essay {essay_id} has no lineage in the store: {why}. "
        "Remove the line, or restore the folder."
    )


def _member(stage: Stage, gen_id: str, parent: str, combo: str, metadata: dict[str, Any]) -> Member:
    replicate = metadata.get("replicate") or 1
    if not isinstance(replicate, int):
        raise CohortError(
            f"metadata.json of {stage} {gen_id}: replicate '{replicate}' is not a whole number. "
            "Mend it, or remove the essay from selected_essays.txt."
        )
    return Member(
        stage=stage,
        gen_id=gen_id,
        cohort_id="",
        parent_gen_id=parent,
        combo_id=combo,
        template_id=str(metadata.get("template_id") or ""),
        llm_model_id=str(metadata.get("llm_model_id") or ""),
        replicate=replicate,
    )
