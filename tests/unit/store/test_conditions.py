"""What a server makes of conditional writes is tried before anything is sent to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from daydream.errors import StoreError
from daydream.store.bucket.conditions import Condition, Conditions

Holds = Callable[[str, str | None], bool]


def http(wanted: str, there: str | None) -> bool:
    """AWS, moto and SeaweedFS: an ETag is given and wanted in quotes."""
    return there is not None and wanted.strip('"') == there.strip('"')


def ceph_16(wanted: str, there: str | None) -> bool:
    """An ETag is given in quotes and wanted without."""
    return there is not None and wanted == there.strip('"')


def anything(wanted: str, there: str | None) -> bool:
    """s3rver, and whoever does not know the header."""
    return True


def nothing(wanted: str, there: str | None) -> bool:
    """A server behind one that changes ETags, as some do that compress."""
    return False


class Server:
    """One object of a server that judges conditions its own way."""

    def __init__(self, if_match: Holds, is_none_match_known: bool = True) -> None:
        self._holds, self._is_none_match_known = if_match, is_none_match_known
        self._there: str | None = None
        self.requests = 0
        self.removed = 0

    def write(self, condition: Condition) -> str | None:
        self.requests += 1
        if "IfNoneMatch" in condition:
            is_held = self._there is None or not self._is_none_match_known
        else:
            is_held = self._holds(condition["IfMatch"], self._there)
        if not is_held:
            return None
        self._there = f'"{hashlib.md5(bytes([self.requests])).hexdigest()}"'
        return self._there

    def remove(self) -> None:
        self.removed += 1

    @property
    def conditions(self) -> Conditions:
        return Conditions("s3://b/x", self.write, self.remove)


@pytest.mark.parametrize(
    ("server", "if_match", "requests"),
    [(Server(http), '"abc"', 4), (Server(ceph_16), "abc", 5)],
    ids=["http", "ceph 16"],
)
def test_a_condition_is_in_the_words_of_the_server_which_is_asked_once(
    server: Server, if_match: str, requests: int
) -> None:
    conditions = server.conditions
    assert conditions.of_replacing('"abc"') == {"IfMatch": if_match}
    assert conditions.of_replacing(None) == {"IfNoneMatch": "*"}
    assert (server.requests, server.removed) == (requests, 1)


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (Server(http, is_none_match_known=False), r"told not to \(If-None-Match\)"),
        (Server(anything), r"newer version than it was told to \(If-Match\)"),
        (Server(anything, is_none_match_known=False), "If-None-Match"),
        (Server(nothing), "refuses to replace the version that it has"),
    ],
    ids=["If-None-Match ignored", "If-Match ignored", "both ignored", "If-Match never true"],
)
def test_a_server_that_does_not_honour_conditions_is_refused_by_all_threads(
    server: Server, message: str
) -> None:
    conditions = server.conditions
    for _ in range(2):
        with pytest.raises(StoreError, match=f"s3://b/x: the server lacks .*{message}"):
            conditions.of_replacing(None)
    assert server.requests <= 4 and server.removed == 1
