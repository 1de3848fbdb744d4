"""A hard limit on what may be spent, shared by every process on a data root.

The state is one small file, changed under a lock: what was spent so far and what the calls that
are under way may cost at most. A call reserves before it starts and settles when it is over, so
the limit holds even when all calls under way turn out as expensive as they can.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any, Protocol

from daydream.errors import BudgetError, ConfigError
from daydream.experiment.settings import Limit
from daydream.llm.amounts import (
    NOTHING,
    Amount,
    amount_from,
    fits,
    read_from,
    refusal,
    total,
    used_by,
)
from daydream.llm.stopping import STOP, Stop
from daydream.store.files import process_name, write_json
from daydream.store.layout import STAGES, Layout
from daydream.store.ledger import Attempt, read_attempts, reading_of
from daydream.store.locks import hold, is_held, locked

SETTLING_S = 0.2  # between looks at a budget that calls under way hold


class Spending(Protocol):
    """What keeps the calls of a run within a limit."""

    def reserved(self, amount: Amount) -> AbstractContextManager[list[Attempt]]:
        """Hold an amount while a call is under way; yields a list to put its attempts in.

        Raises:
            BudgetError: when the amount does not fit any more.
        """


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
        return self.spent.plus(total(a for calls in self.reserved.values() for a in calls.values()))


class Budget:
    """Reserves and settles; without limits it does nothing until another run has set one."""

    def __init__(self, layout: Layout, limit: Limit, stop: Stop = STOP) -> None:
        self._folder = layout.under("budget")
        self._path = f"{self._folder}/spent.json"
        self._layout = layout
        self.limit = limit
        self._stop = stop
        self._process = process_name()
        self._alive: FileIO | None = None
        self._number = 0

    @property
    def is_kept(self) -> bool:
        """Whether spending is written down: once limited, a data root's spending always is."""
        return self.limit.is_set or Path(self._path).is_file()

    @contextmanager
    def reserved(self, amount: Amount) -> Iterator[list[Attempt]]:
        """Hold an amount; see :class:`Spending`."""
        if not self.is_kept:
            yield []
            return
        key = self._reserve(amount)
        attempts: list[Attempt] = []
        try:
            yield attempts
        finally:
            self._settle(key, used_by(attempts, amount))

    def ledger_grew(self, before: bytes, after: bytes) -> None:
        """Count calls that came into a ledger from elsewhere, if the data root keeps a budget."""
        if self.is_kept:
            known, all_there = (
                used_by(reading_of(content).attempts) for content in (before, after)
            )
            with self._changing() as state:
                state.spent = state.spent.plus(all_there).plus(known, sign=-1)

    def _reserve(self, amount: Amount) -> str:
        """Wait for calls under way to settle, as long as they may leave enough."""
        while True:
            with self._changing() as state:
                if not fits(self.limit, state.committed, amount):
                    self._drop_the_dead(state)
                if fits(self.limit, state.committed, amount):
                    self._number += 1
                    key = str(self._number)
                    state.reserved.setdefault(self._process, {})[key] = amount
                    return key
                if not fits(self.limit, state.spent, amount):
                    raise BudgetError(refusal(self.limit, state.spent, amount))
            self._stop.wait(SETTLING_S)

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
            with read_from(self._path, BudgetError):
                return _state(json.loads(Path(self._path).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return State(spent=spent_so_far(self._layout))

    def _show_alive(self) -> None:
        """Hold a file of this process, which the kernel lets go when the process is killed."""
        if self._alive is None:
            path = Path(f"{self._folder}/{self._process}.alive")
            self._alive = hold(str(path))
            weakref.finalize(self, path.unlink, missing_ok=True)

    def _drop_the_dead(self, state: State) -> None:
        """Count what killed processes had reserved as spent: providers bill calls that are cut."""
        for process in [p for p in state.reserved if p != self._process and self._is_dead(p)]:
            state.spent = state.spent.plus(total(state.reserved.pop(process).values()))

    def _is_dead(self, process: str) -> bool:
        path = Path(f"{self._folder}/{process}.alive")
        if is_held(str(path)):
            return False
        path.unlink(missing_ok=True)
        return True


def _state(content: Mapping[str, Any]) -> State:
    """What the file says; a number that is none would let the budget pass or refuse everything."""
    reserved = {
        process: {key: amount_from(amount) for key, amount in calls.items()}
        for process, calls in content["reserved"].items()
    }
    return State(amount_from(content["spent"]), reserved)


def spent_so_far(layout: Layout) -> Amount:
    """What every ledger of the store tells, for the first budget of a data root."""
    spent = NOTHING
    for stage in STAGES:
        folder = Path(layout.under("gens", stage))
        for generation in sorted(folder.iterdir()) if folder.is_dir() else ():
            spent = spent.plus(used_by(read_attempts(str(generation))))
    return spent


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
