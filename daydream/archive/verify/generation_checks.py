"""Checks of a generation against what it was made from: template, parents, ledger, parser."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from daydream.archive.verify.earlier_parents import EarlierParents
from daydream.archive.verify.findings import Finding, Outcome, Skip, clipped, first_difference
from daydream.archive.verify.folder import StoredGeneration, text_of
from daydream.archive.verify.membership_checks import again
from daydream.errors import CatalogError, ParseError, PromptError
from daydream.experiment.model import Catalog, Template
from daydream.generation.parse import parse
from daydream.generation.prompt_builder import PromptBuilder
from daydream.generation.prompt_sources import changed_sources, source_name
from daydream.generation.prompt_text import Prompt
from daydream.generation.prompts import read_text
from daydream.llm.request import fingerprint
from daydream.llm.structured import earlier_bodies, request_body
from daydream.store.layout import exists
from daydream.store.ledger import NAME, Attempt
from daydream.store.membership import PARENT_STAGE, is_control, parent_stage

_FIELDS_OF_ATTEMPT = {
    "answered_at": "at",
    "attempts": "attempt",
    **{name: name for name in ("endpoint", "model", "returned_model", "parameters")},
    **{name: name for name in ("provider", "system_fingerprint", "fallback", "fallback_reason")},
    **{name: name for name in ("finish_reason", "usage", "cost_usd", "latency_s")},
}


@dataclass(frozen=True)
class GenerationChecks:
    """Checks of made generations; ``prompts`` renders what they were asked."""

    prompts: PromptBuilder

    @property
    def _catalog(self) -> Catalog:
        return self.prompts.design.catalog

    @property
    def _earlier(self) -> EarlierParents:
        return EarlierParents(self.prompts.design)

    def _template(self, stored: StoredGeneration) -> Template | None:
        try:
            return self._catalog.template(stored.member.stage, stored.member.template_id)
        except CatalogError:
            return None

    def is_copy(self, stored: StoredGeneration) -> bool:
        """Whether it is its draft, word for word, or a control: it has no prompt and no answer."""
        if is_control(stored.member):
            return True
        if stored.own_metadata:
            return bool(stored.own_metadata["mode"] == "copy")
        template = self._template(stored)
        return template is not None and template.is_copy

    def check_prompt(self, stored: StoredGeneration) -> Outcome:
        """``prompt.txt`` has the hash that the metadata tell."""
        if not (expected := stored.own_metadata.get("prompt_sha256")):
            return Skip("no hash of the prompt in metadata.json")
        if stored.prompt is None:
            return _missing(stored, "prompt.txt")
        found = hashlib.sha256(stored.prompt).hexdigest()
        if found == expected:
            return None
        hashes = (f"sha256 {expected}, as in metadata.json", f"sha256 {found}")
        return Finding(stored.path("prompt.txt"), *hashes, again(stored))

    def check_rendering(self, stored: StoredGeneration) -> Outcome:
        """``prompt.txt`` is what template and parents render to."""
        if not stored.own_metadata.get("prompt_sha256"):
            return Skip("no hash of the prompt in metadata.json")
        if stored.prompt is None:
            return Skip("no prompt.txt")
        if self._template(stored) is None:
            return Skip("its template is no longer in the catalog")
        if lost := self._lost_parents(stored):
            return lost
        if earlier := self.earlier_text(stored):
            return Skip(f"made with an earlier text of {earlier}")
        try:
            rendered = self.prompts.prompt(stored.member)
        except (PromptError, KeyError) as error:
            reason = str(error) if isinstance(error, PromptError) else f"{error} is not there"
            return self._rendered_from_others(stored, "a prompt", f"none: {reason}")
        if rendered.text.encode("utf-8", "replace") == stored.prompt:
            return None
        if reason := self._earlier.of_prompt(stored):
            return Skip(reason)
        return self._rendered_from_others(
            stored, *first_difference(rendered.text, text_of(stored.prompt))
        )

    def earlier_text(self, stored: StoredGeneration) -> str:
        """What of its researcher's texts was edited after it was made; blank when nothing was."""
        recorded = stored.own_metadata.get("sources")
        if not isinstance(recorded, dict) or self._template(stored) is None:
            return ""
        changed = changed_sources(recorded, self.prompts.sources.hashes(stored.member))
        return " and ".join(map(source_name, changed))

    def _lost_parents(self, stored: StoredGeneration) -> Finding | None:
        layout, stage = self.prompts.layout, parent_stage(stored.member)
        for gen_id in stored.member.parents:
            path = layout.parsed(stage, gen_id) if stage else ""
            if stage and not exists(path):
                where, missing_text = layout.relative(path), f"the {stage} behind {stored.path('')}"
                return Finding(
                    where, missing_text, "the file is missing", f"Make it: snakemake {path}"
                )
        return None

    def _rendered_from_others(self, stored: StoredGeneration, expected: str, found: str) -> Finding:
        layout, member = self.prompts.layout, stored.member
        sources = [layout.relative(layout.template(member.stage, member.template_id))]
        if stage := PARENT_STAGE.get(member.stage):
            sources += [layout.relative(layout.parsed(stage, gen_id)) for gen_id in member.parents]
        else:
            sources.append(f"the descriptions of {member.combo_id}")
        return Finding(
            stored.path("prompt.txt"),
            f"{expected} (rendered now)",
            f"{found} (rendered from another version of {' or '.join(sources)})",
            "Restore what was edited, or make the generation again, which asks the model: "
            f"snakemake {layout.parsed(member.stage, member.gen_id)}",
        )

    def check_answer(self, stored: StoredGeneration) -> Outcome:
        """``raw.txt`` is an answer of the ledger, and the metadata tell of that one."""
        if not (requested := stored.own_metadata.get("fingerprint")):
            return Skip("no fingerprint in metadata.json")
        if stored.attempts is None:
            return Skip("no ledger")
        if stored.raw is None:
            return _missing(stored, "raw.txt")
        answers = [a for a in stored.attempts if a.is_answer and a.fingerprint == requested]
        if not answers:
            instead = f"{len(stored.attempts)} attempts, none of them that answer"
            return Finding(stored.path(NAME), f"an answer to {requested}", instead, RESTORE_LEDGER)
        same = [a for a in answers if _bytes(a.text) == stored.raw]
        if not same:
            texts = (str(answers[-1].text or ""), text_of(stored.raw))
            return Finding(stored.path("raw.txt"), *first_difference(*texts), again(stored))
        return _compare_with_ledger(stored, same)

    def check_fingerprint(self, stored: StoredGeneration) -> Outcome:
        """The fingerprint of the answer is that of ``prompt.txt`` and what else was asked."""
        requested, template = stored.own_metadata.get("fingerprint"), self._template(stored)
        answers = [a for a in stored.attempts or () if a.is_answer and a.fingerprint == requested]
        if not answers or stored.prompt is None:
            return Skip("no ledger" if stored.attempts is None else "no such answer in the ledger")
        if template is None:
            return Skip("its template is no longer in the catalog")
        answer = answers[-1]
        parameters: Mapping[str, Any] = answer.parameters
        constraint = parameters.get("structured", "")
        key = (answer.model, answer.endpoint, parameters, answer.replicate)
        shape = request_body(constraint, template.scale, template.criteria_names)
        prompt = Prompt.read(text_of(stored.prompt), stored.own_metadata.get("system_sha256"))
        shapes = (shape, *earlier_bodies(constraint, template.scale))
        own, *earlier = (fingerprint(prompt.user, *key, s, prompt.system) for s in shapes)
        if requested in (own, *earlier):
            return None
        fingerprints = (f"fingerprint {own}, of prompt.txt and what the line says", f"{requested}")
        return Finding(stored.path(NAME), *fingerprints, RESTORE_LEDGER)

    def check_parsed(self, stored: StoredGeneration) -> Outcome:
        """``parsed.txt`` is what the template's parser takes from ``raw.txt``, or the draft."""
        if is_control(stored.member) and not stored.member.second_gen_id:
            return None  # its id is a hash of its text, and was checked
        if self.is_copy(stored):
            return self._check_copy(stored)
        template = self._template(stored)
        if stored.raw is None or template is None:
            return Skip("no raw.txt" if template else "its template is no longer in the catalog")
        parameters = stored.own_metadata.get("parameters")
        try:
            given = parameters if isinstance(parameters, dict) else {}
            expected = parse(template, given, text_of(stored.raw))
        except KeyError:
            return Skip("its parser is no longer there")
        except ParseError as error:
            expected = None
            no_text = f"no parsed.txt, as the parser finds nothing: {clipped(str(error))}"
        if expected is not None and _bytes(expected) == stored.parsed:
            return None
        if not stored.own_metadata:
            if expected is not None and _is_alike(expected, stored.parsed or b""):
                return None
            return Skip("made by other software, and parsed differently here")
        found = text_of(stored.parsed or b"")
        if expected is None:
            return Finding(stored.path("parsed.txt"), no_text, clipped(found), again(stored))
        return Finding(stored.path("parsed.txt"), *first_difference(expected, found), again(stored))

    def _check_copy(self, stored: StoredGeneration) -> Outcome:
        if lost := self._lost_parents(stored):
            return lost
        layout, stage = self.prompts.layout, parent_stage(stored.member) or "draft"
        draft = layout.parsed(stage, stored.member.parents[0])
        try:
            expected = read_text(draft)
        except PromptError as error:
            return Finding(layout.relative(draft), "UTF-8", str(error), "Restore the file.")
        if _bytes(expected) == stored.parsed:
            return None
        if reason := self._earlier.of_copy(stored):
            return Skip(reason)
        differ = first_difference(expected, text_of(stored.parsed or b""))
        return Finding(stored.path("parsed.txt"), *differ, again(stored))


RESTORE_LEDGER = "Restore the ledger from a copy; no program changes a line that is in it."


def _missing(stored: StoredGeneration, name: str) -> Finding:
    return Finding(stored.path(name), "the file", "the file is missing", again(stored))


def _bytes(text: object) -> bytes:
    return text.encode("utf-8", "replace") if isinstance(text, str) else b""


def _is_alike(expected: str, found: bytes) -> bool:
    """Whether other software wrote the same: with other blanks around it, or 8 for 8.0."""
    texts = (expected.strip(), text_of(found).strip())
    try:
        return texts[0] == texts[1] or float(texts[0]) == float(texts[1])
    except ValueError:
        return False


def _compare_with_ledger(stored: StoredGeneration, answers: list[Attempt]) -> Outcome:
    """The metadata tell of one of these answers."""
    differences = [list(_differences(stored, answer)) for answer in answers]
    if [] in differences:
        return None
    name, expected, found = differences[-1][0]
    where = f"{stored.path('metadata.json')}, {name}"
    ledger = f"{clipped(str(expected))}, as in {NAME}"
    return Finding(where, ledger, clipped(str(found)), again(stored))


def _differences(stored: StoredGeneration, answer: Attempt) -> Iterator[tuple[str, object, object]]:
    for name, own in _FIELDS_OF_ATTEMPT.items():
        if stored.own_metadata.get(name) != getattr(answer, own):
            yield name, getattr(answer, own), stored.own_metadata.get(name)
