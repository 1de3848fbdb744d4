"""Amounts of money, tokens and calls, which budgets count with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any, NamedTuple

from daydream.errors import DaydreamError
from daydream.experiment.settings import Limit
from daydream.store.ledger import Attempt


class Amount(NamedTuple):
    """What a call takes from a budget."""

    usd: float = 0.0
    tokens: int = 0
    calls: int = 0

    def plus(self, other: Amount, sign: int = 1) -> Amount:
        """The sum, or with sign -1 the difference."""
        return Amount(
            self.usd + sign * other.usd,
            self.tokens + sign * other.tokens,
            self.calls + sign * other.calls,
        )

    def at_most(self, other: Amount) -> Amount:
        """The smaller of both, in each unit."""
        return self._of_each(min, other)

    def at_least(self, other: Amount) -> Amount:
        """The larger of both, in each unit."""
        return self._of_each(max, other)

    def _of_each(self, choose: Callable[[float, float], float], other: Amount) -> Amount:
        usd, tokens, calls = map(choose, self, other)
        return Amount(usd, int(tokens), int(calls))

    def times(self, count: int) -> Amount:
        """As much as so many calls like this one."""
        return Amount(self.usd * count, self.tokens * count, self.calls * count)

    @property
    def description(self) -> str:
        """The amount in words."""
        return f"${self.usd:.4f}, {self.tokens} tokens, {self.calls} call(s)"


NOTHING = Amount()


def total(amounts: Iterable[Amount]) -> Amount:
    """The sum of some amounts."""
    return reduce(Amount.plus, amounts, NOTHING)


def amount_of(attempt: Attempt, reserved: Amount) -> Amount:
    """What an attempt has taken; what it does not tell counts as it was reserved.

    A call that failed without a word on usage was not billed, as far as anybody knows.
    """
    counts = [attempt.usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens")]
    tokens = sum(counts)
    if attempt.is_answer and not all(counts):
        tokens = max(tokens, reserved.tokens)
    usd = reserved.usd if attempt.cost_usd is None else attempt.cost_usd
    return Amount(usd, tokens, 1)


def used_by(attempts: Iterable[Attempt], reserved: Amount = NOTHING) -> Amount:
    """What some attempts have taken, for each of which as much was reserved."""
    return total(amount_of(attempt, reserved) for attempt in attempts)


def fits(limit: Limit, taken: Amount, amount: Amount) -> bool:
    """Whether an amount may be spent on top of what is taken."""
    limits = (limit.usd, limit.tokens, limit.calls)
    return all(
        maximum is None or value <= maximum + 1e-9
        for maximum, value in zip(limits, taken.plus(amount), strict=True)
    )


def refusal(limit: Limit, spent: Amount, amount: Amount) -> str:
    """The message when a call would cost more than is left."""
    return (
        f"the budget of {limit.description} is spent: {spent.description} so far, "
        f"and the next call may take {amount.description}. Raise it and run again; "
        "nothing that was answered is asked again."
    )


@contextmanager
def read_from(where: str, damaged: type[DaydreamError]) -> Iterator[None]:
    """Read amounts that were written down; an error of what is damaged says what to do about it.

    Args:
        where: the file or object.
        damaged: the class of the error.
    """
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(
            f"{where} cannot be read ({type(error).__name__}: {error}). Remove it while nothing "
            "runs: it is made again from the ledgers."
        ) from error


def amount_from(content: Mapping[str, Any]) -> Amount:
    """An amount that was written down.

    Raises:
        ValueError: when it is none.
    """
    amount = Amount(
        float(content.get("usd", 0.0)), int(content.get("tokens", 0)), int(content.get("calls", 0))
    )
    if not (math.isfinite(amount.usd) and min(amount) >= 0):
        raise ValueError(f"{amount.description} cannot have been spent")
    return amount
