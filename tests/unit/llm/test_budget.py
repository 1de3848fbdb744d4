"""A hard limit: reserved before a call, settled after it, over threads, processes and runs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daydream.errors import BudgetError, ConfigError
from daydream.experiment.settings import Limit, load_config
from daydream.llm.amounts import Amount, amount_of
from daydream.llm.budget import Budget, check_bounds, check_prices, spent_so_far
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt, Ledger
from daydream.workflow.project import Project
from tests.support.workspace import ROOT, Workspace


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "data"))


def attempt(tokens: int = 10, usd: float | None = 0.01, outcome: str = "answer") -> Attempt:
    usage = {"prompt_tokens": tokens // 2, "completion_tokens": tokens - tokens // 2}
    return Attempt(
        at="2026-01-01T00:00:00+00:00",
        outcome=outcome,
        fingerprint="f",
        endpoint="mock",
        model="m",
        parameters={},
        replicate=1,
        usage=usage if tokens else {},
        cost_usd=usd,
    )


def spend(budget: Budget, amount: Amount, *attempts: Attempt) -> None:
    with budget.reserved(amount) as bill:
        bill.extend(attempts)


def spent(layout: Layout) -> dict:
    return json.loads(Path(layout.under("budget", "spent.json")).read_text())


def test_without_a_limit_nothing_is_written(layout: Layout) -> None:
    spend(Budget(layout, Limit()), Amount(1.0, 100, 1), attempt())
    assert not Path(layout.under("budget")).exists()


def test_a_call_counts_as_what_it_took_not_as_what_it_could_have_taken(layout: Layout) -> None:
    spend(Budget(layout, Limit(usd=1.0)), Amount(0.5, 1000, 1), attempt(10, 0.01))
    assert spent(layout) == {"spent": {"usd": 0.01, "tokens": 10, "calls": 1}, "reserved": {}}


def test_a_call_that_could_cost_more_than_is_left_does_not_start(layout: Layout) -> None:
    budget = Budget(layout, Limit(usd=1.0))
    spend(budget, Amount(0.9, 1, 1), attempt(10, 0.8))
    with pytest.raises(BudgetError, match=r"budget of \$1 is spent"):
        spend(budget, Amount(0.3, 1, 1))
    spend(budget, Amount(0.2, 1, 1), attempt(10, 0.2))


@pytest.mark.parametrize("limit", [Limit(usd=0.05), Limit(tokens=50), Limit(calls=5)])
def test_many_threads_never_spend_more_than_the_limit(layout: Layout, limit: Limit) -> None:
    budget = Budget(layout, limit)
    refused = threading.Semaphore(0)

    def call(_: int) -> int:
        try:
            spend(budget, Amount(0.01, 10, 1), attempt(10, 0.01))
        except BudgetError:
            refused.release()
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(12))) == 5
    assert spent(layout)["spent"]["calls"] == 5


def test_what_calls_under_way_may_still_give_back_is_waited_for(layout: Layout) -> None:
    budget = Budget(layout, Limit(calls=10, usd=1.0))
    held, go_on = threading.Event(), threading.Event()

    def expensive() -> None:
        with budget.reserved(Amount(0.9, 1, 1)) as bill:
            held.set()
            go_on.wait(5)
            bill.append(attempt(10, 0.1))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(expensive)
        held.wait(5)
        second = pool.submit(spend, budget, Amount(0.5, 1, 1), attempt(10, 0.1))
        go_on.set()
        first.result(5)
        second.result(5)
    assert spent(layout)["spent"]["calls"] == 2


HOLD = """
import os, sys
sys.path.insert(0, {root!r})
from daydream.llm.amounts import Amount
from daydream.llm.budget import Budget
from daydream.store.layout import Layout
from daydream.experiment.settings import Limit
with Budget(Layout({data!r}), Limit(calls=3)).reserved(Amount(0.5, 7, 1)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_had_under_way_counts_as_spent(layout: Layout) -> None:
    code = HOLD.format(root=str(ROOT), data=layout.root)
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    budget = Budget(layout, Limit(calls=2))
    spend(budget, Amount(0.0, 1, 1), attempt())
    process.kill()
    process.wait()
    with pytest.raises(BudgetError):
        spend(budget, Amount(0.0, 1, 1), attempt())
    process.stdin.close()  # type: ignore[union-attr]
    process.stdout.close()
    larger = Budget(layout, Limit(calls=3))
    spend(larger, Amount(0.0, 1, 1), attempt())
    assert spent(layout)["spent"] == {"usd": 0.52, "tokens": 27, "calls": 3}


def test_the_first_budget_of_a_data_root_counts_what_its_ledgers_tell(layout: Layout) -> None:
    with Ledger.open(layout.generation("draft", "d_1")) as ledger:
        ledger.append(attempt(10, 0.2))
        ledger.append(attempt(0, 0.0, outcome="failed"))
    assert spent_so_far(layout) == Amount(0.2, 10, 2)
    with pytest.raises(BudgetError, match="2 call"):
        spend(Budget(layout, Limit(calls=2)), Amount(0.0, 1, 1))


def test_a_run_without_a_budget_goes_on_writing_down_what_one_has_begun(layout: Layout) -> None:
    spend(Budget(layout, Limit(calls=5)), Amount(0.0, 1, 1), attempt())
    spend(Budget(layout, Limit()), Amount(0.0, 1, 1), attempt())
    assert spent(layout)["spent"]["calls"] == 2


def test_an_answer_that_tells_no_usage_counts_as_reserved() -> None:
    assert amount_of(attempt(0, None), Amount(0.5, 700, 1)) == Amount(0.5, 700, 1)


@pytest.mark.parametrize(
    "content",
    [
        *("{", "", "[1]", "{}", "null", "[" * 100_000, '{"spent": 5, "reserved": {}}'),
        *('{"spent": {"usd": "much"}, "reserved": {}}', '{"spent": {"usd": NaN}, "reserved": {}}'),
        *('{"spent": {}, "reserved": [1]}', '{"spent": {"calls": -9}, "reserved": {}}'),
    ],
)
def test_a_damaged_file_is_named_with_the_mend(layout: Layout, content: str) -> None:
    path = Path(layout.under("budget", "spent.json"))
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(BudgetError, match=r"spent\.json cannot be read .* made again"):
        spend(Budget(layout, Limit(calls=5)), Amount())


def test_dollars_cannot_be_limited_where_a_price_is_unknown() -> None:
    check_prices(Limit(calls=1), ["gpt"])
    with pytest.raises(ConfigError, match="no price is known of gpt"):
        check_prices(Limit(usd=1.0), ["gpt"])


def test_a_budget_needs_answers_with_a_limit() -> None:
    check_bounds(Limit(calls=1), ["gpt"])
    check_bounds(Limit(usd=1.0), [])
    for limit in (Limit(usd=1.0), Limit(tokens=5)):
        with pytest.raises(ConfigError, match="body_keys leaves out max_tokens for gpt"):
            check_bounds(limit, ["gpt"])


def test_a_budget_is_refused_at_the_start_where_max_tokens_is_not_sent(tmp_path: Path) -> None:
    work = Workspace(tmp_path, "http://127.0.0.1:9/v1")
    work.models({"writer": "both"}, price_in="1", price_out="1", body_keys="max_tokens=")
    config = work.config | {"data_root": str(work.data)}
    Project(load_config(values=config))
    with pytest.raises(ConfigError, match="leaves out max_tokens for writer"):
        Project(load_config(values=config | {"budget_usd": 1.0}))
    bounded = {
        "mock": {"base_url": "http://127.0.0.1:9/v1", "extra_body": {"max_output_tokens": 9}}
    }
    Project(load_config(values=config | {"budget_usd": 1.0, "endpoints": bounded}))
