"""What the Batch interface of the mock server keeps and writes: files, batches, result lines."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4

from tests.support.mock_replies import Json, Reply

WINDOW_S = 24 * 3600
ENDPOINT = "/v1/chat/completions"


class StoredFile(NamedTuple):
    """A file at the provider; ``created_at`` in seconds of the epoch."""

    id: str
    name: str
    purpose: str
    content: bytes
    created_at: int

    def as_json(self) -> Json:
        """Return the file object of the API."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created_at,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


@dataclass
class Batch:
    """A batch; ``lines`` is the number of requests in it, ``times`` are seconds of the epoch."""

    id: str
    input_file_id: str
    endpoint: str
    completion_window: str
    metadata: Json | None
    headers: Mapping[str, str]
    lines: int = 0
    completed: int = 0
    failed: int = 0
    status: str = "validating"
    times: dict[str, int] = field(default_factory=dict)
    errors: list[Json] = field(default_factory=list)
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: int = field(default_factory=lambda: int(time.time()))
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    def move_to(self, status: str) -> None:
        """Enter ``status``, and note when."""
        self.status = status
        self.times[f"{status}_at"] = int(time.time())
        if status == "cancelling":
            self.cancelled.set()

    def as_json(self) -> Json:
        """Return the batch object of the API."""
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.endpoint,
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
            "input_file_id": self.input_file_id,
            "completion_window": self.completion_window,
            "status": self.status,
            "output_file_id": self.output_file_id,
            "error_file_id": self.error_file_id,
            "created_at": self.created_at,
            "expires_at": self.created_at + WINDOW_S,
            **self.times,
            "request_counts": {
                "total": self.lines,
                "completed": self.completed,
                "failed": self.failed,
            },
            "metadata": self.metadata,
        }


def validated(content: bytes) -> tuple[list[Json], list[Json]]:
    """Return the requests of an input file, and what is wrong with its lines (counted from 1)."""
    lines: list[Json] = []
    errors: list[Json] = []
    seen: set[str] = set()
    for number, raw in enumerate(content.splitlines(), start=1):
        try:
            line = json.loads(raw)
            if line["custom_id"] in seen:
                errors.append(_complaint("duplicate_custom_id", "used before", number))
            elif (line["method"], line["url"]) != ("POST", ENDPOINT):
                errors.append(_complaint("invalid_url", f"not POST {ENDPOINT}", number))
            seen.add(line["custom_id"])
            lines.append({"custom_id": line["custom_id"], "body": dict(line["body"])})
        except (ValueError, KeyError, TypeError):
            errors.append(_complaint("invalid_json_line", "not a request object", number))
    if not lines and not errors:
        errors.append(_complaint("empty_file", "no requests in the file", None))
    return lines, errors


def _complaint(code: str, message: str, line: int | None) -> Json:
    return {"code": code, "message": message, "line": line, "param": None}


def is_error(line: Json) -> bool:
    """Tell whether a result line belongs into the error file."""
    return line["error"] is not None or line["response"]["status_code"] != 200


def result_line(line: Json, reply: Reply | None, failure: str | None) -> Json:
    """Return the result of ``line``: the reply to it, or the code of the failure to get one."""
    answered = reply and {
        "status_code": reply.status,
        "request_id": f"req_{uuid4().hex}",
        "body": json.loads(reply.body),
    }
    reason = failure and {"code": failure, "message": "This request was not answered."}
    return {
        "id": f"batch_req_{uuid4().hex}",
        "custom_id": line["custom_id"],
        "response": answered,
        "error": reason,
    }
