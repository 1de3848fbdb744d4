"""Costs of calls added up from the ledgers, and what of them was wasted."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple, get_args

from daydream.store.finish_reason import ending_of
from daydream.store.index import memberships, stored_ids
from daydream.store.layout import STAGES, Layout, Stage, exists
from daydream.store.ledger import NAME, Attempt, lost_answer, read_ledger
from daydream.store.membership import Membership
from daydream.store.metadata import read_metadata

Cause = Literal["truncated", "unparsed", "retried", "superseded"]
CAUSES: tuple[Cause, ...] = get_args(Cause)


@dataclass(frozen=True)
class Tally:
    """Some calls added up: tokens, and USD as far as prices are known.

    ``tokens_reasoning`` are among ``tokens_out``, ``tokens_cached`` among ``tokens_in``.
    """

    calls: int = 0
    answers: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_reasoning: int = 0
    tokens_cached: int = 0
    usd_known: float = 0.0
    calls_of_unknown_price: int = 0

    @classmethod
    def of(cls, attempt: Attempt) -> Tally:
        """One call."""
        cost = cost_of(attempt)
        return cls(
            calls=1,
            answers=int(attempt.is_answer),
            tokens_in=_tokens(attempt, "prompt_tokens"),
            tokens_out=_tokens(attempt, "completion_tokens"),
            tokens_reasoning=_tokens(attempt, "reasoning_tokens"),
            tokens_cached=_tokens(attempt, "cached_tokens"),
            usd_known=cost or 0.0,
            calls_of_unknown_price=int(cost is None),
        )

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in _TALLIED))

    @property
    def usd(self) -> float | None:
        """USD in all; None when the price of any call is unknown."""
        return None if self.calls_of_unknown_price else round(self.usd_known, 9)


_TALLIED = tuple(f.name for f in fields(Tally))


def cost_of(attempt: Attempt) -> float | None:
    """USD of a call, None when unknown, as that of an answer that came without token counts."""
    cost = attempt.cost_usd
    if isinstance(cost, int | float) and math.isfinite(cost) and (cost or _is_free(attempt)):
        return float(cost)
    return None if attempt.is_answer or attempt.usage else 0.0


def _is_free(attempt: Attempt) -> bool:
    return bool(attempt.usage) or not attempt.is_answer


def _tokens(attempt: Attempt, name: str) -> int:
    count = attempt.usage.get(name) if isinstance(attempt.usage, dict) else 0
    return count if isinstance(count, int) else 0


class Owned(NamedTuple):
    """A generation and whose it is; ``model`` is blank when only its ledger can tell."""

    cohorts: tuple[str, ...]
    stage: Stage
    gen_id: str
    model: str


class Group(NamedTuple):
    """What spending is grouped by. Cohorts that share a generation share what it cost."""

    cohorts: tuple[str, ...]
    stage: Stage
    model: str


@dataclass
class Spending:
    """Every call is in one group, and what was wasted is there once more, under one cause.

    ``lost`` has a sentence for each ledger in which an answer was paid that cannot be read, and so
    is not counted.
    """

    groups: dict[Group, Tally] = field(default_factory=lambda: defaultdict(Tally))
    lost: list[str] = field(default_factory=list)
    wasted: dict[Cause, Tally] = field(default_factory=lambda: dict.fromkeys(CAUSES, Tally()))

    @property
    def total(self) -> Tally:
        """Every call."""
        return sum(self.groups.values(), Tally())

    @property
    def total_wasted(self) -> Tally:
        """Every call that brought nothing that is in use."""
        return sum(self.wasted.values(), Tally())


def spending(layout: Layout, generations: Iterable[Owned]) -> Spending:
    """Add up the ledgers of some generations."""
    spent = Spending()
    for owned in generations:
        attempts, lost = _attempts(layout, owned)
        spent.lost.extend(filter(None, (lost,)))
        if not attempts:
            continue
        metadata = read_metadata(layout, owned.stage, owned.gen_id)
        made = exists(layout.parsed(owned.stage, owned.gen_id))
        model = owned.model or metadata.get("llm_model_id")
        for attempt in attempts:
            group = Group(owned.cohorts, owned.stage, _who(attempt, model))
            spent.groups[group] += Tally.of(attempt)
        for cause, attempt in wasted(attempts, metadata, made):
            spent.wasted[cause] += Tally.of(attempt)
    return spent


def _attempts(layout: Layout, owned: Owned) -> tuple[list[Attempt], str]:
    """The calls of a generation, and how an answer among them was lost."""
    folder = layout.generation(owned.stage, owned.gen_id)
    ledger = read_ledger(folder)
    lost = lost_answer(folder, ledger)
    if lost and not (ledger.attempts or ledger.damaged or exists(f"{folder}/{NAME}")):
        # Other software keeps no ledger, and leaves no fingerprint of a request.
        metadata = read_metadata(layout, owned.stage, owned.gen_id)
        lost = lost if metadata.get("fingerprint") else ""
    return ledger.attempts, lost


def _who(attempt: Attempt, model: object) -> str:
    """The model that was called: the generation's own, or the fallback of that one."""
    own = str(model or attempt.model)
    return f"{own} -> {attempt.fallback}" if attempt.fallback else own


def wasted(
    attempts: Sequence[Attempt], metadata: Mapping[str, Any], made: bool
) -> Iterator[tuple[Cause, Attempt]]:
    """The calls of one generation that brought nothing, each under the first cause that fits.

    Args:
        attempts: its ledger, oldest first.
        metadata: its ``metadata.json``.
        made: whether there is a parsed.txt, made from the answer in use.
    """
    in_use = _answer_in_use(attempts, metadata)
    for attempt in attempts:
        cause = _cause(attempt, attempt is in_use, metadata, made)
        if cause is not None:
            yield cause, attempt


def _answer_in_use(attempts: Sequence[Attempt], metadata: Mapping[str, Any]) -> Attempt | None:
    """The newest answer to what was asked last, which is the one that a run reuses.

    After a failed call the metadata have no fingerprint; then the ledger's last line has it.
    """
    fingerprint = metadata.get("fingerprint") or attempts[-1].fingerprint
    answers = (a for a in reversed(attempts) if a.is_answer and a.fingerprint == fingerprint)
    return next(answers, None)


def _cause(attempt: Attempt, in_use: bool, metadata: Mapping[str, Any], made: bool) -> Cause | None:
    if not attempt.is_answer:
        return "retried" if attempt.usage or cost_of(attempt) else None
    if in_use and made:
        return None
    if ending_of(attempt.finish_reason) == "truncated":
        return "truncated"
    if not in_use:
        return "superseded"
    # The metadata of a call that failed have no fingerprint: their error is not of this answer.
    return "unparsed" if metadata.get("error") and metadata.get("fingerprint") else None


def of_cohort(membership: Membership) -> Iterator[Owned]:
    """The generations of one cohort."""
    for stage in STAGES:
        for member in membership.stage(stage):
            yield Owned((membership.cohort_id,), stage, member.gen_id, member.llm_model_id)


def of_store(layout: Layout) -> Iterator[Owned]:
    """Every generation in the store, once, with all cohorts that contain it."""
    cohorts: dict[tuple[Stage, str], list[str]] = defaultdict(list)
    models: dict[tuple[Stage, str], str] = {}
    for membership in memberships(layout):
        for owned in of_cohort(membership):
            cohorts[owned.stage, owned.gen_id].append(membership.cohort_id)
            models[owned.stage, owned.gen_id] = owned.model
    for stage in STAGES:
        for gen_id in stored_ids(layout, stage):
            key = (stage, gen_id)
            yield Owned(tuple(cohorts.get(key, ())), stage, gen_id, models.get(key, ""))
