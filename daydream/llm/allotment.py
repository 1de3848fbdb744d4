"""A hard limit on what may be spent, for runs on hosts that share nothing but a bucket.

One object holds what was spent and, of each run at work, what it has taken. A run takes an
allotment, enough for some calls, and its calls keep within it without a request; what it does not
use it hands back. All that may be spent is in the object before any call for it starts, so the
limit holds, whichever run dies, and nothing is left over while another run could use it.

Each run writes its own part in absolute numbers, on condition that the object is the one that it
has read. So a write that is tried again, as its answer was lost, counts once.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from daydream.errors import BudgetError, StoreError
from daydream.experiment.settings import Limit
from daydream.llm.amounts import NOTHING, Amount, fits, refusal, total, used_by
from daydream.llm.budget import SETTLING_S, Spending
from daydream.llm.shared_spending import NAME, Part, Shared, change
from daydream.llm.stopping import STOP
from daydream.store.bucket.client import Bucket
from daydream.store.bucket.lease import FOLDER, Lease
from daydream.store.ledger import Attempt

AHEAD_S = 5.0  # for which a run takes about enough at once
MIN_AHEAD, MAX_AHEAD = 4, 64  # in calls
_LOOK_S = (2.0, 4.0)  # between looks at what other runs hold; by chance, against collisions


class Allotment:
    """The part of one run; without limits it only counts, once another run has set one."""

    def __init__(
        self,
        lease: Lease,
        limit: Limit,
        local: Spending,
        count: Callable[[], Amount],
        say: Callable[[str], None],
        wait: Callable[[float], None] = STOP.wait,
    ) -> None:
        """Prepare; nothing is asked of the bucket yet.

        Args:
            lease: of the run, which has taken it before it begins.
            limit: over all runs.
            local: what counts for this data root alone.
            count: tells what the ledgers in the bucket tell, for the first budget.
            say: shows a message.
            wait: sleeps; raises when the run is to end.
        """
        self._bucket: Bucket = lease.bucket
        self._lease, self._limit, self._local = lease, limit, local
        self._count, self._say, self._wait = count, say, wait
        self._lock = threading.Lock()
        self._is_kept, self._is_known, self._is_over = limit.is_set, False, False
        self._taken = self._spent = NOTHING
        self._held: list[Amount] = []  # by calls under way
        self._spent_elsewhere = NOTHING  # at least
        self._ahead, self._took_at, self._look_at = MIN_AHEAD, -math.inf, -math.inf
        self._has_waited = False

    def begin(self) -> None:
        """Look what is spent, and say so.

        Raises:
            StoreError: when it cannot be told.
        """
        with self._lock:
            self._exchange(is_first=True)
            if self._is_kept:
                of = f", of a budget of {self._limit.description}" if self._limit.is_set else ""
                spent = self._spent_elsewhere.description
                self._say(f"Spent over all runs with {self._bucket.address}: {spent}{of}.")

    def report(self) -> None:
        """Tell what was spent, and hand back what others could need more."""
        # Whoever has the lock is about to do the same, or will not be long.
        if self._lock.acquire(blocking=False):
            try:
                if not self._is_over:
                    self._exchange()
            finally:
                self._lock.release()

    def end(self) -> None:
        """Hand back what was not used.

        Raises:
            StoreError: when it cannot be; it counts as spent then, once the lease is void.
        """

        def settle(shared: Shared) -> bool:
            if shared.runs.pop(self._lease.name, None) is None:
                return False
            shared.spent = shared.spent.plus(self._used)
            return True

        with self._lock:
            self._is_over = True
            if self._is_known:
                change(self._bucket, settle, self._first)

    @contextmanager
    def reserved(self, amount: Amount) -> Iterator[list[Attempt]]:
        """Hold an amount; see :class:`Spending`."""
        self._reserve(amount)
        attempts: list[Attempt] = []
        try:
            with self._local.reserved(amount) as attempts:
                yield attempts
        finally:
            with self._lock:
                self._held.remove(amount)
                self._spent = self._spent.plus(used_by(attempts, amount))

    def _reserve(self, amount: Amount) -> None:
        """Wait for what calls under way, here and elsewhere, may leave."""
        while True:
            with self._lock:
                if not self._has(amount) and time.monotonic() >= self._look_at:
                    self._exchange(amount)
                if self._has(amount):
                    self._held.append(amount)
                    return
                spent = self._spent_elsewhere.plus(self._spent)
                if not fits(self._limit, spent, amount):
                    raise BudgetError(refusal(self._limit, spent, amount))
            self._wait(SETTLING_S)

    def _has(self, amount: Amount) -> bool:
        if not self._is_kept:
            return True
        return fits(Limit(*self._taken), self._used, amount)

    @property
    def _used(self) -> Amount:
        """What this run has spent, or may yet by calls under way."""
        return self._spent.plus(total(self._held))

    def _exchange(self, wanted: Amount = NOTHING, is_first: bool = False) -> None:
        """Tell what was spent, hand back what is too much, and take what is wanted, if it fits."""
        mine, dead = Part(NOTHING, NOTHING), dict[str, Part]()

        def settle(shared: Shared) -> bool:
            nonlocal mine, dead
            before = shared.runs.pop(self._lease.name, None)
            if before is None and self._is_known:
                raise StoreError(self._forgotten)
            is_short = not fits(self._limit, shared.committed, self._used.plus(wanted))
            dead = self._bury_dead(shared) if is_first or is_short else {}
            self._spent_elsewhere = shared.known_spent
            mine = Part(self._to_take(shared, wanted), self._spent)
            shared.runs[self._lease.name] = mine
            # What is handed back is another run's as soon as the object says so.
            self._taken = self._taken.at_most(mine.taken)
            return mine != before or bool(dead)

        if not change(self._bucket, settle, self._first):
            return
        self._taken, self._is_kept, self._is_known = mine.taken, True, True
        for name, part in dead.items():
            self._say(_last_words(name, part))

    def _bury_dead(self, others: Shared) -> dict[str, Part]:
        """Count all that killed runs had taken as spent: nobody knows what they had under way."""
        living = self._lease.others() if others.runs else {}
        dead = {name: part for name, part in others.runs.items() if name not in living}
        for name, part in dead.items():
            del others.runs[name]
            others.spent = others.spent.plus(part.taken)
        return dead

    def _to_take(self, others: Shared, wanted: Amount) -> Amount:
        """All that this run has spent and is going to spend for a while.

        The less is left, the less is taken ahead, so that several runs can use up all of a budget.
        """
        used, runs = self._used.plus(wanted), 1 + len(others.runs)

        def leaves_enough(ahead: Amount) -> bool:
            return fits(self._limit, others.committed.plus(used), ahead.times(2 * runs))

        if not leaves_enough(NOTHING):
            self._wait_for(others, wanted)
            return self._used
        if wanted == NOTHING:
            ahead = self._taken.plus(used, sign=-1)
            return self._taken.at_least(used) if leaves_enough(ahead) else used
        ahead_calls = self._calls_ahead(runs)
        while ahead_calls and not leaves_enough(wanted.times(ahead_calls)):
            ahead_calls //= 2
        return used.plus(wanted.times(ahead_calls))

    def _calls_ahead(self, runs: int) -> int:
        """Twice as many as before when these did not last, half as many when they lasted long."""
        now = time.monotonic()
        is_soon = now - self._took_at < max(AHEAD_S, runs / 4)
        ahead = 2 * self._ahead if is_soon else self._ahead // 2
        self._ahead, self._took_at = min(max(ahead, MIN_AHEAD), MAX_AHEAD), now
        return self._ahead

    def _wait_for(self, others: Shared, wanted: Amount) -> None:
        self._look_at = time.monotonic() + random.uniform(*_LOOK_S)
        spent = others.known_spent.plus(self._spent)
        if others.runs and not self._has_waited and fits(self._limit, spent, wanted):
            self._has_waited = True
            self._say("Other runs have taken the rest of the budget: waiting for what they leave.")

    def _first(self) -> Shared | None:
        if self._is_known:
            raise StoreError(self._forgotten)
        return Shared(self._count(), {}) if self._limit.is_set else None

    @property
    def _forgotten(self) -> str:
        return (
            f"{self._bucket.address}/{NAME} has nothing of this run any more: its lease was not "
            "renewed for a minute, so it was taken for dead, or the object was removed. Run again; "
            "nothing that was answered is asked again."
        )


def _last_words(name: str, part: Part) -> str:
    run, spent = name.removeprefix(FOLDER).removesuffix(".json"), part.spent.description
    return (
        f"A run that was killed or cut off ({run}) had taken {part.taken.description} of the "
        f"budget. All of it counts as spent, though it told of no more than {spent}."
    )
