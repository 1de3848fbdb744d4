"""Essays from elsewhere: texts of people or other programs, and stores of the earlier system."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from daydream.errors import SpecError
from daydream.experiment.csv_rows import ID_PATTERN
from daydream.store.files import write_json, write_text
from daydream.store.ids import imported_id, sha256
from daydream.store.json_file import read_object
from daydream.store.layout import STAGES, Layout, Stage, exists
from daydream.store.membership import CONTROL, IMPORT
from daydream.store.metadata import read_metadata

SUFFIXES = (".txt", ".md")
TEXT_COLUMN = "text"
PARENTS: dict[Stage, Stage] = {"essay": "draft", "evaluation": "essay"}


class Unplaced(NamedTuple):
    """Something that was not imported, and why."""

    name: str
    reason: str


class Text(NamedTuple):
    """A text and where it was found."""

    name: str
    text: str


@dataclass
class Import:
    """What an import did: essays by id, in their order, how many were new, and what was left."""

    essays: dict[str, None] = field(default_factory=dict)
    new: int = 0
    unplaced: list[Unplaced] = field(default_factory=list)


def import_essays(path: Path, source: str, layout: Layout) -> Import:
    """Put essays into the store and write the spec of the cohort ``source`` that evaluates them.

    Done twice it is the same as once: a text's id is a hash of the text and its source, and what
    the store has is left as it is.

    Args:
        path: a folder of .txt and .md files, a .csv with the column ``text``, a .jsonl of objects
            with the key ``text``, or a folder with a gens store of the earlier system.
        source: who or what wrote the texts; also the name of the cohort.
        layout: the data root.

    Raises:
        SpecError: when there is nothing of the kind, or the name cannot be used.

    """
    if not ID_PATTERN.fullmatch(source):
        raise SpecError(
            f"--source '{source}' is not a name. Use letters, digits, '.', '_' and '-' only."
        )
    if source.startswith(CONTROL):
        raise SpecError(f"--source '{source}': names that begin so are those of controls.")
    done = Import()
    if store := _store_in(path):
        _take_store(store, layout, done)
    else:
        for text in _texts(path, done):
            _place(text, source, layout, done)
    if not done.essays:
        left = "; ".join(f"{name}: {reason}" for name, reason in done.unplaced[:5])
        raise SpecError(f"{path}: no essay was found. {left or 'Name a folder with .txt files.'}")
    _write_spec(done, source, layout)
    return done


def place_essays(
    texts: Iterable[Text], source: str, layout: Layout, beside: Iterable[str] = ()
) -> Import:
    """Put texts into the store as essays of ``source``, and write the spec of its cohort.

    ``beside`` are ids of essays of the store that the cohort evaluates as well.
    """
    done = Import(dict.fromkeys(beside))
    for text in texts:
        _place(text, source, layout, done)
    _write_spec(done, source, layout)
    return done


def _texts(path: Path, done: Import) -> Iterator[Text]:
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            name = str(file.relative_to(path))
            if file.suffix.lower() not in SUFFIXES:
                done.unplaced.append(Unplaced(name, f"is neither {' nor '.join(SUFFIXES)}"))
            elif (text := _read(file, name, done)) is not None:
                yield Text(name, text)
    elif path.suffix.lower() == ".csv" and path.is_file():
        yield from _rows(path, done)
    elif path.suffix.lower() == ".jsonl" and path.is_file():
        yield from _lines(path, done)
    else:
        raise SpecError(f"{path} is neither a folder nor a .csv or .jsonl file that is there.")


def _read(path: Path, name: str, done: Import) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        done.unplaced.append(Unplaced(name, f"is not UTF-8 (byte {error.start})"))
        return None


def _rows(path: Path, done: Import) -> Iterator[Text]:
    text = _read(path, path.name, done)
    reader = csv.DictReader(io.StringIO(text or "", newline=""))
    if TEXT_COLUMN not in (reader.fieldnames or ()):
        raise SpecError(f"{path} has no column '{TEXT_COLUMN}'. Name the column of the texts so.")
    for number, row in enumerate(reader, start=2):
        yield Text(f"{path.name}, row {number}", row.get(TEXT_COLUMN) or "")


def _lines(path: Path, done: Import) -> Iterator[Text]:
    text = _read(path, path.name, done) or ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        name = f"{path.name}, line {number}"
        try:
            content = json.loads(line)
        except ValueError as error:
            done.unplaced.append(Unplaced(name, f"is not JSON ({error})"))
            continue
        text_of_line = content.get(TEXT_COLUMN) if isinstance(content, dict) else None
        if isinstance(text_of_line, str):
            yield Text(name, text_of_line)
        else:
            done.unplaced.append(Unplaced(name, f"has no text under '{TEXT_COLUMN}'"))


def _place(essay: Text, source: str, layout: Layout, done: Import) -> None:
    text = essay.text.replace("\r\n", "\n").strip()
    if not text:
        done.unplaced.append(Unplaced(essay.name, "is empty"))
        return
    gen_id = imported_id(source, text)
    if gen_id in done.essays:
        done.unplaced.append(Unplaced(essay.name, f"has the same text as another ({gen_id})"))
        return
    done.essays[gen_id] = None
    folder = layout.generation("essay", gen_id)
    if exists(layout.parsed("essay", gen_id)):
        return
    metadata = {
        "stage": "essay", "gen_id": gen_id, "parent_gen_id": "", "combo_id": "",
        "template_id": IMPORT, "llm_model_id": source, "replicate": 1, "mode": IMPORT,
        "source": source, "imported_from": essay.name, "text_sha256": sha256(text),
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    write_json(f"{folder}/metadata.json", metadata)
    write_text(layout.parsed("essay", gen_id), text)
    done.new += 1


def _store_in(path: Path) -> Path | None:
    """The gens store in a folder: itself, or its subfolder ``gens``."""
    for folder in (path / "gens", path):
        if (folder / "essay").is_dir():
            return folder
    return None


def _take_store(store: Path, layout: Layout, done: Import) -> None:
    """Copy generations with their ids, parents first; a child without its parent is left."""
    for stage in STAGES[:3]:
        folders = sorted(p for p in (store / stage).glob("*") if p.is_dir())
        for folder in folders:
            reason = _take(folder, stage, layout, done)
            if reason:
                done.unplaced.append(Unplaced(f"{stage}/{folder.name}", reason))


def _take(folder: Path, stage: Stage, layout: Layout, done: Import) -> str:
    """Copy one generation; returns why it cannot be placed, or nothing."""
    gen_id = folder.name
    if not ID_PATTERN.fullmatch(gen_id):
        return "its folder's name is not an id"
    metadata = _metadata_of(folder, stage, gen_id)
    parent = PARENTS.get(stage)
    if not (folder / "parsed.txt").is_file():
        return "has no parsed.txt"
    if parent and not metadata["parent_gen_id"]:
        return "no metadata name its parent"
    if parent and not exists(layout.parsed(parent, metadata["parent_gen_id"])):
        return f"its {parent} {metadata['parent_gen_id']} is not in the store"
    if parent:
        made = read_metadata(layout, parent, metadata["parent_gen_id"])
        metadata["combo_id"] = str(made.get("combo_id") or metadata["combo_id"])
    if stage == "essay":
        done.essays[gen_id] = None
    if exists(layout.parsed(stage, gen_id)):
        return ""
    target = layout.generation(stage, gen_id)
    for name in ("prompt.txt", "raw.txt"):
        if (folder / name).is_file():
            write_text(f"{target}/{name}", (folder / name).read_text(encoding="utf-8"))
    write_json(f"{target}/metadata.json", metadata)
    write_text(layout.parsed(stage, gen_id), (folder / "parsed.txt").read_text(encoding="utf-8"))
    done.new += stage == "essay"
    return ""


def _metadata_of(folder: Path, stage: Stage, gen_id: str) -> dict[str, Any]:
    """The metadata of both versions of the earlier system, with our names for what we know."""
    earlier: dict[str, Any] = {}
    for name in ("raw_metadata.json", "parsed_metadata.json", "metadata.json"):
        earlier |= read_object(folder / name)
    replicate = str(earlier.get("replicate") or 1)
    ours = {
        "stage": stage,
        "gen_id": gen_id,
        "parent_gen_id": str(earlier.get("parent_gen_id") or ""),
        "combo_id": str(earlier.get("combo_id") or ""),
        "template_id": str(earlier.get("template_id") or ""),
        "llm_model_id": str(earlier.get("llm_model_id") or earlier.get("model_id") or ""),
        "replicate": int(replicate) if replicate.isdecimal() else 1,
        "mode": IMPORT,
        "original_mode": str(earlier.get("mode") or "llm"),
    }
    return {**earlier, **ours}


def _write_spec(done: Import, source: str, layout: Layout) -> None:
    """The cohort's spec, unless it is there, and its list of essays, earlier ones kept."""
    spec = Path(layout.spec(source))
    items = spec.parent / "items" / "essays.csv"
    known = items.read_text(encoding="utf-8").split()[1:] if items.is_file() else []
    essays = list(dict.fromkeys((*known, *done.essays)))
    if essays != known:
        write_text(items, "\n".join(("gen_id", *essays)) + "\n")
    if not spec.exists():
        write_text(spec, f"# Essays of {source}, judged as the catalogs say.\n{ESSAYS}\n")


ESSAYS = "essays: '@file:items/essays.csv'"
