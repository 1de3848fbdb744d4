"""Calls are held to the limits of their endpoint and model, and everybody heeds a refusal."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.experiment.model import Limits
from daydream.llm import client as client_module
from daydream.llm.rate_limit import PAUSE_AFTER_429_S, RateLimiter, TokenBucket
from tests.support.asking import ask, ask_all, client_of, model, numbered
from tests.support.mock_calls import Bucket
from tests.support.mock_server import Fault, MockServer

pytestmark = pytest.mark.thorough


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limiter_of(clock: Clock, most: int = 99, **rates: float) -> RateLimiter:
    return RateLimiter(most, clock=clock, sleep=clock.sleep, **rates)


def starts(
    limiter: RateLimiter, count: int, tokens: int = 0, used: int | None = None
) -> list[float]:
    """When ``count`` calls start that follow each other at once, in seconds since the first."""
    times = []
    for _ in range(count):
        with limiter.slot(tokens) as started:
            times.append(started)
        if used is not None:
            limiter.reconcile(tokens, used)
    return [started - times[0] for started in times]


# Requests and tokens a minute


def test_without_rates_nobody_waits(clock: Clock) -> None:
    assert starts(limiter_of(clock), 50, tokens=10**6) == [0.0] * 50


@pytest.mark.parametrize("per_minute", [600, 6000])
def test_half_a_second_of_a_minutes_allowance_may_start_at_once(
    per_minute: int, clock: Clock
) -> None:
    burst = per_minute // 120
    times = starts(limiter_of(clock, requests_per_minute=per_minute), 2 * burst + 1)
    assert times[: burst - 1] == [0.0] * (burst - 1)
    assert times[burst] > 0
    assert times[-1] == pytest.approx((burst + 1) * 60 / per_minute, rel=0.05)


def test_a_slow_rate_has_no_burst(clock: Clock) -> None:
    times = starts(limiter_of(clock, requests_per_minute=6), 4)
    assert times == pytest.approx([0, 10, 20, 30], rel=0.02)
    assert all(time >= 10 * number for number, time in enumerate(times))


def test_a_rate_below_one_a_minute_is_kept(clock: Clock) -> None:
    assert starts(limiter_of(clock, requests_per_minute=0.5), 2)[1] == pytest.approx(120, rel=0.02)


def test_an_idle_hour_saves_up_no_more_than_a_burst(clock: Clock) -> None:
    limiter = limiter_of(clock, requests_per_minute=600)
    starts(limiter, 20)
    clock.now += 3600
    assert starts(limiter, 7)[5] > 0


@settings(deadline=None)
@given(st.floats(0.5, 20_000), st.lists(st.sampled_from([0, 0, 0, 0.01, 0.3, 2.0]), max_size=60))
def test_whatever_the_rate_and_the_gaps_a_bucket_of_one_second_is_never_overdrawn(
    per_minute: float, gaps: list[float]
) -> None:
    clock = Clock()
    limiter = limiter_of(clock, requests_per_minute=per_minute)
    bucket = Bucket(per_minute / 60, max(1.0, per_minute / 60))
    level, at = bucket.size, clock()
    for gap in gaps:
        clock.now += gap
        with limiter.slot(0) as started:
            level = min(bucket.size, level + (started - at) * bucket.per_second) - 1
            at = started
            assert level > -1e-6


def test_tokens_are_booked_in_advance(clock: Clock) -> None:
    times = starts(limiter_of(clock, tokens_per_minute=60_000), 4, tokens=2000)
    assert times == pytest.approx([0, 2, 4, 6], rel=0.02)


def test_tokens_that_were_not_used_are_given_back(clock: Clock) -> None:
    times = starts(limiter_of(clock, tokens_per_minute=60_000), 11, tokens=2000, used=200)
    assert times[-1] == pytest.approx(2.0, rel=0.3)


def test_tokens_used_beyond_the_booked_ones_are_paid_later(clock: Clock) -> None:
    times = starts(limiter_of(clock, tokens_per_minute=60_000), 3, tokens=1000, used=5000)
    assert times == pytest.approx([0, 5, 10], rel=0.02)


def test_the_stricter_of_the_two_rates_holds(clock: Clock) -> None:
    both = limiter_of(clock, requests_per_minute=6000, tokens_per_minute=60_000)
    assert starts(both, 3, tokens=1000)[2] == pytest.approx(2, rel=0.02)
    both = limiter_of(clock, requests_per_minute=60, tokens_per_minute=10**9)
    assert starts(both, 3, tokens=1000)[2] == pytest.approx(2, rel=0.02)


def test_a_call_that_waits_for_tokens_starts_as_soon_as_others_give_theirs_back() -> None:
    limiter = RateLimiter(8, tokens_per_minute=6000)
    began = time.monotonic()
    with limiter.slot(1000):
        pass
    waiting = threading.Thread(target=starts, args=(limiter, 1), daemon=True)
    waiting.start()
    time.sleep(0.1)
    limiter.reconcile(1000, 10)
    waiting.join(5)
    assert not waiting.is_alive()
    assert time.monotonic() - began < 1.5


def test_a_pace_forgets_what_is_long_past() -> None:
    pace = TokenBucket(60.0)
    pace.take(1, now=10.0)
    pace.reconcile(500)
    pace.take(1, now=100.0)
    assert pace.due == pytest.approx(101, rel=0.01)


# A closed limiter


def test_nobody_starts_while_the_gate_is_closed(clock: Clock) -> None:
    limiter = limiter_of(clock)
    limiter.close_for(30)
    assert limiter.closed_for == 30
    before = clock()
    starts(limiter, 3)
    assert clock() - before == pytest.approx(30)
    assert limiter.closed_for == 0


def test_a_shorter_closing_does_not_cut_a_longer_one_short(clock: Clock) -> None:
    limiter = limiter_of(clock)
    limiter.close_for(30)
    limiter.close_for(5)
    assert limiter.closed_for == 30


def test_a_gate_that_is_closed_again_meanwhile_stays_closed_for_those_who_wait() -> None:
    limiter = RateLimiter(8)
    limiter.close_for(0.2)
    began = time.monotonic()
    threading.Timer(0.1, limiter.close_for, (0.5,)).start()
    starts(limiter, 1)
    assert 0.55 < time.monotonic() - began < 1.2


def test_after_a_closing_a_rate_holds_for_all_who_waited(clock: Clock) -> None:
    limiter = limiter_of(clock, requests_per_minute=600)
    starts(limiter, 20)
    limiter.close_for(60)
    before = clock()
    times = starts(limiter, 20)
    assert clock() - before > 61
    assert times[6] > 0


# Concurrency: halved by a refusal, regained by answers


def test_a_refusal_halves_what_may_be_under_way_and_closes(clock: Clock) -> None:
    limiter = limiter_of(clock, 16)
    limiter.rate_limited(clock(), 2.5)
    assert (limiter.allowed, limiter.closed_for) == (8, 2.5)


def test_a_refusal_without_a_time_closes_for_a_moment(clock: Clock) -> None:
    limiter = limiter_of(clock)
    limiter.rate_limited(clock(), None)
    assert limiter.closed_for == PAUSE_AFTER_429_S


def test_calls_refused_together_halve_once(clock: Clock) -> None:
    limiter, together = limiter_of(clock, 16), clock()
    clock.now += 0.5
    for _ in range(10):
        limiter.rate_limited(together, 1.0)
    assert limiter.allowed == 8
    clock.now += 5
    limiter.rate_limited(clock(), 1.0)
    assert limiter.allowed == 4


def test_at_least_one_call_is_always_allowed(clock: Clock) -> None:
    limiter = limiter_of(clock, 4)
    for _ in range(9):
        clock.now += 1
        limiter.rate_limited(clock(), 0.0)
    assert limiter.allowed == 1
    assert starts(limiter, 1) == [0.0]


def test_answers_bring_one_place_back_a_round_and_never_more_than_there_were(clock: Clock) -> None:
    limiter = limiter_of(clock, 8)
    limiter.rate_limited(clock(), 0.0)
    for _ in range(5):
        limiter.succeeded()
    assert limiter.allowed == 5
    for _ in range(100):
        limiter.succeeded()
    assert limiter.allowed == 8


def test_a_place_is_given_back_when_its_call_fails(clock: Clock) -> None:
    limiter = limiter_of(clock, 1)
    with pytest.raises(RuntimeError), limiter.slot(0):
        raise RuntimeError
    assert limiter.in_flight == 0
    assert starts(limiter, 1) == [0.0]


# Against a server


def test_max_concurrency_of_an_endpoint_is_reached_and_never_exceeded(
    server: MockServer, tmp_path: Path
) -> None:
    server.latency_s = 0.05
    ask_all(client_of(server, tmp_path, max_concurrency=3), numbered(15))
    assert server.max_in_flight == 3


def test_max_concurrency_of_a_model_holds_for_it_alone(server: MockServer, tmp_path: Path) -> None:
    server.latency_s = 0.1
    client = client_of(server, tmp_path, max_concurrency=6)
    narrow, wide = model("narrow", limits=Limits(max_concurrency=2)), model("wide")
    _together(client, [narrow] * 8)
    assert server.max_in_flight == 2
    server.reset()
    _together(client, [wide] * 12)
    assert server.max_in_flight == 6
    server.reset()
    _together(client, [narrow, wide] * 8)
    assert 2 < server.max_in_flight <= 6


def _together(client: client_module.Client, models: list) -> None:
    threads = [threading.Thread(target=ask, args=(client, "Hello.", of)) for of in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_requests_per_minute_of_a_model_hold_for_it_alone(
    server: MockServer, tmp_path: Path
) -> None:
    client = client_of(server, tmp_path)
    slow = model("slow", limits=Limits(requests_per_minute=120))
    began = time.monotonic()
    _together(client, [slow] * 3)
    assert 1.0 <= time.monotonic() - began < 2
    began = time.monotonic()
    _together(client, [model("free")] * 3)
    assert time.monotonic() - began < 0.5


def test_two_endpoints_have_limits_of_their_own(server: MockServer, tmp_path: Path) -> None:
    server.latency_s = 0.1
    with MockServer(latency_s=0.1) as other:
        clients = [
            client_of(server, tmp_path, max_concurrency=2),
            client_of(other, tmp_path, "other", max_concurrency=5),
        ]
        threads = [threading.Thread(target=ask_all, args=(c, numbered(10))) for c in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (server.max_in_flight, other.max_in_flight) == (2, 5)


def test_a_hundred_calls_keep_to_the_minute_without_losing_time(
    server: MockServer, tmp_path: Path
) -> None:
    server.rate_limit(600)
    client = client_of(server, tmp_path, requests_per_minute=600, max_concurrency=64)
    began = time.monotonic()
    ask_all(client, numbered(100), threads=32)
    seconds = time.monotonic() - began
    assert server.paid == 100
    assert server.refused / server.received < 0.01
    assert 9.0 < seconds < 1.15 * 10


def test_after_a_refusal_nobody_starts_before_the_time_the_provider_gave(
    server: MockServer, tmp_path: Path
) -> None:
    server.latency_s = 0.05
    server.fault(Fault.status(429, retry_after=1.0), containing="Question 9.")
    client = client_of(server, tmp_path, max_concurrency=4)
    ask_all(client, numbered(40))
    (refused,) = [call for call in server.calls if call.status == 429]
    since = [call.at - refused.at for call in server.calls]
    assert not [seconds for seconds in since if 0.05 < seconds < 1.0]
    assert max(since) < 3
    assert server.paid == 40


def test_after_a_refusal_fewer_calls_are_under_way_and_then_more_again(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.latency_s = 0.05
    client = client_of(server, tmp_path, max_concurrency=8)
    server.fault(Fault.status(429, retry_after=0.1), times=8)
    ask_all(client, numbered(8))
    assert client.limiter.allowed < 8
    server.reset()
    ask_all(client, numbered(6))
    assert server.max_in_flight < 8
    ask_all(client, numbered(60))
    assert client.limiter.allowed == 8


@pytest.mark.parametrize("kind", ["-requests", "-tokens", ""])
def test_a_provider_that_has_nothing_left_is_left_alone_until_it_has(
    kind: str, server: MockServer, tmp_path: Path
) -> None:
    client = client_of(server, tmp_path)
    moment = str(int((time.time() + 0.8) * 1000))
    left, reset = f"x-ratelimit-remaining{kind}", f"X-RateLimit-Reset{kind}"
    server.fault(Fault.status(500, headers={left: "0", reset: "700ms" if kind else moment}))
    ask(client)
    first, second = (call.at for call in server.calls)
    assert 0.6 < second - first < 2
