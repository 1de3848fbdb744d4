"""What a run will buy: by stage and model, from how much to how much, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from daydream.experiment.next_steps import Options
from daydream.formats import rough_usd
from daydream.store.layout import Stage
from daydream.workflow.plan.replaced import ReplacedText, replaced_lines

FIRST_ROWS, FIRST_REASONS = 5, 3
NO_OPTIONS = Options()
_WIDTH = 100
_WIDTHS = (11, 20, 8, 7, 8, 8, 10, 12, 16)  # 100 columns
_HEADER = (
    "stage", "model", "wanted", "made", "reused", "to buy", "tokens in", "tokens out", "USD",
)  # fmt: skip
_HOW = (
    "Tokens out: as in the middle 80% of past answers of that stage and model or, where fewer than",
    "5 are known, from a tenth of max_tokens to all of it. Retries and rejected answers add to it.",
)


@dataclass(frozen=True)
class Row:
    """The generations of one stage by one model.

    ``required`` is made, reused, to buy and blocked together.

    Attributes:
        made: have a parsed.txt that stays as it is.
        reused: are made again from an answer in their ledger, without a call.
        blocked: will not be made: an answer is lost, or what they are made from cannot be used.
        tokens_in: of all prompts to buy; ``tokens_out_*`` of their answers.
        usd_low: at the model's prices, None when these are unknown.
        usd_high: the same for the high end.
        reasons: why the generations that are not simply there are wanted, and how many.
        fallback: who answers where the model's endpoint brings nothing; blank: nobody.
        usd_fallback: the high end when it answers everything.
    """

    stage: Stage
    model: str
    required: int
    made: int
    reused: int
    to_buy: int
    tokens_in: float
    tokens_out_low: float
    tokens_out_high: float
    usd_low: float | None
    usd_high: float | None
    reasons: Counter[str]
    fallback: str = ""
    usd_fallback: float | None = None
    blocked: int = 0

    @property
    def key(self) -> tuple[Stage, str]:
        """Stage and model."""
        return self.stage, self.model


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Attributes:
        title: of what it is a plan: a cohort, or a slice of one.
        rows: what is to be made, by stage and model.
        copies: how many copies are made; they cost nothing.
        sampled: whether not every ledger was looked at.
        parameters: those of the requests as they will be sent, a line each.
        warnings: what to know before anything is bought, a text each.
        replaced: texts that were edited after generations were made from them.
        self_judges: models that judge essays of their own.
    """

    title: str
    rows: tuple[Row, ...]
    copies: int = 0
    sampled: bool = False
    parameters: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    replaced: tuple[ReplacedText, ...] = ()
    self_judges: tuple[str, ...] = ()

    @property
    def planned(self) -> int:
        """Generations whose jobs start, or would if what they are made from could be made."""
        return self.reused + self.to_buy + self.blocked

    @property
    def reused(self) -> int:
        """Answers that are in the ledgers."""
        return sum(row.reused for row in self.rows)

    @property
    def to_buy(self) -> int:
        """Calls to be paid."""
        return sum(row.to_buy for row in self.rows)

    @property
    def blocked(self) -> int:
        """Generations that will not be made, and are not asked for."""
        return sum(row.blocked for row in self.rows)

    @property
    def buys_from(self) -> list[str]:
        """The models that will be called, by id."""
        return list(dict.fromkeys(row.model for row in self.rows if row.to_buy))

    @property
    def unpriced(self) -> list[str]:
        """The models among them whose prices are unknown."""
        rows = (row for row in self.rows if row.to_buy and row.usd_low is None)
        return list(dict.fromkeys(row.model for row in rows))

    @property
    def reasons(self) -> Counter[str]:
        """Why generations are to be made, over all rows."""
        return sum((row.reasons for row in self.rows), Counter())


def describe(plan: Plan, options: Options = NO_OPTIONS) -> Iterator[str]:
    """The whole plan in lines of about 100 columns, with how its figures came about."""
    yield _headline(plan)
    yield from _wrapped(plan.warnings)
    if not plan.planned:
        return
    yield from replaced_lines(plan.replaced, options)
    yield from _table(plan.rows, plan.rows)
    yield "Why:"
    yield from (f"  {reason} ({count})" for reason, count in plan.reasons.most_common())
    yield from _notes(plan)
    if judges := plan.self_judges:
        yield f"Judging essays of their own: {_listed(judges)}. Whether they prefer these will be"
        yield "in judge_preference; self_judging under exclude of a spec leaves them out."
    if plan.to_buy:
        yield "Asked with:"
        yield from _wrapped(f"  {line}" for line in plan.parameters)
        yield from _HOW


def _wrapped(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from wrap(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def first_lines(plan: Plan, options: Options = NO_OPTIONS) -> Iterator[str]:
    """The plan in few lines, for the start of a run; none when only tables are made.

    They are 16 at most, and then what to know before anything is bought or replaced.
    """
    if plan.planned:
        yield _headline(plan)
    if plan.to_buy:
        rows = [row for row in plan.rows if row.to_buy]
        dearest = sorted(rows, key=lambda row: (row.usd_high is not None, -(row.usd_high or 0)))
        first_rows = dearest[:FIRST_ROWS]
        yield from _table([row for row in rows if row in first_rows], rows)
        yield from _main_reasons(plan)
        yield from _notes(plan)
    if plan.to_buy or plan.blocked:
        yield from _wrapped(plan.warnings)
    if plan.planned:
        yield from replaced_lines(plan.replaced, options)


def _main_reasons(plan: Plan) -> Iterator[str]:
    reasons = plan.reasons.most_common()
    for number, (reason, count) in enumerate(reasons[:FIRST_REASONS], start=1):
        last = number == FIRST_REASONS < len(reasons)
        more = f" and {len(reasons) - FIRST_REASONS} more reasons" if last else ""
        yield f"{'Why: ' if number == 1 else '     '}{reason} ({count}){more}"


def _headline(plan: Plan) -> str:
    if not plan.planned:
        return f"{plan.title}: nothing is to be bought, everything is made."
    about = "about " if plan.sampled else ""
    blocked = f", {about}{plan.blocked} cannot be made" if plan.blocked else ""
    if not plan.to_buy:
        used = f"{plan.reused} paid answers are used"
        return f"{plan.title}: nothing is to be bought, {used}{blocked}."
    roughly = about if plan.reused or blocked else ""  # what no ledger has was counted one by one
    paid = f", {roughly}{plan.reused} paid already" if plan.reused else ""
    bought = f"{roughly}{plan.to_buy} generation(s) to buy{paid}{blocked}"
    cost = _money(plan.rows)
    return f"{plan.title}: {bought}; {about if cost != '?' else ''}{cost} USD."


def _table(printed: Sequence[Row], rows: Sequence[Row]) -> Iterator[str]:
    """Some rows, how many more there are, and the total of all of them."""
    yield _line(_HEADER)
    for row in printed:
        yield _line((row.stage, row.model, *_figures([row]), _money([row])))
    if len(printed) < len(rows):
        yield f"and {len(rows) - len(printed)} more, which cost no more than these"
    if len(rows) > 1:
        yield _line(("total", "", *_figures(rows), _money(rows)))


def _figures(rows: Sequence[Row]) -> Iterator[str]:
    yield str(sum(row.required for row in rows))
    yield str(sum(row.made for row in rows))
    yield str(sum(row.reused for row in rows))
    yield str(sum(row.to_buy for row in rows))
    yield compact(sum(row.tokens_in for row in rows))
    low, high = sum(row.tokens_out_low for row in rows), sum(row.tokens_out_high for row in rows)
    yield _span(compact(low), compact(high))


def _line(cells: Sequence[str]) -> str:
    """Two names to the left, figures to the right."""
    padded = []
    for number, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=False)):
        padded.append(cell.rjust(width) if number > 1 else cell[: width - 1].ljust(width))
    return "".join(padded).rstrip()


def _notes(plan: Plan) -> Iterator[str]:
    if plan.copies:
        yield f"{plan.copies} copies of drafts are made too, which costs nothing."
    if plan.unpriced:
        yield f"?: llm_models.csv has no price_in and price_out for {_listed(plan.unpriced)}."
    if fallbacks := _fallbacks(plan.rows):
        yield f"Fallbacks, where an endpoint brings nothing: {_listed(fallbacks)}."
    if plan.sampled:
        yield "Worked out from samples; exactly: daydream plan (with the same targets and options)"


def _fallbacks(rows: Sequence[Row]) -> list[str]:
    """Each model with its fallback, and what that one costs when it answers everything."""
    pairs = dict.fromkeys((row.model, row.fallback) for row in rows if row.to_buy and row.fallback)
    return [
        f"{model} -> {other} (up to {_usd_fallback(rows, model)} USD)" for model, other in pairs
    ]


def _usd_fallback(rows: Sequence[Row], model: str) -> str:
    prices = [row.usd_fallback for row in rows if row.model == model and row.to_buy]
    known = [price for price in prices if price is not None]
    return rough_usd(sum(known)) if len(known) == len(prices) else "?"


def _listed(names: Sequence[str], limit: int = 3) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def compact(count: float) -> str:
    """A count in few characters: 950, 9500, 95k, 9.5M."""
    if count >= 1e6:
        return f"{count / 1e6:.{1 if count < 1e7 else 0}f}M"
    return f"{count / 1e3:.0f}k" if count >= 1e4 else f"{count:.0f}"


def _money(rows: Sequence[Row]) -> str:
    """A price with two figures that count at least, and a ? for what is unknown: 0.35-3.20+?"""
    unknown = [row for row in rows if row.to_buy and row.usd_low is None]
    if unknown and all(row.usd_low is None for row in rows if row.to_buy):
        return "?"
    low, high = sum(r.usd_low or 0 for r in rows), sum(r.usd_high or 0 for r in rows)
    return _span(rough_usd(low), rough_usd(high)) + ("+?" if unknown else "")


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low}-{high}"
