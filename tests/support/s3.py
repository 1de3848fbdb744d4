"""An S3 server on the loopback (moto), in a process of its own; its log counts the requests.

boto3 and moto stay outside of the environment, in ``.venv/s3``: `make s3`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import uuid
from collections import Counter
from types import TracebackType

import pytest

from tests.support.workspace import ROOT

PACKAGES = ROOT / ".venv" / "s3"
_SERVE = "from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"
_REQUEST = re.compile(r'"(?:\x1b\[[0-9;]*m)*(GET|PUT|POST|DELETE|HEAD) /(\S*) HTTP')


class S3Server:
    """A server without a bucket; a context manager."""

    def __enter__(self) -> S3Server:
        environment = {**os.environ, "PYTHONPATH": str(PACKAGES)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE], stderr=subprocess.PIPE, text=True, env=environment
        )
        self._lines: list[tuple[str, str]] = []
        assert self._process.stderr is not None
        found = (re.search(r"127\.0\.0\.1:(\d+)", line) for line in self._process.stderr)
        port = next(match[1] for match in found if match)
        self.url = f"http://127.0.0.1:{port}"
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if match := _REQUEST.search(line):
                self._lines.append((match[1], match[2]))

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
        for method, url in list(self._lines):
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
        self._lines.clear()


def skip_without_packages() -> None:
    """Skip a test where boto3 and moto were not installed; else have this process find boto3."""
    if not (PACKAGES / "moto").is_dir():
        pytest.skip(f"there is no moto in {PACKAGES}: make s3")
    if str(PACKAGES) not in sys.path:
        sys.path.append(str(PACKAGES))
