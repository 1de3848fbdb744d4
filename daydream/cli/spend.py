"""Costs of calls as text and as JSON: `daydream spend`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from daydream.cli.console import aligned
from daydream.formats import known_usd
from daydream.store.layout import STAGES
from daydream.store.spending import CAUSES, Cause, Group, Spending, Tally

MEANING: Mapping[Cause, str] = {
    "truncated": "cut off at max_tokens",
    "unparsed": "answers that could not be used",
    "retried": "failed calls that were billed",
    "superseded": "answers replaced by a newer answer or prompt",
}
HEADER = ("calls", "answers", "in", "out", "reasoning", "cached", "USD")


def describe(spent: Spending, title: str) -> Iterator[str]:
    """Lines for a person."""
    yield title
    yield from _describe_lost(spent.lost)
    if not spent.groups:
        yield "No call was made yet."
        return
    ordered = sorted(spent.groups.items(), key=_order)
    rows: list[Sequence[object]] = [("stage", "model", *HEADER)]
    rows += [(group.stage, group.model, *_cells(tally)) for group, tally in ordered]
    rows.append(("total", "", *_cells(spent.total)))
    header, *lines, last = aligned(rows, texts=2)
    numbered = zip((group for group, _ in ordered), lines, strict=True)
    yield ""
    yield header
    for cohorts, part in groupby(numbered, key=lambda item: item[0].cohorts):
        if len({group.cohorts for group in spent.groups}) > 1:
            yield _owners(cohorts)
        yield from (line for _, line in part)
    yield last
    yield "Tokens: reasoning is part of out, cached is part of in."
    yield from _describe_unknown(spent.total)
    yield ""
    yield from _describe_waste(spent)


def _describe_lost(lost: Sequence[str]) -> Iterator[str]:
    if lost:
        yield f"Not counted is what {len(lost)} ledger(s) do not show any more. {lost[0]}"
        yield "Restore them from a copy; daydream spend --json names every one."


def _order(item: tuple[Group, Tally]) -> tuple[Any, ...]:
    group = item[0]
    return not group.cohorts, group.cohorts, STAGES.index(group.stage), group.model


def _owners(cohorts: tuple[str, ...], limit: int = 3) -> str:
    if not cohorts:
        return "In no cohort:"
    more = f" and {len(cohorts) - limit} more" if len(cohorts) > limit else ""
    names = ", ".join(cohorts[:limit]) + more
    return f"Cohort {names}:" if len(cohorts) == 1 else f"Shared by the cohorts {names}:"


def _cells(tally: Tally) -> tuple[object, ...]:
    counts = (tally.tokens_in, tally.tokens_out, tally.tokens_reasoning, tally.tokens_cached)
    return tally.calls, tally.answers, *counts, dollars(tally)


def dollars(tally: Tally) -> str:
    """USD as a person reads them; what is unknown is said to be."""
    return known_usd(tally.usd_known, tally.calls_of_unknown_price)


def _describe_unknown(tally: Tally) -> Iterator[str]:
    if tally.calls_of_unknown_price:
        yield f"Unknown is the price of {tally.calls_of_unknown_price} call(s), made when price_in"
        yield "or price_out was blank in llm_models.csv, or whose endpoint counted no tokens."


def _describe_waste(spent: Spending) -> Iterator[str]:
    if not spent.total_wasted.calls:
        yield "Nothing was wasted."
        return
    rows: list[Sequence[object]] = [("wasted", "", "calls", "in", "out", "USD")]
    rows += [_waste_row(cause, MEANING[cause], spent.wasted[cause]) for cause in CAUSES]
    yield from aligned([*rows, _waste_row("total", "", spent.total_wasted)], texts=2)


def _waste_row(cause: str, meaning: str, tally: Tally) -> tuple[object, ...]:
    return cause, meaning, tally.calls, tally.tokens_in, tally.tokens_out, dollars(tally)


def as_json(spent: Spending, cohort: str | None) -> dict[str, Any]:
    """The same for a program; ``usd`` is null where a price is unknown."""
    ordered = sorted(spent.groups.items(), key=_order)
    return {
        "cohort": cohort,
        "rows": [{**group._asdict(), **_tally_as_json(tally)} for group, tally in ordered],
        "total": _tally_as_json(spent.total),
        "wasted": {cause: _tally_as_json(spent.wasted[cause]) for cause in CAUSES},
        "total_wasted": _tally_as_json(spent.total_wasted),
        "lost": spent.lost,
    }


def _tally_as_json(tally: Tally) -> dict[str, Any]:
    return {**asdict(tally), "usd_known": round(tally.usd_known, 9), "usd": tally.usd}
