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
    AnswerError,
    ClosedError,
    DaydreamError,
    NotAskedError,
    ParseError,
    StoppedError,
    TruncatedError,
)
from daydream.experiment.cohort import Design
from daydream.experiment.model import Template
from daydream.generation.answers import Answers
from daydream.generation.metadata import identity, provenance
from daydream.generation.meter import Meter
from daydream.generation.parse import parse
from daydream.generation.prompt_builder import PromptBuilder
from daydream.llm.pool import Clients
from daydream.store.files import write_json, write_text
from daydream.store.finish_reason import ending_of
from daydream.store.layout import Stage
from daydream.store.ledger import Attempt, Ledger
from daydream.store.membership import Member
from daydream.store.metadata import digest, record_error

_JUDGING = ("evaluation", "comparison")  # an answer without a result may be asked for again


@dataclass(frozen=True)
class Generator:
    """Makes the generations of one cohort."""

    prompts: PromptBuilder
    clients: Clients
    meter: Meter = field(default_factory=Meter)

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
        facts: dict[str, Any] = {"status": "failed", **identity(member)}
        # A copy is free, and two of one draft are equal: nothing to hold.
        ledger_or_none = nullcontext() if template.is_copy else Ledger.open(folder)
        with ledger_or_none as ledger, self._counted(ledger):
            try:
                if ledger is None:
                    text = self._copy(member, facts)
                else:
                    text = self._ask(member, template, folder, ledger, forced, facts)
            except (StoppedError, ClosedError):
                raise  # nothing was tried, so nothing is to be told of it
            except DaydreamError as error:
                facts |= record_error(member.stage, error)
                write_json(f"{folder}/metadata.json", facts)
                raise
            facts["status"] = "ok"
            facts["parsed_sha256"] = digest(text.encode("utf-8", "replace"))
            write_json(f"{folder}/metadata.json", facts)
            write_text(parsed, text)

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

    def _copy(self, member: Member, facts: dict[str, Any]) -> str:
        facts["mode"] = "copy"
        return self.prompts.parents(member)[0]

    def _ask(
        self,
        member: Member,
        template: Template,
        folder: str,
        ledger: Ledger,
        forced: bool,
        facts: dict[str, Any],
    ) -> str:
        facts["mode"] = "llm"
        prompt = self.prompts.prompt(member)
        requests = self.prompts.requests(member, prompt)
        write_text(f"{folder}/prompt.txt", prompt)
        settings = self.design.settings
        answers = Answers(requests, folder, ledger, settings, self.clients, self.meter)
        taken = answers.take(forced)
        while True:
            answer = next(taken)
            if template.structured and not answer.parameters.get("structured"):
                told = f"plain: {answer.endpoint} cannot enforce {template.structured}"
                facts["structured"] = told
            facts.update(provenance(answer, prompt))
            write_text(f"{folder}/raw.txt", answer.text or "")
            try:
                return self._parse(member.stage, template, answer, answer.text or "")
            except ParseError:
                if member.stage not in _JUDGING or not answers.may_ask_again:
                    raise

    def _parse(self, stage: Stage, template: Template, answer: Attempt, text: str) -> str:
        limit = answer.parameters.get("max_tokens")
        ending = ending_of(answer.finish_reason)
        if ending in ("unknown", "broken"):
            raise AnswerError(
                f"the answer ended with finish_reason '{answer.finish_reason}', so it may not be "
                "whole. If it is, list that spelling in daydream/store/finish_reason.py and run "
                "again (no call is made); else force a new answer.",
                cause="finish_reason",
            )
        if ending == "truncated":
            used = answer.usage.get("completion_tokens", "all")
            raise TruncatedError(
                f"the answer was cut off at max_tokens ({used} of {limit} tokens used). Raise "
                f"stages.{stage}.max_tokens, or max_tokens in the model's row; only truncated "
                "generations are bought again.",
                cause="max_tokens",
            )
        if not text.strip():
            thoughts = len((answer.reasoning or "").split())
            raise ParseError(
                f"the model thought ({thoughts} words, kept in the ledger) and gave no answer. Ask "
                "it for less reasoning, or raise its max_tokens, and force a new answer: it is not "
                "asked again by itself.",
                cause="all_thinking",
            )
        parsed = parse(template, answer.parameters, text)
        if stage not in _JUDGING:
            self._check_lines(stage, parsed)
        return parsed

    def _check_lines(self, stage: Stage, parsed: str) -> None:
        least = self.design.settings.stages[stage].min_lines
        lines = sum(1 for line in parsed.splitlines() if line.strip())
        if lines < least:
            raise AnswerError(
                f"the parsed {stage} has {lines} non-empty lines, and stages.{stage}.min_lines "
                f"asks for {least}. Lower it and run again (no call is made), or force a new one.",
                cause="min_lines",
            )
