"""Checks of a generation against what it was made from: template, parents, ledger, parser."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from daydream.archive.verify.findings import Finding, Outcome, Skip, clipped, first_difference
from daydream.archive.verify.folder import Made, text_of
from daydream.archive.verify.membership_checks import again
from daydream.errors import CatalogError, ParseError, PromptError
from daydream.experiment.model import Catalog, Template
from daydream.generation.parse import parse
from daydream.generation.prompt_builder import PromptBuilder
from daydream.generation.prompts import read_text
from daydream.llm.request import fingerprint
from daydream.llm.structured import earlier_bodies, request_body
from daydream.store.layout import exists
from daydream.store.ledger import NAME, Attempt
from daydream.store.membership import PARENT_STAGE

_TOLD = {
    "answered_at": "at",
    "attempts": "attempt",
    **{name: name for name in ("endpoint", "model", "returned_model", "parameters")},
    **{name: name for name in ("provider", "system_fingerprint")},
    **{name: name for name in ("finish_reason", "usage", "cost_usd", "latency_s")},
}


@dataclass(frozen=True)
class Chain:
    """Checks of made generations; ``prompts`` renders what they were asked."""

    prompts: PromptBuilder

    @property
    def _catalog(self) -> Catalog:
        return self.prompts.design.catalog

    def _template(self, made: Made) -> Template | None:
        try:
            return self._catalog.template(made.member.stage, made.member.template_id)
        except CatalogError:
            return None

    def is_copy(self, made: Made) -> bool:
        """Whether it is its draft, word for word, and so has neither prompt nor answer."""
        if made.facts:
            return bool(made.facts["mode"] == "copy")
        template = self._template(made)
        return template is not None and template.is_copy

    def check_prompt(self, made: Made) -> Outcome:
        """``prompt.txt`` has the hash that the metadata tell."""
        if not (expected := made.facts.get("prompt_sha256")):
            return Skip("no hash of the prompt in metadata.json")
        if made.prompt is None:
            return _missing(made, "prompt.txt")
        found = hashlib.sha256(made.prompt).hexdigest()
        if found == expected:
            return None
        told = (f"sha256 {expected}, as in metadata.json", f"sha256 {found}")
        return Finding(made.path("prompt.txt"), *told, again(made))

    def check_rendering(self, made: Made) -> Outcome:
        """``prompt.txt`` is what template and parents render to."""
        if not made.facts.get("prompt_sha256"):
            return Skip("no hash of the prompt in metadata.json")
        if made.prompt is None:
            return Skip("no prompt.txt")
        if self._template(made) is None:
            return Skip("its template is no longer in the catalog")
        if lost := self._lost_parents(made):
            return lost
        try:
            rendered = self.prompts.prompt(made.member)
        except (PromptError, KeyError) as error:
            reason = str(error) if isinstance(error, PromptError) else f"{error} is not there"
            return self._rendered_from_others(made, "a prompt", f"none: {reason}")
        if rendered.encode("utf-8", "replace") == made.prompt:
            return None
        return self._rendered_from_others(made, *first_difference(rendered, text_of(made.prompt)))

    def _lost_parents(self, made: Made) -> Finding | None:
        layout, stage = self.prompts.layout, PARENT_STAGE.get(made.member.stage)
        for gen_id in made.member.parents:
            path = layout.parsed(stage, gen_id) if stage else ""
            if stage and not exists(path):
                where, told = layout.relative(path), f"the {stage} behind {made.path('')}"
                return Finding(where, told, "the file is missing", f"Make it: snakemake {path}")
        return None

    def _rendered_from_others(self, made: Made, expected: str, found: str) -> Finding:
        layout, member = self.prompts.layout, made.member
        sources = [layout.relative(layout.template(member.stage, member.template_id))]
        if stage := PARENT_STAGE.get(member.stage):
            sources += [layout.relative(layout.parsed(stage, gen_id)) for gen_id in member.parents]
        else:
            sources.append(f"the descriptions of {member.combo_id}")
        return Finding(
            made.path("prompt.txt"),
            f"{expected} (rendered now)",
            f"{found} (rendered from another version of {' or '.join(sources)})",
            "Restore what was edited, or make the generation again, which asks the model: "
            f"snakemake {layout.parsed(member.stage, member.gen_id)}",
        )

    def check_answer(self, made: Made) -> Outcome:
        """``raw.txt`` is an answer of the ledger, and the metadata tell of that one."""
        if not (wanted := made.facts.get("fingerprint")):
            return Skip("no fingerprint in metadata.json")
        if made.attempts is None:
            return Skip("no ledger")
        if made.raw is None:
            return _missing(made, "raw.txt")
        answers = [a for a in made.attempts if a.is_answer and a.fingerprint == wanted]
        if not answers:
            there = f"{len(made.attempts)} attempts, none of them that answer"
            return Finding(made.path(NAME), f"an answer to {wanted}", there, RESTORE_LEDGER)
        same = [a for a in answers if _bytes(a.text) == made.raw]
        if not same:
            texts = (str(answers[-1].text or ""), text_of(made.raw))
            return Finding(made.path("raw.txt"), *first_difference(*texts), again(made))
        return _told(made, same)

    def check_fingerprint(self, made: Made) -> Outcome:
        """The fingerprint of the answer is that of ``prompt.txt`` and what else was asked."""
        wanted, template = made.facts.get("fingerprint"), self._template(made)
        found = [a for a in made.attempts or () if a.is_answer and a.fingerprint == wanted]
        if not found or made.prompt is None:
            return Skip("no ledger" if made.attempts is None else "no such answer in the ledger")
        if template is None:
            return Skip("its template is no longer in the catalog")
        asked = found[-1]
        parameters: Mapping[str, Any] = asked.parameters
        constraint = parameters.get("structured", "")
        key = (asked.model, asked.endpoint, parameters, asked.replicate)
        shape = request_body(constraint, template.scale, template.criteria_names)
        own = fingerprint(text_of(made.prompt), *key, shape)
        earlier = earlier_bodies(constraint, template.scale)
        if wanted in (own, *(fingerprint(text_of(made.prompt), *key, body) for body in earlier)):
            return None
        told = (f"fingerprint {own}, of prompt.txt and what the line says", f"{wanted}")
        return Finding(made.path(NAME), *told, RESTORE_LEDGER)

    def check_parsed(self, made: Made) -> Outcome:
        """``parsed.txt`` is what the template's parser takes from ``raw.txt``, or the draft."""
        if self.is_copy(made):
            return self._check_copy(made)
        template = self._template(made)
        if made.raw is None or template is None:
            return Skip("no raw.txt" if template else "its template is no longer in the catalog")
        parameters = made.facts.get("parameters")
        try:
            asked = parameters if isinstance(parameters, dict) else {}
            expected = parse(template, asked, text_of(made.raw))
        except KeyError:
            return Skip("its parser is no longer there")
        except ParseError as error:
            expected = None
            told = f"no parsed.txt, as the parser finds nothing: {clipped(str(error))}"
        if expected is not None and _bytes(expected) == made.parsed:
            return None
        if not made.facts:
            if expected is not None and _is_alike(expected, made.parsed or b""):
                return None
            return Skip("made by other software, and parsed differently here")
        found = text_of(made.parsed or b"")
        if expected is None:
            return Finding(made.path("parsed.txt"), told, clipped(found), again(made))
        return Finding(made.path("parsed.txt"), *first_difference(expected, found), again(made))

    def _check_copy(self, made: Made) -> Outcome:
        if lost := self._lost_parents(made):
            return lost
        layout, stage = self.prompts.layout, PARENT_STAGE[made.member.stage]
        draft = layout.parsed(stage, made.member.parent_gen_id)
        try:
            expected = read_text(draft)
        except PromptError as error:
            return Finding(layout.relative(draft), "UTF-8", str(error), "Restore the file.")
        if _bytes(expected) == made.parsed:
            return None
        differ = first_difference(expected, text_of(made.parsed or b""))
        return Finding(made.path("parsed.txt"), *differ, again(made))


RESTORE_LEDGER = "Restore the ledger from a copy; no program changes a line that is in it."


def _missing(made: Made, name: str) -> Finding:
    return Finding(made.path(name), "the file", "the file is missing", again(made))


def _bytes(text: object) -> bytes:
    return text.encode("utf-8", "replace") if isinstance(text, str) else b""


def _is_alike(expected: str, found: bytes) -> bool:
    """Whether other software wrote the same: with other blanks around it, or 8 for 8.0."""
    texts = (expected.strip(), text_of(found).strip())
    try:
        return texts[0] == texts[1] or float(texts[0]) == float(texts[1])
    except ValueError:
        return False


def _told(made: Made, answers: list[Attempt]) -> Outcome:
    """The metadata tell of one of these answers."""
    differences = [list(_differences(made, answer)) for answer in answers]
    if [] in differences:
        return None
    name, expected, found = differences[-1][0]
    where = f"{made.path('metadata.json')}, {name}"
    ledger = f"{clipped(str(expected))}, as in {NAME}"
    return Finding(where, ledger, clipped(str(found)), again(made))


def _differences(made: Made, answer: Attempt) -> Iterator[tuple[str, object, object]]:
    for name, own in _TOLD.items():
        if made.facts.get(name) != getattr(answer, own):
            yield name, getattr(answer, own), made.facts.get(name)
