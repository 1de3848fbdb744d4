"""An S3 server on the loopback, in a process of its own, behind a door that counts the requests.

boto3 and moto stay outside of the environment, in ``.venv/s3``: `make s3`. DAYDREAM_TEST_S3 names
another server than moto: ``weed`` (SeaweedFS, `make weed`), or the host and port of one that runs
already and has a user with the keys ``key`` and ``secret``.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType

import pytest

from tests.support.s3_door import Door
from tests.support.workspace import ROOT

KIND = os.environ.get("DAYDREAM_TEST_S3", "moto")
PACKAGES = ROOT / ".venv" / "s3"
WEED = ROOT / ".venv" / "weed" / "bin" / "weed"
# moto compares and writes in two steps, which a server of S3 does in one: so one by one.
_MOTO = """
import threading
from moto import server

class OneByOne(server.DomainDispatcherApplication):
    turn = threading.Lock()

    def __call__(self, *arguments):
        with self.turn:
            return super().__call__(*arguments)

server.DomainDispatcherApplication = OneByOne
server.main(["-H", "127.0.0.1", "-p", "{}"])
"""
_KEYS = (
    '{"identities": [{"name": "lab", "credentials": [{"accessKey": "key", "secretKey": "secret"}],'
    ' "actions": ["Admin"]}]}'
)


class S3Server:
    """A server without a bucket; a context manager."""

    def __enter__(self) -> S3Server:
        self._place = tempfile.TemporaryDirectory(prefix="s3-")
        self._process, self._ports = None, _free_ports(8)
        host, _, port = KIND.rpartition(":")
        if not host:
            port = str(self._ports[0])
            command = _moto(port) if KIND == "moto" else _weed(self._place.name, self._ports)
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(PACKAGES)},
            )
        address = (host or "127.0.0.1", int(port))
        _wait_for(address)
        self.door = Door(address)
        self.url = f"http://127.0.0.1:{self.door.server_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()
        for port in self._ports:  # SeaweedFS knows no other place for them
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                path.unlink()
        self._place.cleanup()

    def stop(self) -> None:
        """End the server; nothing answers at its address any more."""
        self.door.shut()
        if self._process:
            self._process.kill()
            self._process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to find this server, and this server only."""
        packages = os.pathsep.join([str(ROOT), str(PACKAGES)])
        return {
            "PYTHONPATH": packages,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def requests(self, containing: str = "") -> Counter[str]:
        """The requests so far by kind (``LIST`` among them), of those whose URL has a text."""
        kinds: Counter[str] = Counter()
        for method, url in list(self.door.seen):
            if containing in url:
                kinds["LIST" if method == "GET" and "list-type" in url else method] += 1
        return kinds

    def new_bucket(self) -> str:
        """Make a bucket; returns its name. The request is not counted."""
        import boto3

        name = f"b-{uuid.uuid4().hex[:12]}"
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)
        self.reset()
        return name

    def reset(self) -> None:
        """Count from now on."""
        self.door.seen.clear()


def _moto(port: str) -> list[str]:
    return [sys.executable, "-c", _MOTO.format(port)]


def _weed(place: str, ports: Sequence[int]) -> list[str]:
    """SeaweedFS, all of whose parts listen on the loopback, and which reports to nobody."""
    keys = Path(place, "keys.json")
    keys.write_text(_KEYS)
    parts = ("s3", "master", "volume", "filer")
    options = [f"{part}.{kind}" for part in parts for kind in ("port", "port.grpc")]
    return [
        *(str(WEED), "server", "-s3", f"-dir={place}", f"-s3.config={keys}"),
        *(f"-{option}={port}" for option, port in zip(options, ports, strict=True)),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", "-s3.autoCreateBucket=false"),
        *("-master.volumeSizeLimitMB=64", "-volume.max=10000"),
    ]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _wait_for(address: tuple[str, int]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = HTTPConnection(*address, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"no S3 server at {address}")


def skip_without_packages() -> None:
    """Skip a test where the server was not installed; else have this process find boto3."""
    if not (PACKAGES / "moto").is_dir():
        pytest.skip(f"there is no moto in {PACKAGES}: make s3")
    if KIND == "weed" and not WEED.is_file():
        pytest.skip(f"there is no SeaweedFS in {WEED.parent}: make weed")
    if str(PACKAGES) not in sys.path:
        sys.path.append(str(PACKAGES))
