from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import daydream  # noqa: F401  # before numpy: it says how many threads compute
from tests.support.mock_server import MockServer
from tests.support.s3 import S3Server, skip_without_packages
from tests.support.workspace import Workspace

# The tests start many processes. Each would compile the package again, and each worker of xdist
# all tests, where an environment (a container's, often) says that nothing compiled is kept.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A shell starts what it runs in the background with Ctrl-C ignored, and so would be all of these.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

THOROUGH = {"finished_once", "s3_once"}  # they wait for a run, or for a server of S3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a run or a server of their own are thorough."""
    for item in items:
        if THOROUGH & set(getattr(item, "fixturenames", ())):
            item.add_marker("thorough")


@pytest.fixture(autouse=True)
def same_directory() -> Iterator[None]:
    """Commands with `--directory` change the directory of the process that they are called in."""
    before = Path.cwd()
    yield
    os.chdir(before)


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.fixture
def work(tmp_path: Path, server: MockServer) -> Workspace:
    return Workspace(tmp_path, server.base_url)


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("finished")
    with MockServer() as server:
        Workspace(place, server.base_url).run()
    return place


@pytest.fixture
def finished(work: Workspace, finished_once: Path) -> Workspace:
    """A finished experiment of 3 drafts, 6 essays (3 of them copies) and 6 evaluations."""
    work.take_over(finished_once)
    return work


@pytest.fixture(scope="session")
def s3_once() -> Iterator[S3Server]:
    skip_without_packages()
    with S3Server() as running:
        yield running


@pytest.fixture
def s3(s3_once: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """An S3 server that this process and those that it starts find by their environment."""
    for name, value in s3_once.environment.items():
        monkeypatch.setenv(name, value)
    s3_once.reset()
    return s3_once


@pytest.fixture
def s3_address(s3: S3Server) -> str:
    """An address of an experiment in a new bucket."""
    return f"s3://{s3.new_bucket()}/lab/one"
