"""Making one generation: render, answer (from the ledger or by a call), validate, parse.

One path serves all stages. ``parsed.txt`` is written last and is the only file
that Snakemake is told of; whatever fails before leaves prompt, answer and metadata to be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from daydream.errors import (
    ClosedError,
    DaydreamError,
    NotAskedError,
    ParseError,
    StoppedError,
)
from daydream.experiment.cohort import Design
from daydream.experiment.model import Template
from daydream.generation.answer_use import is_asked_again, usable_text
from daydream.generation.answers import Answers
from daydream.generation.copies import Copies, NoCopies
from daydream.generation.metadata import earlier_answers, identity, provenance
from daydream.generation.meter import Meter
from daydream.generation.prompt_builder import PromptBuilder
from daydream.llm.pool import Clients
from daydream.store.files import write_json, write_text
from daydream.store.json_file import read_object
from daydream.store.ledger import Ledger
from daydream.store.membership import IMPORT, Member
from daydream.store.metadata import digest, record_error


@dataclass(frozen=True)
class Generator:
    """Makes the generations of one cohort."""

    prompts: PromptBuilder
    clients: Clients
    meter: Meter = field(default_factory=Meter)
    copies: Copies = field(default_factory=NoCopies)

    @property
    def design(self) -> Design:
        """What the cohort is."""
        return self.prompts.design

    def make(self, member: Member, forced: bool = False, parsed: str | None = None) -> None:
        """Make a generation's files, calling its model only when the ledger has no answer.

        Args:
            member: what to make.
            forced: whether the user asks for a new answer whatever the ledger has.
            parsed: where ``parsed.txt`` goes, and the other files beside it; None: in the store.

        Raises:
            DaydreamError: after everything that was got has been written.

        """
        parsed = parsed or self.design.layout.parsed(member.stage, member.gen_id)
        folder = os.path.dirname(parsed)
        template = self.design.catalog.template(member.stage, member.template_id)
        metadata: dict[str, Any] = {"status": "failed", **identity(member)}
        # A copy is free, and two of one draft are equal: nothing to hold.
        ledger_or_none = (
            nullcontext() if template.is_copy else Ledger.open(folder, self.copies.keep)
        )
        with self.copies.making(folder), ledger_or_none as ledger, self._counted(ledger):
            try:
                if ledger is None:
                    text = self._copy(member, metadata)
                else:
                    text = self._ask(member, template, folder, ledger, forced, metadata)
            except (StoppedError, ClosedError):
                raise  # nothing was tried, so nothing is to be told of it
            except DaydreamError as error:
                self._write_metadata(folder, metadata | record_error(member.stage, error))
                raise
            hashed = digest(text.encode("utf-8", "replace"))
            self._write_metadata(folder, metadata | {"status": "ok", "parsed_sha256": hashed})
            write_text(parsed, text)

    @staticmethod
    def _write_metadata(folder: str, metadata: dict[str, Any]) -> None:
        path = f"{folder}/metadata.json"
        write_json(path, metadata | earlier_answers(read_object(path), metadata))

    @contextmanager
    def _counted(self, ledger: Ledger | None) -> Iterator[None]:
        """Count how a generation ends when a call is made for it."""
        known = len(ledger.attempts) if ledger else 0

        def learn(error: DaydreamError | None) -> None:
            if ledger and len(ledger.attempts) > known:
                self.clients.errors.learn(error)

        try:
            yield
        except NotAskedError:
            raise
        except DaydreamError as error:
            learn(error)
            raise
        learn(None)

    def _copy(self, member: Member, metadata: dict[str, Any]) -> str:
        if member.gen_id in self.design.controls:
            metadata["mode"] = IMPORT
            return self.design.controls[member.gen_id]
        metadata["mode"] = "copy"
        return self.prompts.parents(member)[0]

    def _ask(
        self,
        member: Member,
        template: Template,
        folder: str,
        ledger: Ledger,
        forced: bool,
        metadata: dict[str, Any],
    ) -> str:
        metadata["mode"] = "llm"
        prompt = self.prompts.prompt(member)
        requests = self.prompts.requests(member, prompt)
        write_text(f"{folder}/prompt.txt", prompt.text)
        metadata["sources"] = self.prompts.sources.hashes(member)
        settings = self.design.settings
        answers = Answers(requests, folder, ledger, settings, self.clients, self.meter)
        taken = answers.take(forced)
        while True:
            answer = next(taken)
            if template.structured and not answer.parameters.get("structured"):
                note = f"plain: {answer.endpoint} cannot enforce {template.structured}"
                metadata["structured"] = note
            metadata.update(provenance(answer, prompt))
            write_text(f"{folder}/raw.txt", answer.text or "")
            try:
                return usable_text(answer, template, settings)
            except ParseError as error:
                if not is_asked_again(error, member.stage, answers.count, settings):
                    raise
