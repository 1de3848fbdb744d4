"""The state of a cohort as text and as JSON: `daydream status`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from daydream.cli.console import aligned
from daydream.experiment.next_steps import Options
from daydream.store.status import Count, Substitutes, total


def describe(
    cohort: str,
    counts: Sequence[Count],
    stale: bool,
    options: Options,
    fallbacks: Substitutes | None = None,
) -> Iterator[str]:
    """Lines for a person.

    Args:
        cohort: its id.
        counts: what ``count_states`` gives.
        stale: whether the configuration has come to ask for another cohort of this name.
        options: those of the commands that are proposed.
        fallbacks: what ``count_fallbacks`` gives.
    """
    everything = total(counts)
    yield f"Cohort {cohort}: {everything.done} of {everything.wanted} generations are made"
    yield ""
    yield from aligned([Count._fields, *counts, everything], texts=2)
    yield ""
    if stale:
        yield (
            "Configuration or catalogs ask for something else since. To see it: "
            + options.command("snakemake", "cohort")
        )
    for (model, fallback), count in (fallbacks or {}).items():
        yield f"{count} of {model} were made from answers of its fallback {fallback}."
    if everything.failed:
        yield f"{everything.failed} failed. To see why: {options.command('daydream failures')}"
    if everything.refused:
        plan = options.command("daydream plan")
        yield f"{everything.refused} refused by the budget. What they would cost: {plan}"
    if everything.done < everything.wanted:
        yield f"To make what is not made: {options.command('snakemake')}"
    else:
        yield "Nothing is missing."


def as_json(
    cohort: str, counts: Sequence[Count], stale: bool, fallbacks: Substitutes | None = None
) -> dict[str, Any]:
    """The same for a program."""
    everything = total(counts)._asdict()
    del everything["stage"], everything["model"]
    rows = [count._asdict() for count in counts]
    state = {"cohort": cohort, "stale": stale, "rows": rows, "total": everything}
    if not fallbacks:
        return state
    answered = [{"model": m, "fallback": f, "count": n} for (m, f), n in fallbacks.items()]
    return state | {"fallbacks": answered}
