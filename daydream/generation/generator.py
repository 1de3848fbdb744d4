"""Making one generation: render, answer (from the ledger or by a call), validate, parse.

One path serves all stages. ``parsed.txt`` is written last and is the only file
that Snakemake is told of; whatever fails before leaves prompt, answer and metadata to be read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from daydream.errors import (
    AnswerError,
    ClosedError,
    DaydreamError,
    ParseError,
    StoppedError,
    TruncatedError,
)
from daydream.experiment.cohort import Design
from daydream.experiment.model import Template
from daydream.generation.meter import Meter
from daydream.generation.parse import parse
from daydream.generation.prompts import combo_concepts, read_text, render
from daydream.generation.versions import versions
from daydream.llm.pool import Clients
from daydream.llm.request import Request
from daydream.store.files import write_json, write_text
from daydream.store.finish_reason import ending_of
from daydream.store.ids import sha256
from daydream.store.layout import Layout, Stage, exists
from daydream.store.ledger import Attempt, Ledger
from daydream.store.membership import PARENT_STAGE, SECOND, Member

PARENT_PATIENCE_S = 10.0
_JUDGING = ("evaluation", "comparison")  # an answer without a result may be asked for again


@dataclass(frozen=True)
class Generator:
    """Makes the generations of one cohort."""

    design: Design
    clients: Clients
    meter: Meter = field(default_factory=Meter)

    @property
    def layout(self) -> Layout:
        """Where the files go."""
        return self.design.layout

    def make(self, member: Member, forced: bool = False) -> None:
        """Make a generation's files, calling its model only when the ledger has no answer.

        Args:
            member: what to make.
            forced: whether the user asks for a new answer whatever the ledger has.

        Raises:
            DaydreamError: after everything that was got has been written.

        """
        folder = self.layout.generation(member.stage, member.gen_id)
        template = self.design.catalog.template(member.stage, member.template_id)
        facts: dict[str, Any] = {"status": "failed", **identity(member)}
        # A copy is free, and two of one draft are equal: nothing to hold.
        ledger_or_none = nullcontext() if template.is_copy else Ledger.open(folder)
        with ledger_or_none as ledger:
            try:
                if ledger is None:
                    parsed = self._copy(member, facts)
                else:
                    parsed = self._ask(member, template, folder, ledger, forced, facts)
            except (StoppedError, ClosedError):
                raise  # nothing was tried, so nothing is to be told of it
            except DaydreamError as error:
                facts["error"] = {"kind": type(error).__name__, "message": str(error)}
                write_json(f"{folder}/metadata.json", facts)
                raise
            facts["status"] = "ok"
            write_json(f"{folder}/metadata.json", facts)
            write_text(f"{folder}/parsed.txt", parsed)

    def _copy(self, member: Member, facts: dict[str, Any]) -> str:
        facts["mode"] = "copy"
        return self._parents(member)[0]

    def _parents(self, member: Member) -> list[str]:
        """The texts of the parents: one, or the two essays of a comparison."""
        stage = PARENT_STAGE[member.stage]
        return [self._text(self.layout.parsed(stage, gen_id)) for gen_id in member.parents]

    def _text(self, path: str) -> str:
        """A parent's text; another run on this data root may be writing it again just now."""
        patience = time.monotonic() + PARENT_PATIENCE_S
        while not exists(path) and time.monotonic() < patience:
            time.sleep(0.1)
        return read_text(path)

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
        prompt = self.prompt(member)
        request = self.request(member, prompt)
        if template.structured and not request.constraint:
            facts["structured"] = f"plain: {request.endpoint} cannot enforce {template.structured}"
        write_text(f"{folder}/prompt.txt", prompt)
        answers = self._answers(ledger, request, member, forced)
        while True:
            answer = next(answers)
            facts.update(_facts(answer, request))
            write_text(f"{folder}/raw.txt", answer.text or "")
            try:
                return self._parse(member.stage, template, answer, answer.text or "")
            except ParseError:
                if member.stage not in _JUDGING or not self._may_ask_again(ledger, request):
                    raise

    def prompt(self, member: Member) -> str:
        """The prompt of a generation whose parent exists.

        Raises:
            PromptError: when a file is missing or the template cannot be rendered.

        """
        path = self.layout.template(member.stage, member.template_id)
        return render(path, self._values(member))

    def _values(self, member: Member) -> dict[str, object]:
        if member.stage == "draft":
            combo = self.design.combo[member.combo_id]
            return {"concepts": combo_concepts(self.layout, self.design.catalog, combo)}
        if member.stage == "essay":
            (draft,) = self._parents(member)
            return {"draft_block": draft, "links_block": draft}
        if member.stage == "comparison":
            first, second = self._parents(member)
            return {"response_a": first, "response_b": second}
        return {"response": self._parents(member)[0]}

    def request(self, member: Member, prompt: str) -> Request:
        """What would be asked of the member's model."""
        catalog = self.design.catalog
        return Request.build(
            prompt,
            catalog.model(member.llm_model_id),
            self.design.settings.stages[member.stage],
            member.replicate,
            catalog.template(member.stage, member.template_id),
            self.design.settings.endpoints[catalog.model(member.llm_model_id).endpoint],
            member.gen_id,
        )

    def _answers(
        self, ledger: Ledger, request: Request, member: Member, forced: bool
    ) -> Iterator[Attempt]:
        """The answer that there is, unless a new one is wanted; then new ones without end."""
        reuse = self.design.settings.reuse
        known = answers_to(request, ledger)
        if known and (reuse == "always" or (reuse == "auto" and not forced)):
            yield known[-1]
        client = self.clients.of(request.endpoint)

        def record(attempt: Attempt) -> None:
            ledger.append(attempt)
            self.meter.add(attempt)

        while True:
            known = answers_to(request, ledger)
            # A seed of its own for each answer, or a forced call would bring the old one again.
            seed = int(sha256(f"{member.gen_id}|{len(known)}")[:8], 16)
            yield client.complete(request, record, forced=bool(known), seed=seed)

    def _may_ask_again(self, ledger: Ledger, request: Request) -> bool:
        return len(answers_to(request, ledger)) <= self.design.settings.resample

    def _parse(self, stage: Stage, template: Template, answer: Attempt, text: str) -> str:
        limit = answer.parameters.get("max_tokens")
        ending = ending_of(answer.finish_reason)
        if ending in ("unknown", "broken"):
            raise AnswerError(
                f"the answer ended with finish_reason '{answer.finish_reason}', so it may not be "
                "whole. If it is, list that spelling in daydream/store/finish_reason.py and run "
                "again (no call is made); else force a new answer."
            )
        if ending == "truncated":
            used = answer.usage.get("completion_tokens", "all")
            raise TruncatedError(
                f"the answer was cut off at max_tokens ({used} of {limit} tokens used). Raise "
                f"stages.{stage}.max_tokens, or max_tokens in the model's row; only truncated "
                "generations are bought again."
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
                f"asks for {least}. Lower it and run again (no call is made), or force a new one."
            )


def answers_to(request: Request, ledger: Ledger) -> list[Attempt]:
    """The answers in a ledger that a request may use, oldest first.

    Besides those with its fingerprint these are the ones that differ in ``max_tokens`` only and
    ended by themselves within it: no limit had a part in them, so they need not be bought again
    after the limit was raised for others that were cut off.
    """
    return [a for a in ledger.attempts if a.is_answer and _answers(request, a)]


def _answers(request: Request, answer: Attempt) -> bool:
    if answer.fingerprint == request.fingerprint:
        return True
    limit = answer.parameters.get("max_tokens")
    fits = answer.usage.get("completion_tokens", limit or 0) <= request.max_tokens
    if limit is None or ending_of(answer.finish_reason) != "finished" or not fits:
        return False
    return replace(request, max_tokens=limit).fingerprint == answer.fingerprint


def identity(member: Member) -> dict[str, Any]:
    """What a generation is, as its metadata tells it; only a comparison has a second essay."""
    told = {name: value for name, value in member._asdict().items() if name != "cohort_id"}
    return told if member.second_gen_id else {k: v for k, v in told.items() if k != SECOND}


def _facts(answer: Attempt, request: Request) -> dict[str, Any]:
    return {
        "endpoint": answer.endpoint,
        "model": answer.model,
        "returned_model": answer.returned_model,
        "parameters": answer.parameters,
        "finish_reason": answer.finish_reason,
        "usage": answer.usage,
        "cost_usd": answer.cost_usd,
        "answered_at": answer.at,
        "latency_s": answer.latency_s,
        "attempts": answer.attempt,
        "prompt_sha256": sha256(request.prompt),
        "fingerprint": answer.fingerprint,
        **versions(),
    }
