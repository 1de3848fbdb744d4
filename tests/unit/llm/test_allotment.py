"""A budget in a bucket: never exceeded and used up, whatever order, deaths and lost answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.errors import BudgetError, StoreError
from daydream.experiment.settings import Limit
from daydream.llm import allotment as module
from daydream.llm import shared_spending
from daydream.llm.allotment import Allotment
from daydream.llm.amounts import NOTHING, Amount
from daydream.llm.budget import Budget
from daydream.llm.shared_spending import NAME, Shared
from daydream.store.bucket.client import Changed, Version
from daydream.store.layout import Layout
from tests.unit.llm.test_budget import attempt

ONE = Amount(0.01, 10, 1)


class Waiting(Exception):
    """What a wait raises, so that nothing waits."""


class FakeBucket:
    """Objects in memory. ``meanwhile`` and ``fault`` happen to the next write."""

    address = "s3://bucket/lab"

    def __init__(self) -> None:
        self.objects: dict[str, Version] = {}
        self.gets = self.puts = 0
        self.meanwhile: Callable[[], None] | None = None
        self.fault = ""

    def get(self, name: str) -> Version | None:
        self.gets += 1
        return self.objects.get(name)

    def put(self, name: str, content: bytes, mtime_ns: int, replaces: str | None) -> str:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        fault, self.fault = self.fault, ""
        if fault == "not written":
            raise StoreError("cannot write")
        there = self.objects.get(name)
        if (there.etag if there else None) != replaces:
            raise Changed(name)
        self.puts += 1
        self.objects[name] = Version(content, str(self.puts), mtime_ns)
        if fault == "written, answer lost":
            raise StoreError("cannot write")
        if fault == "written, answer lost, tried again":
            raise Changed(name)
        return str(self.puts)


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Nothing waits between two looks, nor after a collision."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LOOK_S", (-1.0, -1.0))
        patch.setattr(shared_spending, "_COLLISION_S", 0.0)
        yield


class Run:
    """One run; its calls are begun and ended one by one."""

    def __init__(self, world: World, limit: Limit) -> None:
        self.world, self.name = world, f"runs/host-{len(world.runs)}.json"
        self.said: list[str] = []
        self.open: list[tuple[ExitStack, list, Amount]] = []
        self.is_over = False
        world.living.add(self.name)
        world.runs.append(self)
        lease = SimpleNamespace(bucket=world.bucket, name=self.name, others=self._others)
        local = Budget(Layout("/nowhere"), Limit())
        self.allotment = Allotment(
            lease, limit, local, lambda: world.counted, self.said.append, self._wait
        )

    def _others(self) -> dict[str, None]:
        if self.name not in self.world.living:
            raise StoreError("the lease is gone")
        return dict.fromkeys(self.world.living - {self.name})

    def _wait(self, _: float) -> None:
        raise Waiting

    def call(self, amount: Amount = ONE) -> None:
        stack = ExitStack()
        bill = stack.enter_context(self.allotment.reserved(amount))
        self.open.append((stack, bill, amount))

    def settle(self, share: float = 1.0) -> None:
        if self.open:
            stack, bill, amount = self.open.pop(0)
            usd = amount.usd * share
            bill.append(attempt(amount.tokens, usd))
            self.world.billed = self.world.billed.plus(Amount(usd, amount.tokens, 1))
            stack.close()

    def end(self) -> None:
        while self.open:
            self.settle()
        self.is_over = True
        try:
            self.allotment.end()
        finally:
            self.world.living.discard(self.name)

    def kill(self) -> None:
        """Its process is gone; what was under way is billed."""
        for _, _, amount in self.open:
            self.world.billed = self.world.billed.plus(amount)
        self.open, self.is_over = [], True
        self.world.living.discard(self.name)

    def void(self) -> None:
        """Others take it for dead, and it goes on."""
        self.world.living.discard(self.name)


class World:
    """Runs that share a bucket, and what the provider bills for all of them."""

    def __init__(self, counted: Amount = NOTHING) -> None:
        self.bucket, self.counted = FakeBucket(), counted
        self.runs: list[Run] = []
        self.living: set[str] = set()
        self.billed = counted

    @property
    def spent(self) -> Amount:
        """What is billed, and what calls under way may yet be."""
        amounts = [amount for run in self.runs for _, _, amount in run.open]
        return Amount(*map(sum, zip(self.billed, *amounts, strict=True)))

    @property
    def shared(self) -> Shared:
        return Shared.read(self.bucket.objects[NAME].content)


CALLS = st.sampled_from([ONE, Amount(0.05, 70, 1), Amount(0.002, 3, 1)])
ACTIONS = st.one_of(
    st.tuples(st.just("call"), CALLS),
    st.tuples(st.just("call"), CALLS),
    st.tuples(st.just("settle"), st.floats(0.0, 1.0)),
    st.tuples(st.just("allotment.report")),
    st.tuples(st.sampled_from(["end", "kill", "void"])),
)
FAULTS = ["not written", "written, answer lost", "written, answer lost, tried again"]
STEPS = st.tuples(
    st.integers(0, 3),
    ACTIONS,
    st.none() | st.tuples(st.integers(0, 3), ACTIONS),
    st.sampled_from(["", "", "", *FAULTS]),
)
LIMITS = [Limit(calls=11), Limit(usd=0.2), Limit(tokens=150, calls=9)]


def act(run: Run, action: tuple) -> None:
    """One action of a run; waiting, a refusal and a bucket that fails are borne."""
    name, *arguments = action
    if run.is_over:
        return
    method = run.allotment.report if name == "allotment.report" else getattr(run, name)
    with suppress(Waiting, BudgetError, StoreError):
        method(*arguments)


def holds(limit: Limit, amount: Amount) -> bool:
    limits = (limit.usd, limit.tokens, limit.calls)
    return all(
        most is None or value <= most + 1e-6 for most, value in zip(limits, amount, strict=True)
    )


@given(steps=st.lists(STEPS, max_size=60), limit=st.sampled_from(LIMITS))
@settings(max_examples=300, deadline=None)
def test_it_is_never_exceeded_whatever_happens_between_reading_and_writing(
    steps: list, limit: Limit
) -> None:
    world = World(counted=Amount(0.01, 5, 2))
    runs = [Run(world, limit) for _ in range(4)]
    is_exact = True
    for number, action, meanwhile, fault in steps:
        world.bucket.fault = fault
        if meanwhile is not None and meanwhile[0] != number:
            world.bucket.meanwhile = lambda m=meanwhile: act(runs[m[0]], m[1])
        is_exact &= not fault and action[0] not in ("kill", "void")
        is_exact &= meanwhile is None or meanwhile[1][0] not in ("kill", "void")
        act(runs[number], action)
        world.bucket.meanwhile, world.bucket.fault = None, ""
        assert holds(limit, world.spent)
    for run in runs:
        if not run.is_over:
            act(run, ("end",))
    last = Run(world, limit)
    with pytest.raises(BudgetError):
        for _ in range(100):
            last.call(ONE)
            last.settle()
    last.end()
    assert holds(limit, world.billed) and world.shared.runs == {}
    if is_exact:
        assert world.shared.spent == pytest.approx(world.billed)
        assert not holds(limit, world.billed.plus(ONE))


def test_runs_that_take_turns_use_up_all_of_it_and_are_then_refused() -> None:
    world, limit = World(), Limit(calls=37)
    runs, refused = [Run(world, limit) for _ in range(3)], set()
    while len(refused) < 3:
        for run in runs:
            try:
                run.call()
            except Waiting:
                pass
            except BudgetError as error:
                refused.add(run)
                assert "budget of 37 calls is spent: $0.3700, 370 tokens, 37 call(s)" in str(error)
            run.settle()
            run.allotment.report()
    assert world.billed.calls == 37


def test_threads_of_two_runs_make_as_many_calls_as_there_are() -> None:
    world, limit = World(), Limit(calls=50)
    runs = [Run(world, limit) for _ in range(2)]
    one_by_one = threading.Lock()
    for name in ("get", "put"):  # a server answers one request after the other
        method = getattr(world.bucket, name)

        def locked(*arguments, method=method):  # type: ignore[no-untyped-def]
            with one_by_one:
                return method(*arguments)

        setattr(world.bucket, name, locked)

    def call(run: Run) -> int:
        with suppress(BudgetError), run.allotment.reserved(ONE) as bill:
            bill.append(attempt())
            return 1
        return 0

    for run in runs:
        run.allotment._wait = lambda _: [other.allotment.report() for other in runs]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, runs * 40)) == 50


def test_many_calls_need_few_requests() -> None:
    world = World()
    run = Run(world, Limit(calls=10_000))
    run.allotment.begin()
    for _ in range(1000):
        run.call()
        run.settle()
    run.end()
    assert world.bucket.gets + world.bucket.puts < 60  # 0.06 a call
    assert world.shared == Shared(Amount(pytest.approx(10), 10_000, 1000), {})


def test_a_killed_run_counts_as_what_it_had_taken_and_the_next_says_so() -> None:
    world, limit = World(), Limit(calls=40)
    killed, other = Run(world, limit), Run(world, limit)
    for _ in range(3):
        killed.call()
    killed.settle()
    killed.allotment.report()
    killed.kill()
    taken = world.shared.runs[killed.name].taken.calls
    assert 3 <= taken <= 3 + 2 * module.MIN_AHEAD
    with pytest.raises(BudgetError):
        for _ in range(41):
            other.call()
            other.settle()
    (said,) = other.said
    assert said.startswith("A run that was killed or cut off (host-0) had taken ")
    assert f"{taken} call(s) of the budget. All of it counts as spent" in said
    assert "no more than $0.0100, 10 tokens, 1 call(s)" in said
    assert world.billed.calls == 3 + 40 - taken
    # A larger budget goes on.
    larger = Run(world, Limit(calls=41))
    other.end()
    larger.call()
    larger.settle()
    larger.end()


def test_a_run_that_was_taken_for_dead_starts_no_call_beyond_what_it_had() -> None:
    world, limit = World(), Limit(calls=20)
    paused, other = Run(world, limit), Run(world, limit)
    paused.call()
    paused.void()
    taken = world.shared.runs[paused.name].taken.calls
    with pytest.raises(BudgetError):
        for _ in range(20):
            other.call()
            other.settle()
    with pytest.raises(StoreError, match="it was taken for dead"):
        for _ in range(20):
            paused.call()
    assert len(paused.open) == taken
    assert world.spent.calls == 20
    paused.end()
    other.end()
    assert world.shared.spent.calls == 20


def test_a_run_that_idles_hands_back_what_others_need() -> None:
    world, limit = World(), Limit(calls=12)
    idle, busy = Run(world, limit), Run(world, limit)
    idle.call()
    taken = world.shared.runs[idle.name].taken.calls
    assert taken > 1
    for _ in range(12 - taken):
        busy.call()
    with pytest.raises(Waiting):
        busy.call()
    idle.allotment.report()
    for _ in range(taken - 1):
        busy.call()
    assert world.spent.calls == 12


def test_who_finds_the_rest_taken_waits_and_says_so_once() -> None:
    world, limit = World(), Limit(calls=2)
    first, second = Run(world, limit), Run(world, limit)
    first.call()
    first.call()
    for _ in range(3):
        with pytest.raises(Waiting):
            second.call()
    assert second.said == [
        "Other runs have taken the rest of the budget: waiting for what they leave."
    ]
    first.end()
    with pytest.raises(BudgetError, match="is spent"):
        second.call()


def test_no_call_starts_beyond_the_allotment_while_the_bucket_fails() -> None:
    world = World()
    run = Run(world, Limit(calls=100))
    run.call()
    taken = world.shared.runs[run.name].taken.calls
    world.bucket.get = lambda name: (_ for _ in ()).throw(StoreError("cannot read"))
    with pytest.raises(StoreError):
        for _ in range(100):
            run.call()
    assert len(run.open) == taken


def test_a_run_without_a_budget_counts_once_there_is_one() -> None:
    world = World(counted=Amount(0.5, 50, 5))
    free = Run(world, Limit())
    free.allotment.begin()
    free.call()
    free.settle()
    assert NAME not in world.bucket.objects and free.said == []
    limited = Run(world, Limit(calls=10))
    limited.allotment.begin()
    assert limited.said == [
        "Spent over all runs with s3://bucket/lab: $0.5000, 50 tokens, 5 call(s), "
        "of a budget of 10 calls."
    ]
    free.allotment.report()
    free.call()
    free.end()
    assert world.shared.spent.calls == 7
    world.counted = NOTHING  # it is not counted again
    limited.end()
    later = Run(world, Limit())
    later.allotment.begin()
    assert later.said == [
        "Spent over all runs with s3://bucket/lab: $0.5200, 70 tokens, 7 call(s)."
    ]


@pytest.mark.parametrize(
    "content",
    [b"{", b"[1]", b"{}", b"null", b"[" * 100_000, b'{"spent": {"usd": NaN}, "runs": {}}'],
)
def test_a_damaged_object_is_named_with_the_mend(content: bytes) -> None:
    world = World()
    world.bucket.objects[NAME] = Version(content, "x", 0)
    with pytest.raises(StoreError, match=r"lab/budget/spent\.json cannot be read .* made again"):
        Run(world, Limit(calls=5)).allotment.begin()


def test_an_object_that_is_removed_while_a_run_is_at_work_ends_it() -> None:
    world = World()
    run = Run(world, Limit(calls=5))
    run.allotment.begin()
    del world.bucket.objects[NAME]
    with pytest.raises(StoreError, match="or the object was removed"):
        run.call()
    assert json.loads(json.dumps(run.said)) and NAME not in world.bucket.objects
