"""Whatever stands in a header, it becomes seconds to wait or nothing, and never an exception."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.llm.rate_limit_headers import exhausted_for, retry_after, retry_after_in

RESET, LEFT = "x-ratelimit-reset", "x-ratelimit-remaining"


@pytest.mark.parametrize(
    ("value", "seconds"), [("20", 20), ("0.25", 0.25), ("0", 0), (" 7 ", 7), ("-3", 0)]
)
def test_retry_after_in_seconds(value: str, seconds: float) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_as_a_date() -> None:
    date = formatdate(time.time() + 30, usegmt=True)
    assert retry_after({"retry-after": date}) == pytest.approx(30, abs=1.5)


def test_a_date_that_is_past_means_now() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


def test_milliseconds_are_finer_and_win() -> None:
    assert retry_after({"retry-after-ms": "1500", "retry-after": "2"}) == 1.5


def test_nothing_said_is_nothing() -> None:
    assert retry_after({}) is None
    assert exhausted_for({}) is None


@pytest.mark.parametrize("value", ["soon", "", "nan", "inf", "-inf", "1e999", "Mon, 99 Foo"])
def test_nonsense_is_nothing(value: str) -> None:
    assert retry_after({"retry-after": value}) is None
    assert retry_after({"retry-after-ms": value}) is None


def test_no_wait_is_longer_than_an_hour() -> None:
    assert retry_after({"retry-after": "86400"}) == 3600


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1s", 1),
        ("250ms", 0.25),
        ("6m0s", 360),
        ("1m30.5s", 90.5),
        ("1h", 3600),
        ("8.64s", 8.64),
        ("12", 12),
        ("0s", 0),
    ],
)
@pytest.mark.parametrize("kind", ["", "-requests", "-tokens"])
def test_a_reset_of_a_used_up_allowance(kind: str, value: str, seconds: float) -> None:
    assert exhausted_for({LEFT + kind: "0", RESET + kind: value}) == pytest.approx(seconds)


def test_a_reset_may_be_a_moment_in_seconds_or_milliseconds() -> None:
    soon = time.time() + 40
    for moment in (str(int(soon)), str(int(soon * 1000))):
        assert exhausted_for({LEFT: "0", RESET: moment}) == pytest.approx(40, abs=1.5)


def test_an_allowance_with_something_left_asks_for_nothing() -> None:
    assert exhausted_for({LEFT + "-requests": "1", RESET + "-requests": "60s"}) is None


def test_the_longest_of_several_used_up_allowances_counts() -> None:
    headers = {
        LEFT + "-requests": "0",
        RESET + "-requests": "2s",
        LEFT + "-tokens": "0",
        RESET + "-tokens": "9s",
        LEFT: "5",
        RESET: "99",
    }
    assert exhausted_for(headers) == 9


@pytest.mark.parametrize("value", ["", "soon", "nan", "2030-13-01T00:00:00Z", ".s", "..ms"])
def test_a_reset_that_cannot_be_read_is_nothing(value: str) -> None:
    assert exhausted_for({LEFT: "0", RESET: value}) is None


HEADER = st.text(st.sampled_from("0123456789.,:-+ smhdne²½٣GMT/"), max_size=24) | st.text()


@settings(deadline=None, max_examples=400)
@given(HEADER, HEADER, HEADER)
def test_no_header_raises_and_every_wait_is_finite(first: str, second: str, third: str) -> None:
    told = {"retry-after": first, "retry-after-ms": second}
    reset = {LEFT: "0", RESET: first, LEFT + "-tokens": second, RESET + "-tokens": third}
    for wait in (retry_after(told), retry_after({"retry-after": third}), exhausted_for(reset)):
        assert wait is None or (math.isfinite(wait) and 0 <= wait <= 3600)


def test_a_reset_may_be_an_iso_date_and_of_other_providers() -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    told = {"anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": soon}
    assert exhausted_for(told) == pytest.approx(30, abs=2)
    assert exhausted_for({"ratelimit-remaining": "0", "ratelimit-reset": "12"}) == 12
    assert exhausted_for({"ratelimit-remaining": "1", "ratelimit-reset": "12"}) is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ({"details": [{"@type": "x.RetryInfo", "retryDelay": "34.5s"}]}, 34.5),
        ({"details": [{}, 7, {"retryDelay": 3}]}, None),
        ({"metadata": {"headers": {"Retry-After": "9"}}}, 9),
        ({"metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "8"}}}, 8),
        ({"retry_after": 5}, 5),
        ({"retry_after_ms": 1500}, 1.5),
        ({"message": "no"}, None),
        ("no", None),
    ],
)
def test_the_body_of_an_error_may_say_how_long_to_wait(error: object, seconds: float) -> None:
    assert retry_after_in({"error": error}) == seconds
