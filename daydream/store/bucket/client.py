"""A bucket of S3 or of a server that speaks like it, through boto3.

boto3 rather than fsspec and s3fs: it has conditional PUTs (If-Match), on which all of this rests.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from daydream.errors import StoreError
from daydream.store.bucket.conditions import Condition, Conditions

INSTALL = "pip install 'daydream[object-storage]'"
ADDRESS = re.compile(
    r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])(?:/(?P<prefix>\S*))?"
)
CONNECTIONS = 64
_MTIME = "mtime-ns"  # the file's own time, which the server's does not tell
_CHANGED = (404, 409, 412)  # what a conditional PUT is answered when the object is another one
_LATER = "Run again later; what is here is kept."
_MISSING = ("404", "NoSuchKey", "NotFound")


class Object(NamedTuple):
    """What a listing tells of an object; ``modified`` is the server's time in seconds."""

    name: str
    etag: str
    modified: float


class Version(NamedTuple):
    """An object's content, with the time that its file had."""

    content: bytes
    etag: str
    mtime_ns: int


class Changed(Exception):
    """An object is not, or is no longer, the version that was to be replaced."""


class Bucket:
    """The objects under one address; names are paths relative to it. Threads may share it."""

    def __init__(self, address: str) -> None:
        """Prepare a client; nothing is asked yet.

        Args:
            address: such as ``s3://bucket/prefix``. Keys and region come from the environment, as
                every tool for S3 has them, and another server than AWS from AWS_ENDPOINT_URL.

        Raises:
            StoreError: when the address is none, or boto3 is not installed.
        """
        match = ADDRESS.fullmatch(address)
        if match is None:
            raise StoreError(f"'{address}' is no address such as s3://bucket/prefix.")
        self.address = address.rstrip("/")
        self._bucket = match["bucket"]
        self._prefix = f"{prefix}/" if (prefix := (match["prefix"] or "").strip("/")) else ""
        self._client = _client()
        self._scratch = f".conditions-{uuid.uuid4().hex}"  # hidden, so no file of a data root
        self._conditions = Conditions(self.address, self._try_write, self._remove_scratch)

    def list(self, *folders: str) -> Iterator[Object]:
        """The objects under some folders, a thousand in a request; everything without a folder."""
        pages = self._client.get_paginator("list_objects_v2")
        for folder in folders or ("",):
            with self._explained("list"):
                for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + folder):
                    for entry in page.get("Contents", ()):
                        name = entry["Key"].removeprefix(self._prefix)
                        yield Object(name, entry["ETag"], entry["LastModified"].timestamp())

    def get(self, name: str) -> Version | None:
        """An object as it is now; None when there is none."""
        with self._explained(f"read {name}"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
                content: bytes = answer["Body"].read()
            except _client_error() as error:
                if error.response["Error"]["Code"] in _MISSING:
                    return None
                raise
        modified = int(answer["LastModified"].timestamp() * 1e9)
        # Some servers write names of headers their own way: Mtime-Ns.
        metadata = {key.lower(): value for key, value in answer.get("Metadata", {}).items()}
        own = metadata.get(_MTIME, "")
        mtime_ns = int(own) if own.isdigit() else modified
        return Version(content, answer["ETag"], mtime_ns)

    def put(self, name: str, content: bytes, mtime_ns: int, replaces: str | None) -> str:
        """Write an object in place of one version; returns the new version's ETag.

        Args:
            name: of the object.
            content: of the object.
            mtime_ns: the time of the file that is copied.
            replaces: the ETag of the version that must be there; None: there must be none.

        Raises:
            Changed: when another version is there.
            StoreError: when it cannot be written.
        """
        condition = self._conditions.of_replacing(replaces)
        with self._explained(f"write {name}"):
            return self._write(name, content, mtime_ns, condition)

    def _write(self, name: str, content: bytes, mtime_ns: int, condition: Condition) -> str:
        try:
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + name,
                Body=content,
                Metadata={_MTIME: str(mtime_ns)},
                **condition,
            )
        except _client_error() as error:
            if not _is_refusal(error):
                raise
            if error.response["ResponseMetadata"].get("RetryAttempts"):  # its answer may be lost
                there = self.get(name)
                if there and (there.content, there.mtime_ns) == (content, mtime_ns):
                    return there.etag
            raise Changed(name) from error
        return str(answer["ETag"])

    def _try_write(self, condition: Condition) -> str | None:
        with self._explained("write"):
            try:
                return self._write(self._scratch, uuid.uuid4().bytes, time.time_ns(), condition)
            except Changed:
                return None

    def _remove_scratch(self) -> None:
        with suppress(StoreError):  # a key may write and not delete
            self.delete(self._scratch)

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._explained(f"remove {name}"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Turn boto3's errors into one message."""
        from botocore.exceptions import BotoCoreError, NoCredentialsError

        try:
            yield
        except _client_error() as error:
            message = f"{self.address}: cannot {what}: {self._advice(error)}"
            raise StoreError(message, cause=error.response["Error"]["Code"]) from error
        except NoCredentialsError as error:
            raise StoreError(
                f"{self.address}: there is no key. Set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
            ) from error
        except BotoCoreError as error:
            is_aws = "amazonaws.com" in self._client.meta.endpoint_url
            advice = "If it is not on AWS, set AWS_ENDPOINT_URL." if is_aws else _LATER
            raise StoreError(
                f"{self.address}: cannot {what}: {str(error).rstrip('.')}. {advice}",
                cause="unreachable",
            ) from error

    def _advice(self, error: Any) -> str:
        code, status = error.response["Error"]["Code"], _status(error)
        if code == "NoSuchBucket":
            return f"there is no bucket {self._bucket}. Make it, or name another one."
        if code == "RequestTimeTooSkewed":
            return "the clock of this host is off that of the server. Synchronise it."
        if status in (401, 403):
            return f"the server refuses the key ({code}). It must list, read and write there."
        if status == 501:
            return f"the server does not know what is asked of it ({code}): docs/object-storage.md."
        return f"the server answers {status} {code}. {_LATER}"


def _is_refusal(error: Any) -> bool:
    """Whether the condition of a write does not hold, as another version is there or none."""
    return _status(error) in _CHANGED and error.response["Error"]["Code"] != "NoSuchBucket"


def _status(error: Any) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _client_error() -> Any:
    from botocore.exceptions import ClientError

    return ClientError


def _client() -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError as error:
        raise StoreError(f"Object storage needs boto3: {INSTALL}") from error
    from botocore.exceptions import BotoCoreError

    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=CONNECTIONS,
        connect_timeout=10,
        read_timeout=60,
        # Other servers than AWS may not know the checksums that boto3 would add by itself.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        session = boto3.session.Session()
        region = session.region_name or "us-east-1"  # a name that servers of one's own ignore
        return session.client("s3", region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        raise StoreError(f"Object storage cannot be used: {error}") from error
