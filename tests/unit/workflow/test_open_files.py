"""A run raises its own limit on open files, and tells when the system's is too low."""

from __future__ import annotations

import resource
from types import SimpleNamespace
from typing import Any

import pytest

from daydream.workflow.open_files import allow_open_files, needed_files


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """The soft and the hard limit of a process of its own."""
    held = {"now": (1024, 4096)}
    monkeypatch.setattr(resource, "getrlimit", lambda _: held["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: held.update(now=pair))
    return held


def project(generations: int) -> Any:
    return SimpleNamespace(members=lambda: iter(range(generations)))


def test_the_soft_limit_is_raised_as_far_as_needed_and_no_further(limits: dict) -> None:
    assert allow_open_files(project(9000), 1000) == []
    assert limits["now"] == (needed_files(1000), 4096) == (3150, 4096)


def test_what_suffices_is_left_as_it_is(limits: dict) -> None:
    assert allow_open_files(project(9000), 64) == []
    assert allow_open_files(project(20), 2000) == []  # no more at once than there are
    assert allow_open_files(project(9000), None) == []  # made on the nodes of a cluster
    assert limits["now"] == (1024, 4096)


def test_a_hard_limit_that_is_too_low_is_told_with_what_it_allows(limits: dict) -> None:
    (message,) = allow_open_files(project(9000), 2000)
    assert message.startswith("2,000 generations at once may need 6,150 open files")
    assert "allows a process 4,096" in message and "snakemake -c 1315" in message
    assert needed_files(1315) <= 4096 < needed_files(1316)
    assert limits["now"] == (4096, 4096)


def test_without_a_hard_limit_nothing_is_in_the_way(limits: dict) -> None:
    limits["now"] = (1024, resource.RLIM_INFINITY)
    assert allow_open_files(project(9000), 2000) == []
    assert limits["now"] == (6150, resource.RLIM_INFINITY)
    limits["now"] = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    assert allow_open_files(project(9000), 2000) == []


def test_a_system_that_allows_less_than_its_hard_limit_says_is_told(
    limits: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits["now"] = (256, resource.RLIM_INFINITY)

    def refuse(*_: object) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    (message,) = allow_open_files(project(9000), 2000)
    assert "allows a process 256" in message
