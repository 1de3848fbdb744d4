"""After too many failures nothing more is asked, and what was not asked is no failure."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daydream.errors import CallError, ClosedError, ConfigError, EnoughErrors
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model, Template
from daydream.experiment.settings import Limit, Settings, StageSettings
from daydream.llm.batch.client import BatchClient
from daydream.llm.budget import Budget
from daydream.llm.error_limit import MIN_FOR_SHARE, ErrorLimit
from daydream.llm.rate_limit import MAX_PAUSE_S, RateLimiter
from daydream.llm.request import Request
from daydream.store.failures import find_missing
from daydream.store.layout import Layout
from daydream.store.ledger import Ledger, read_attempts
from daydream.store.membership import read_membership
from daydream.store.status import count_states, total
from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Workspace

FAILED = CallError("lab/writer at mock: http_400: no. See its words.", cause="http_400")


def test_a_count_of_failures_closes_the_run_in_the_words_of_the_last() -> None:
    limit = ErrorLimit(3)
    for error in (FAILED, None, FAILED, None):
        limit.learn(error)
    limit.check()
    limit.learn(FAILED)
    with pytest.raises(EnoughErrors, match=r"^not asked: 3 of 5 .*http_400: no\. See its words\."):
        limit.check()


def test_a_share_is_counted_when_there_is_enough_to_count() -> None:
    limit = ErrorLimit(0.5)
    for number in range(MIN_FOR_SHARE - 1):
        limit.learn(FAILED if number % 2 else None)
    limit.check()
    limit.learn(FAILED)
    with pytest.raises(EnoughErrors):
        limit.check()
    for _ in range(99):
        ErrorLimit(None).learn(FAILED)


@pytest.mark.parametrize("value", ["0", "-1", "many", "true", ".inf"])
def test_a_limit_that_says_nothing_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="stop_after_errors"):
        Settings.from_config({"stop_after_errors": value})
    assert Settings.from_config({"stop_after_errors": "0.5"}).stop_after_errors == 0.5


def test_a_run_stops_after_so_many_errors_and_the_rest_is_not_asked(
    work: Workspace, server: MockServer
) -> None:
    server.fault(Fault.status(400, message="This model is odd."), containing="Judge", times=None)
    work.config["stop_after_errors"] = 2
    work.config["endpoints"]["mock"]["max_concurrency"] = 1
    run = work.run(ok=False)
    asked = [call for call in server.calls if "Judge" in call.prompt]
    assert 2 <= len(asked) <= 3  # the next may start before the last is judged
    assert "stop_after_errors is 2" in run.output and "This model is odd." in run.output
    layout = Layout(str(work.data))
    membership = read_membership(layout.membership("trial"))
    sums = total(count_states(layout, membership))
    assert (sums.failed, sums.refused) == (len(asked), 0)
    judged = [row for row in count_states(layout, membership) if row.stage == "evaluation"]
    assert total(judged).missing == len(membership.stage("evaluation")) - len(asked) > 0
    assert {failure.cause for failure in find_missing(layout, membership).failures} == {"http_400"}
    server.clear_rules()
    work.run("evaluation")
    assert max(server.paid_by_prompt.values()) == 1


def test_a_key_that_is_refused_fails_one_request_of_a_batch_and_the_rest_is_not_asked(
    server: MockServer, tmp_path: Path
) -> None:
    server.required_key = "right"
    layout = Layout(str(tmp_path))
    endpoint = Endpoint(
        "mock", base_url=server.base_url, batch=True, batch_wait_s=0.2, batch_poll_s=0.05
    )
    client = BatchClient(endpoint, layout, Budget(layout, Limit()))
    model = Model("writer", "lab/writer", "W", True, True, "mock")
    template = Template("draft", "free", "Free", "", "identity", "llm", True)

    def job(gen_id: str) -> str:
        stage = StageSettings(max_tokens=100, temperature=0.7)
        request = Request.build("Dream.", model, stage, 1, template, endpoint, gen_id)
        with Ledger.open(layout.generation("draft", gen_id)) as ledger:
            try:
                client.complete(request, ledger.append)
            except CallError as error:
                assert "http_401" in str(error)
                return "not asked" if isinstance(error, ClosedError) else "failed"
        return "answer"

    ids = [f"d_{number}" for number in range(45)]
    with ThreadPoolExecutor(45) as pool:
        ends = Counter(pool.map(job, ids))
    assert ends == {"failed": 1, "not asked": 44}
    assert sum(len(read_attempts(layout.generation("draft", gen_id))) for gen_id in ids) == 1


def test_the_pauses_of_a_lasting_429_grow_until_an_answer_comes() -> None:
    now = 0.0
    limiter = RateLimiter(4, clock=lambda: now)
    waits = []
    for _ in range(9):
        limiter.rate_limited(now, None)
        waits.append(limiter.closed_for)
        now += limiter.closed_for
    assert waits == [1, 2, 4, 8, 16, 32, MAX_PAUSE_S, MAX_PAUSE_S, MAX_PAUSE_S]
    limiter.succeeded()
    limiter.rate_limited(now, None)
    assert limiter.closed_for == 1
    limiter.rate_limited(now, 7.0)
    assert limiter.closed_for == 7
