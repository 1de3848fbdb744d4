"""A hard limit on what may be spent, shared by every process on a data root.

The state is one small file, changed under a lock: what was spent so far and what the calls that
are under way may cost at most. A call reserves before it starts and settles when it is over, so
the limit holds even when all calls under way turn out as expensive as they can.
"""

from __future__ import annotations

import json
import math
import os
import socket
import uuid
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

from daydream.errors import BudgetError, ConfigError
from daydream.experiment.settings import Limit
from daydream.llm.stopping import STOP, Stop
from daydream.store.files import write_json
from daydream.store.layout import STAGES, Layout
from daydream.store.ledger import Attempt, read_attempts
from daydream.store.locks import hold, is_held, locked

SETTLING_S = 0.2  # between looks at a budget that calls under way hold


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

    @property
    def description(self) -> str:
        """The amount in words."""
        return f"${self.usd:.4f}, {self.tokens} tokens, {self.calls} call(s)"


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


@dataclass
class State:
    """What the file holds; ``reserved`` by process, then by a number of its calls."""

    spent: Amount = Amount()
    reserved: dict[str, dict[str, Amount]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The content of the file."""
        reserved = {
            process: {key: amount._asdict() for key, amount in calls.items()}
            for process, calls in self.reserved.items()
        }
        return {"spent": self.spent._asdict(), "reserved": reserved}

    @property
    def committed(self) -> Amount:
        """What is spent or may yet be."""
        total = self.spent
        for calls in self.reserved.values():
            for amount in calls.values():
                total = total.plus(amount)
        return total


class Budget:
    """Reserves and settles; without limits it does nothing until another run has set one."""

    def __init__(self, layout: Layout, limit: Limit, stop: Stop = STOP) -> None:
        self._folder = layout.under("budget")
        self._path = f"{self._folder}/spent.json"
        self._layout = layout
        self.limit = limit
        self._stop = stop
        self._process = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._alive: FileIO | None = None
        self._number = 0

    @property
    def is_kept(self) -> bool:
        """Whether spending is written down: once limited, a data root's spending always is."""
        return self.limit.is_set or Path(self._path).is_file()

    @contextmanager
    def reserved(self, amount: Amount) -> Iterator[list[Attempt]]:
        """Hold an amount while a call is under way; yields a list to put its attempts in.

        Raises:
            BudgetError: when the amount does not fit any more.
        """
        if not self.is_kept:
            yield []
            return
        key = self._reserve(amount)
        attempts: list[Attempt] = []
        try:
            yield attempts
        finally:
            used = Amount()
            for attempt in attempts:
                used = used.plus(amount_of(attempt, amount))
            self._settle(key, used)

    def add(self, amount: Amount) -> None:
        """Count what was spent elsewhere."""
        with self._changing() as state:
            state.spent = state.spent.plus(amount)

    def _reserve(self, amount: Amount) -> str:
        """Wait for calls under way to settle, as long as they may leave enough."""
        while True:
            with self._changing() as state:
                if not self._fits(state.committed, amount):
                    self._drop_the_dead(state)
                if self._fits(state.committed, amount):
                    self._number += 1
                    key = str(self._number)
                    state.reserved.setdefault(self._process, {})[key] = amount
                    return key
                if not self._fits(state.spent, amount):
                    raise BudgetError(self._refusal(state.spent, amount))
            self._stop.wait(SETTLING_S)

    def _fits(self, taken: Amount, amount: Amount) -> bool:
        total = taken.plus(amount)
        limits = (self.limit.usd, self.limit.tokens, self.limit.calls)
        return all(
            most is None or value <= most + 1e-9 for most, value in zip(limits, total, strict=True)
        )

    def _refusal(self, spent: Amount, amount: Amount) -> str:
        return (
            f"the budget of {self.limit.description} is spent: {spent.description} so far, "
            f"and the next call may take {amount.description}. Raise it and run again; "
            "nothing that was answered is asked again."
        )

    def _settle(self, key: str, used: Amount) -> None:
        with self._changing() as state:
            state.reserved.get(self._process, {}).pop(key, None)
            if not state.reserved.get(self._process):
                state.reserved.pop(self._process, None)
            state.spent = state.spent.plus(used)

    @contextmanager
    def _changing(self) -> Iterator[State]:
        with locked(f"{self._folder}/spent.lock"):
            self._show_alive()
            state = self._read()
            try:
                yield state
            finally:  # what the dead had reserved is counted even when the call is then refused
                write_json(self._path, state.as_json())

    def _read(self) -> State:
        try:
            return _state(json.loads(Path(self._path).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return State(spent=spent_so_far(self._layout))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BudgetError(
                f"{self._path} cannot be read ({type(error).__name__}: {error}). Remove it while "
                "nothing runs: it is made again from the ledgers."
            ) from error

    def _show_alive(self) -> None:
        """Hold a file of this process, which the kernel lets go when the process is killed."""
        if self._alive is None:
            path = Path(f"{self._folder}/{self._process}.alive")
            self._alive = hold(str(path))
            weakref.finalize(self, path.unlink, missing_ok=True)

    def _drop_the_dead(self, state: State) -> None:
        """Count what killed processes had reserved as spent: providers bill calls that are cut."""
        for process in [p for p in state.reserved if p != self._process and self._is_dead(p)]:
            for amount in state.reserved.pop(process).values():
                state.spent = state.spent.plus(amount)

    def _is_dead(self, process: str) -> bool:
        path = Path(f"{self._folder}/{process}.alive")
        if is_held(str(path)):
            return False
        path.unlink(missing_ok=True)
        return True


def _state(content: Mapping[str, Any]) -> State:
    """What the file says; a number that is none would let the budget pass or refuse everything."""
    reserved = {
        process: {key: _amount(amount) for key, amount in calls.items()}
        for process, calls in content["reserved"].items()
    }
    return State(_amount(content["spent"]), reserved)


def _amount(content: Mapping[str, Any]) -> Amount:
    amount = Amount(
        float(content.get("usd", 0.0)), int(content.get("tokens", 0)), int(content.get("calls", 0))
    )
    if not (math.isfinite(amount.usd) and min(amount) >= 0):
        raise ValueError(f"{amount.description} cannot have been spent")
    return amount


def spent_so_far(layout: Layout) -> Amount:
    """What every ledger of the store tells, for the first budget of a data root."""
    total = Amount()
    for stage in STAGES:
        folder = Path(layout.under("gens", stage))
        for generation in sorted(folder.iterdir()) if folder.is_dir() else ():
            for attempt in read_attempts(str(generation)):
                total = total.plus(amount_of(attempt, Amount()))
    return total


@contextmanager
def spending_noticed(layout: Layout) -> Iterator[None]:
    """Count as spent what comes into the ledgers meanwhile, if the data root keeps a budget."""
    budget = Budget(layout, Limit())
    if not budget.is_kept:
        yield
        return
    before = spent_so_far(layout)
    try:
        yield
    finally:
        budget.add(spent_so_far(layout).plus(before, sign=-1))


def check_prices(limit: Limit, unpriced: list[str]) -> None:
    """Refuse a budget in dollars when a model that may be called has no price.

    Raises:
        ConfigError: naming the models.
    """
    if limit.usd is not None and unpriced:
        raise ConfigError(
            f"config: budget_usd cannot be kept: no price is known of {', '.join(unpriced)}. "
            "Fill in price_in and price_out in llm_models.csv, or limit budget_tokens or "
            "budget_calls instead."
        )


def check_bounds(limit: Limit, unbounded: list[str]) -> None:
    """Refuse a budget in dollars or tokens when answers of a model have no limit.

    Raises:
        ConfigError: naming the models.
    """
    if unbounded and (limit.usd is not None or limit.tokens is not None):
        raise ConfigError(
            f"config: the budget of {limit.description} cannot be kept: body_keys leaves out "
            f"max_tokens for {', '.join(unbounded)}, so an answer may take any number of tokens. "
            "Rename it (max_tokens=max_completion_tokens), or limit budget_calls instead."
        )
