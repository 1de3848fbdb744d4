"""What a row of ``parsed_scores`` says beside the score: families, lengths, how the answer came."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from daydream.errors import CatalogError
from daydream.experiment.catalog import read_criteria_column, read_scales
from daydream.experiment.concept_names import combo_names
from daydream.experiment.csv_rows import read_table
from daydream.experiment.model import model_family
from daydream.parsers import Criterion, ScoreRange, address_to_judge
from daydream.results.criterion_columns import criterion_columns
from daydream.store.layout import Layout, Stage, exists
from daydream.store.membership import Member
from daydream.store.metadata import as_number, as_text, read_metadata


class AnswerOrigin(NamedTuple):
    """How an answer came, as its metadata tell it; None (blank in a CSV) where they do not."""

    returned_model: str
    finish_reason: str
    temperature: float | None
    answered_at: str


class Writer(NamedTuple):
    """Who wrote a text where its model did not: a fallback, "" where the model did."""

    is_copy: bool
    fallback: str


class TextFacts(NamedTuple):
    """What is counted and looked for in a parsed text; ``words`` is None when there is no text."""

    words: int | None
    address: str


class ScoreSources:
    """The catalogs and texts that rows of scores are filled from, each read once."""

    def __init__(self, layout: Layout) -> None:
        path = layout.templates_csv("evaluation")
        self.scales: Mapping[str, ScoreRange] = read_scales(path) if exists(path) else {}
        self.criteria: Mapping[str, tuple[Criterion, ...]] = (
            read_criteria_column(path) if exists(path) else {}
        )
        self.criterion_columns = criterion_columns(self.criteria)
        self._families = model_families(layout)
        self._combos = combo_names(layout)
        self._layout = layout
        self._facts = cache(self._read)
        self._writer = cache(self._read_writer)

    def family(self, model_id: str, fallback: str = "") -> str:
        """The provider of a model, or of the fallback that answered in its place.

        ``""`` of one that the catalog does not have any more. A fallback that is no model is an
        endpoint: there the model is the same.
        """
        return self._families.get(fallback, self._families.get(model_id, ""))

    def writer_family(self, draft: Member, essay: Member) -> str:
        """The provider of the model that wrote an essay, which for a copy is that of its draft."""
        writer = self._writer("essay", essay.gen_id)
        if writer.is_copy:
            writer = self._writer("draft", draft.gen_id)
        return self.family(essay.llm_model_id, writer.fallback)

    def writer_fallback(self, draft: Member, essay: Member) -> str:
        """The fallbacks that wrote an essay or its draft, ``""`` when the model itself wrote."""
        writers = (self._writer("draft", draft.gen_id), self._writer("essay", essay.gen_id))
        return " ".join(dict.fromkeys(writer.fallback for writer in writers if writer.fallback))

    def _read_writer(self, stage: Stage, gen_id: str) -> Writer:
        metadata = read_metadata(self._layout, stage, gen_id) if gen_id else {}
        return Writer(metadata.get("mode") == "copy", as_text(metadata.get("fallback")) or "")

    def concepts(self, combo_id: str) -> str:
        """The names of a combo's concepts, its id where nothing names them."""
        return self._combos.get(combo_id, combo_id)

    def words(self, stage: Stage, gen_id: str) -> int | None:
        """How many words, separated by white space, a parsed text has; None without one."""
        return self._facts(stage, gen_id).words if gen_id else None

    def address(self, essay: str) -> str:
        """The first passage of an essay that speaks to its judge, ``""`` when none does."""
        return self._facts("essay", essay).address if essay else ""

    def _read(self, stage: Stage, gen_id: str) -> TextFacts:
        try:
            text = Path(self._layout.parsed(stage, gen_id)).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return TextFacts(None, "")
        return TextFacts(len(text.split()), address_to_judge(text) if stage == "essay" else "")


def model_families(layout: Layout) -> dict[str, str]:
    """The family of every model in the catalog: its ``provider``, lower case.

    A blank provider is read from the model's own name, ``openai/gpt-5`` being OpenAI's.
    """
    try:
        rows = read_table(layout.models_csv, ("id",), "id")
    except CatalogError:
        return {}
    return {row.text("id"): model_family(row.text("provider"), row.text("model")) for row in rows}


def answer_origin(metadata: Mapping[str, Any]) -> AnswerOrigin:
    """What ``metadata.json`` says of the answer in use."""
    parameters = metadata.get("parameters")
    temperature = parameters.get("temperature") if isinstance(parameters, dict) else None
    keys = metadata.get("body_keys")
    if isinstance(keys, dict) and keys.get("temperature", "") is None:
        temperature = None  # it was not sent, so the provider's own was in force
    return AnswerOrigin(
        returned_model=as_text(metadata.get("returned_model")) or "",
        finish_reason=as_text(metadata.get("finish_reason")) or "",
        temperature=as_number(temperature),
        answered_at=as_text(metadata.get("answered_at")) or "",
    )
