"""What other S3 servers do otherwise, done by a client on its way to the one of the tests."""

from __future__ import annotations

from typing import Any

from daydream.store.bucket.client import Bucket

_CONDITIONS = ("If-Match", "If-None-Match")


def events(bucket: Bucket) -> Any:
    """Where boto3's client lets itself be changed."""
    return bucket._client.meta.events


def ignore_conditions(bucket: Bucket) -> None:
    """s3rver, and many a server of before 2024: every write is accepted."""

    def forget(params: dict[str, Any], **_: object) -> None:
        for name in _CONDITIONS:
            params["headers"].pop(name, None)

    events(bucket).register("before-call.s3.PutObject", forget)


def compare_without_quotes(bucket: Bucket) -> None:
    """Ceph 16: an ETag in quotes is never the one that is there."""

    def spoil(params: dict[str, Any], **_: object) -> None:
        if params["headers"].get("If-Match", "").startswith('"'):
            params["headers"]["If-Match"] = '"0"'

    events(bucket).register("before-call.s3.PutObject", spoil)


def write_names_with_capitals(bucket: Bucket) -> None:
    """MinIO, and others in Go: x-amz-meta-mtime-ns comes back as X-Amz-Meta-Mtime-Ns."""

    def capitalise(parsed: dict[str, Any], **_: object) -> None:
        parsed["Metadata"] = {k.title(): v for k, v in parsed.get("Metadata", {}).items()}

    events(bucket).register("after-call.s3.GetObject", capitalise)


def lose_answers(bucket: Bucket, names: list[str]) -> None:
    """A connection that breaks behind a write that was carried out, once for each name."""
    from botocore.exceptions import ConnectionClosedError

    def lose(request: Any, **_: object) -> None:
        for name in names:
            if request.url.endswith(name):
                names.remove(name)
                bucket._client._endpoint.http_session.send(request)
                raise ConnectionClosedError(endpoint_url=request.url)

    events(bucket).register("before-send.s3.PutObject", lose)


def answer_with(bucket: Bucket, status: int, code: str) -> None:
    """An error, whatever is asked."""
    from botocore.exceptions import ClientError

    def refuse(**_: object) -> None:
        metadata = {"HTTPStatusCode": status}
        raise ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "any")

    events(bucket).register("before-call.s3", refuse)
