"""How long prompts and answers will be, and what they will cost, judged by what was paid before."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from daydream.experiment.cohort import Design
from daydream.experiment.model import Model
from daydream.generation.prompts import read_text
from daydream.llm.json_text import mapping
from daydream.llm.pricing import estimate_tokens, price
from daydream.store.json_file import read_object
from daydream.store.layout import STAGES, Layout, Stage
from daydream.store.membership import PARENT_STAGE, Member
from daydream.store.metadata import as_whole

MIN_ANSWERS = (
    5  # answers from which a range is read; of fewer, it would look more certain than it is
)
MIN_SHARE = 0.1  # of max_tokens, for the low end when too few answers are known


class Past(NamedTuple):
    """A generation that was paid for, in any cohort; tokens, the estimate made as for a new one."""

    stage: Stage
    template_id: str
    model_id: str
    estimated_in: int
    billed_in: int
    billed_out: int


class Range(NamedTuple):
    """The low and the high end of a count of tokens."""

    low: float
    high: float


@dataclass(frozen=True)
class History:
    """What past generations tell about coming ones."""

    past: tuple[Past, ...] = ()

    @classmethod
    def read(cls, layout: Layout, limit: int) -> History:
        """Read at most so many generations of the store, spread over it evenly.

        The last answer of each, from its ``metadata.json``, which says what its ledger does not:
        model and template by their ids. Which ones are read depends on nothing but the store.
        """
        return cls(tuple(p for stage in STAGES for p in _read(layout, stage, limit // len(STAGES))))

    @cached_property
    def correction(self) -> dict[str, float]:
        """Billed tokens of a prompt for each estimated one, by model id."""
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for past in self.past:
            if past.billed_in > 0:
                sums[past.model_id][0] += past.billed_in
                sums[past.model_id][1] += past.estimated_in
        return {model: billed / estimated for model, (billed, estimated) in sums.items()}

    @cached_property
    def prompt_tokens(self) -> dict[tuple[Stage, str], float]:
        """Mean estimate of a prompt, by stage and template; the stage's own mean under ""."""
        lengths: dict[tuple[Stage, str], list[int]] = defaultdict(list)
        for past in self.past:
            for template_id in (past.template_id, ""):
                lengths[past.stage, template_id].append(past.estimated_in)
        return {key: sum(values) / len(values) for key, values in lengths.items()}

    @cached_property
    def answer_tokens(self) -> dict[tuple[Stage, str], Range]:
        """Tokens of the middle 80% of answers, by stage and model, where there are enough."""
        lengths: dict[tuple[Stage, str], list[int]] = defaultdict(list)
        for past in self.past:
            if past.billed_out > 0:
                lengths[past.stage, past.model_id].append(past.billed_out)
        return {
            key: _middle(values) for key, values in lengths.items() if len(values) >= MIN_ANSWERS
        }


def _middle(values: Sequence[int]) -> Range:
    """The middle 80%: the first and the last decile, between order statistics."""
    deciles = quantiles(values, n=10, method="inclusive")
    return Range(deciles[0], deciles[-1])


def _read(layout: Layout, stage: Stage, limit: int) -> Iterator[Past]:
    try:
        names = sorted(os.listdir(layout.under("gens", stage)))
    except FileNotFoundError:
        return
    # Ids are hashes: in their order, every so many of them are a fair sample.
    for name in names[:: -(-len(names) // limit) or 1]:
        try:
            yield _past(stage, layout.generation(stage, name))
        except (OSError, ValueError, KeyError):  # a copy, a failure, or half of a folder
            continue


def _past(stage: Stage, folder: str) -> Past:
    metadata = read_object(f"{folder}/metadata.json")
    usage = mapping(metadata["usage"])
    prompt = Path(folder, "prompt.txt").read_text(encoding="utf-8")
    return Past(
        stage=stage,
        template_id=str(metadata.get("template_id")),
        model_id=str(metadata.get("fallback") or metadata.get("llm_model_id")),
        estimated_in=estimate_tokens(prompt),
        billed_in=as_whole(usage.get("prompt_tokens")) or 0,
        billed_out=as_whole(usage.get("completion_tokens")) or 0,
    )


@dataclass(frozen=True)
class Estimator:
    """Estimates for the generations of one design."""

    design: Design
    history: History

    def tokens_in(self, member: Member, prompt: str | None) -> float:
        """Tokens that a prompt will be billed as; None is one that cannot be rendered yet."""
        tokens = self._unseen(member) if prompt is None else estimate_tokens(prompt)
        return tokens * self.history.correction.get(member.llm_model_id, 1.0)

    def _unseen(self, member: Member) -> float:
        """Like the template's past prompts, else the stage's, else template and longest parents."""
        means = self.history.prompt_tokens
        known = means.get((member.stage, member.template_id)) or means.get((member.stage, ""))
        if known:
            return known
        path = self.design.layout.template(member.stage, member.template_id)
        settings, parent = self.design.settings.stages, PARENT_STAGE.get(member.stage)
        longest = settings[parent].max_tokens if parent else 0
        return estimate_tokens(read_text(path)) + len(member.parents) * longest

    def tokens_out(self, stage: Stage, model: Model) -> Range:
        """Tokens of an answer: of past ones of this stage and model, never above max_tokens."""
        limit = model.max_tokens or self.design.settings.stages[stage].max_tokens
        low, high = self.history.answer_tokens.get((stage, model.id), (MIN_SHARE * limit, limit))
        return Range(min(low, limit), min(high, limit))

    def usd(self, model: Model, tokens_in: float, tokens_out: float) -> float | None:
        """USD of some tokens; nothing for a model that runs here, None when a price is unknown."""
        settings = self.design.settings
        endpoint = settings.endpoints[model.endpoint]
        if endpoint.is_embedded:
            return 0.0
        usd = price(model.prices, tokens_in, tokens_out)
        in_batches = settings.batch and endpoint.batch
        return usd * (1 - endpoint.batch_discount) if usd and in_batches else usd
