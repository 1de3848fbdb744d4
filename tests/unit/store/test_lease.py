"""Of two runs that may make the same generation, and share only a bucket, one waits."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from daydream.errors import StoreError
from daydream.store.bucket import lease as module
from daydream.store.bucket.client import Bucket
from daydream.store.bucket.lease import FOLDER, Lease, read_lease


class Stopped(Exception):
    """What a wait raises in these tests, so that nothing waits."""


def stop(_: float) -> None:
    raise Stopped


@pytest.fixture
def bucket(s3_address: str) -> Bucket:
    return Bucket(s3_address)


def lease(bucket: Bucket, title: str, wait: Callable[[float], None] = stop) -> Lease:
    return Lease(bucket, title, 0.25, pytest.fail, wait)


def names(bucket: Bucket) -> list[str]:
    return [entry.name for entry in bucket.list(FOLDER)]


def test_runs_of_different_generations_go_side_by_side_and_share_the_limits(bucket: Bucket) -> None:
    first, second = lease(bucket, "Slice 1/2"), lease(bucket, "Slice 2/2")
    first.take(["d_1"], pytest.fail)
    second.take(["d_2"], pytest.fail)
    assert first.value == 0.25
    first._renew()
    assert first.value == 0.5
    second.end()
    first._renew()
    assert first.value == 1
    first.end()
    assert names(bucket) == []


def test_the_second_of_two_that_may_make_the_same_withdraws_and_waits(bucket: Bucket) -> None:
    first, told = lease(bucket, "A run"), []
    first.take(["d_1", "d_2"], pytest.fail)
    with pytest.raises(Stopped):
        lease(bucket, "Another run").take(["d_2", "d_3"], told.append)
    assert len(names(bucket)) == 1
    (message,) = told
    assert message.startswith("A run is under way on ") and "not bought again" in message
    # As soon as the first is over, the second goes on.
    waited = lease(bucket, "Another run", wait=lambda _: first.end())
    waited.take(["d_2"], told.append)
    waited.end()


def test_a_lease_whose_process_is_dead_or_that_is_old_is_void(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = lease(bucket, "A run")
    running.take(["d_1"], pytest.fail)
    (name,) = names(bucket)
    known = read_lease(bucket, name)
    assert known is not None and not known.is_dead
    assert known._replace(pid=2**22 + 1).is_dead
    assert not known._replace(pid=2**22 + 1, place="another host").is_dead
    monkeypatch.setattr(module, "VOID_AFTER_S", -1.0)
    late = lease(bucket, "A later run")
    late.take(["d_1"], pytest.fail)
    assert len(names(bucket)) == 1
    late.end()
    running.end()


def test_a_run_whose_lease_was_taken_away_is_told(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []
    running = Lease(bucket, "A run", 1.0, lost.append, stop)
    running.take(["d_1"], pytest.fail)
    bucket.delete(names(bucket)[0])
    with monkeypatch.context() as patch:
        patch.setattr(module, "RENEWED_EVERY_S", 0.0)
        running._keep()
    running.end()
    assert lost == ["The lease of this run in the object storage is gone."]


def test_a_clock_that_is_off_is_refused(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_SKEW_S", -1.0)
    with pytest.raises(StoreError, match="Synchronise it"):
        lease(bucket, "A run").take(["d_1"], pytest.fail)
    assert names(bucket) == []


def test_what_is_no_lease_is_passed_over(bucket: Bucket) -> None:
    bucket.put(f"{FOLDER}x.json", json.dumps([1]).encode(), 0, None)
    running = lease(bucket, "A run")
    running.take(["d_1"], pytest.fail)
    running.end()
