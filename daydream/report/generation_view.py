"""One essay with its lineage and its evaluations, for its page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path
from typing import Any, NamedTuple

from daydream.experiment.catalog import description_file
from daydream.formats import printable
from daydream.report import grid
from daydream.report.names import Names
from daydream.report.text import DisplayText, display_text, link, read_display_text
from daydream.store.layout import LEVELS, Layout, Stage
from daydream.store.ledger import read_attempts
from daydream.store.membership import Member
from daydream.store.metadata import read_metadata

UP = "../../.."  # from an essay's page to the data root
TEMPLATE_COLUMN: Mapping[Stage, str] = {
    "draft": "draft_template",
    "essay": "generation_template",
    "evaluation": "evaluation_template",
    "comparison": "comparison_template",
}
_MIN_USD = 1e-6
_FILES = ("prompt.txt", "raw.txt", "parsed.txt", "metadata.json", "attempts.jsonl")


class File(NamedTuple):
    """A file and the way to it from an essay's page."""

    name: str
    href: str


class MetadataEntry(NamedTuple):
    """A line of the metadata of a generation."""

    name: str
    value: str


class ConceptShown(NamedTuple):
    """A concept; ``level`` is the one whose file is shown, blank when there is only the name."""

    concept_id: str
    name: str
    level: str
    text: DisplayText


@dataclass(frozen=True)
class GenerationView:
    """A generation: what was asked, what came, and why it failed if it did."""

    gen_id: str
    template: str
    model: str
    replicate: int
    is_copy: bool
    is_made: bool
    error: str
    metadata: tuple[MetadataEntry, ...]
    files: tuple[File, ...]
    prompt: DisplayText | None
    raw: DisplayText | None
    parsed: DisplayText | None
    thoughts: DisplayText | None


def read_generation_view(layout: Layout, names: Names, member: Member) -> GenerationView:
    """A generation's texts; what is missing is None or blank."""
    folder = layout.generation(member.stage, member.gen_id)
    metadata = read_metadata(layout, member.stage, member.gen_id)
    parsed = read_display_text(f"{folder}/parsed.txt")
    return GenerationView(
        gen_id=member.gen_id,
        template=names.of(TEMPLATE_COLUMN[member.stage], member.template_id),
        model=names.of("llm_model_id", member.llm_model_id),
        replicate=member.replicate,
        is_copy=metadata.get("mode") == "copy",
        is_made=parsed is not None,
        error=_error(metadata),
        metadata=tuple(_entries(metadata)),
        files=_files(layout, folder),
        prompt=read_display_text(f"{folder}/prompt.txt"),
        raw=read_display_text(f"{folder}/raw.txt"),
        parsed=parsed,
        thoughts=_thoughts(folder, metadata),
    )


def _error(metadata: Mapping[str, Any]) -> str:
    error = metadata.get("error")
    if not isinstance(error, dict):
        return ""
    return printable(f"{error.get('kind', 'Error')}: {error.get('message', '')}")


def _entries(metadata: Mapping[str, Any]) -> list[MetadataEntry]:
    counted = metadata.get("usage")
    usage: dict[str, Any] = counted if isinstance(counted, dict) else {}
    lines = {
        "Model asked": metadata.get("model"),
        "Model that answered": metadata.get("returned_model"),
        "Fallback for the model of this cell": metadata.get("fallback"),
        "Why the fallback": metadata.get("fallback_reason"),
        "Endpoint": metadata.get("endpoint"),
        "Tokens in": _counted(usage.get("prompt_tokens")),
        "Tokens out": _counted(usage.get("completion_tokens")),
        "of these reasoning": _counted(usage.get("reasoning_tokens")),
        "Cost": _dollars(metadata.get("cost_usd"), bool(usage)),
        "Finish reason": metadata.get("finish_reason"),
        "Seconds": _counted(metadata.get("latency_s"), 1),
        "Answered": metadata.get("answered_at"),
    }
    return [
        MetadataEntry(name, printable(str(value)))
        for name, value in lines.items()
        if value is not None
    ]


def _counted(value: object, places: int = 0) -> str | None:
    number = grid.as_float(value)
    return None if number is None else grid.plain(number, places)


def _dollars(value: object, is_counted: bool) -> str | None:
    usd = grid.as_float(value)
    if usd is None or not (usd or is_counted):
        return "unknown" if is_counted else None
    text = "below 0.000001" if 0 < usd < _MIN_USD else f"{usd:.6f}".rstrip("0").rstrip(".")
    return f"{text} USD"


def _files(layout: Layout, folder: str) -> tuple[File, ...]:
    here = link(layout.relative(folder))
    return tuple(File(n, f"{UP}/{here}/{n}") for n in _FILES if isfile(f"{folder}/{n}"))


def _thoughts(folder: str, metadata: Mapping[str, Any]) -> DisplayText | None:
    """What a reasoning model thought before the answer in use."""
    if not _has_thoughts(folder):
        return None
    thoughts = [
        attempt.reasoning
        for attempt in read_attempts(folder)
        if attempt.reasoning and attempt.fingerprint == metadata.get("fingerprint")
    ]
    return display_text(str(thoughts[-1])) if thoughts else None


def _has_thoughts(folder: str) -> bool:
    """Most ledgers have none, and looking for the key takes a tenth of reading them."""
    try:
        with open(f"{folder}/attempts.jsonl", "rb") as file:
            return b'"reasoning":' in file.read()
    except OSError:
        return False


def read_concepts(layout: Layout, names: Names, combo_id: str) -> tuple[ConceptShown, ...]:
    """The concepts of a combo with the descriptions that a prompt would be made of now."""
    combo = names.combos.get(combo_id)
    if combo is None:
        return ()
    return tuple(
        _concept(layout, names, concept_id, combo.level) for concept_id in combo.concept_ids
    )


def _concept(layout: Layout, names: Names, concept_id: str, level: str) -> ConceptShown:
    name = names.concepts.get(concept_id, concept_id)
    path = description_file(layout, concept_id, level if level in LEVELS else LEVELS[-1])
    text = None if path is None else read_display_text(path)
    if path is None or text is None:
        return ConceptShown(concept_id, name, "", DisplayText(name))
    return ConceptShown(concept_id, name, Path(path).parent.name.partition("-")[2], text)


def reasoning_of(raw: DisplayText | None) -> DisplayText | None:
    """The reasoning in an answer that was asked for as JSON; None for any other answer."""
    if raw is None or not raw.text.lstrip().startswith("{"):
        return None
    try:
        content = json.loads(raw.text)
    except ValueError:
        return None
    reasoning = content.get("reasoning")
    return display_text(reasoning) if isinstance(reasoning, str) and reasoning else None
