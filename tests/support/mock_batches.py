"""The Batch interface of the mock server: files go in, batches run, files of answers come out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

from aiohttp import web

from tests.support.mock_batch_files import (
    ENDPOINT,
    Batch,
    StoredFile,
    is_error,
    result_line,
    validated,
)
from tests.support.mock_provider import Provider
from tests.support.mock_replies import Fault, Json, Reply, error

Handler = Callable[[web.Request], Awaitable[web.Response]]

# What no line of an output file can carry: there was no answer, or none that is JSON.
UNANSWERED = frozenset({"hang", "close", "close midway", "not_json", "empty_body"})


class BatchDesk:
    """Takes files and batches, and lets ``provider`` answer the lines.

    ``delay_s`` is the time from a batch's creation to its end. ``expire_after`` lines are
    answered when set; the others expire.
    """

    def __init__(self, provider: Provider) -> None:
        self.delay_s = 0.0
        self.expire_after: int | None = None
        self.files: dict[str, StoredFile] = {}
        self.batches: list[Batch] = []
        self._provider = provider
        self._tasks: set[asyncio.Task[None]] = set()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Serve the Batch interface on ``router``."""
        router.add_post("/v1/files", self._checked(self._upload))
        router.add_get("/v1/files/{id}", self._checked(self._file))
        router.add_get("/v1/files/{id}/content", self._checked(self._content))
        router.add_post("/v1/batches", self._checked(self._create))
        router.add_get("/v1/batches", self._checked(self._list))
        router.add_get("/v1/batches/{id}", self._checked(self._show))
        router.add_post("/v1/batches/{id}/cancel", self._checked(self._cancel))

    def _checked(self, handler: Handler) -> Handler:
        async def check(request: web.Request) -> web.Response:
            refusal = self._provider.key_refusal(request.headers)
            return to_response(refusal) if refusal else await handler(request)

        return check

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        upload = form.get("file")
        if not isinstance(upload, web.FileField) or form.get("purpose") != "batch":
            return to_response(error(400, "Send a multipart file with purpose=batch."))
        return web.json_response(self._store(upload.filename, upload.file.read()).as_json())

    async def _file(self, request: web.Request) -> web.Response:
        stored = self.files.get(request.match_info["id"])
        return web.json_response(stored.as_json()) if stored else _missing(request)

    async def _content(self, request: web.Request) -> web.Response:
        stored = self.files.get(request.match_info["id"])
        return web.Response(body=stored.content) if stored else _missing(request)

    async def _create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked.get("input_file_id") not in self.files or asked.get("endpoint") != ENDPOINT:
            return to_response(error(400, f"A batch needs an uploaded file and {ENDPOINT}."))
        batch = Batch(
            f"batch_{uuid4().hex}",
            asked["input_file_id"],
            asked["endpoint"],
            asked.get("completion_window", "24h"),
            asked.get("metadata"),
            request.headers,
        )
        self.batches.append(batch)
        task = asyncio.create_task(self._run(batch))
        # The loop itself holds only a weak reference to a task.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.json_response(batch.as_json())

    async def _list(self, request: web.Request) -> web.Response:
        newest = self.batches[::-1]
        ids = [batch.id for batch in newest]
        after, limit = request.query.get("after"), int(request.query.get("limit", "20"))
        start = ids.index(after) + 1 if after in ids else 0
        page = [batch.as_json() for batch in newest[start : start + limit]]
        body = {"object": "list", "data": page, "has_more": start + limit < len(newest)}
        if page:
            body |= {"first_id": page[0]["id"], "last_id": page[-1]["id"]}
        return web.json_response(body)

    async def _show(self, request: web.Request) -> web.Response:
        batch = self._find(request)
        return web.json_response(batch.as_json()) if batch else _missing(request)

    async def _cancel(self, request: web.Request) -> web.Response:
        batch = self._find(request)
        if batch is None:
            return _missing(request)
        if batch.status not in ("validating", "in_progress"):
            return to_response(error(409, f"A batch that is {batch.status} cannot be cancelled."))
        batch.move_to("cancelling")
        return web.json_response(batch.as_json())

    def _find(self, request: web.Request) -> Batch | None:
        wanted = request.match_info["id"]
        return next((batch for batch in self.batches if batch.id == wanted), None)

    def _store(self, name: str, content: bytes, purpose: str = "batch") -> StoredFile:
        stored = StoredFile(f"file-{uuid4().hex}", name, purpose, content, int(time.time()))
        self.files[stored.id] = stored
        return stored

    async def _run(self, batch: Batch) -> None:
        await asyncio.sleep(self.delay_s / 4)
        lines, batch.errors = validated(self.files[batch.input_file_id].content)
        batch.lines = len(lines)
        if batch.errors:
            batch.move_to("failed")
            return
        if batch.status == "validating":
            batch.move_to("in_progress")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(batch.cancelled.wait(), self.delay_s * 3 / 4)
        await self._answer(batch, lines)

    async def _answer(self, batch: Batch, lines: list[Json]) -> None:
        good: list[Json] = []
        bad: list[Json] = []
        end = "completed"
        for number, line in enumerate(lines):
            if number % 200 == 0:
                await asyncio.sleep(0)  # lets the server answer others, and a cancel through
            if batch.status == "cancelling":
                end = "cancelled"
                break
            if self.expire_after is not None and number >= self.expire_after:
                end = "expired"
                bad.append(result_line(line, None, "batch_expired"))
            else:
                answered = self._answer_line(batch, line)
                (bad if is_error(answered) else good).append(answered)
            batch.completed, batch.failed = len(good), len(bad)
        batch.output_file_id = self._results(batch, "output", good)
        batch.error_file_id = self._results(batch, "error", bad)
        batch.move_to(end)

    def _answer_line(self, batch: Batch, line: Json) -> Json:
        provider = self._provider
        call = provider.receive(line["body"], batch.headers, via="batch")
        reply = provider.shape_refusal(call)
        fault: Fault | None = None
        if reply is None:
            fault = provider.next_fault(call)
            reply = provider.reply(call, fault)
        if fault and fault.name in UNANSWERED:
            return result_line(line, None, "server_error")
        provider.settle(call, reply)
        return result_line(line, reply, None)

    def _results(self, batch: Batch, kind: str, lines: list[Json]) -> str | None:
        if not lines:
            return None
        # Backwards: no provider promises the order, so no client may count on it.
        content = "".join(json.dumps(line) + "\n" for line in reversed(lines)).encode()
        return self._store(f"{batch.id}_{kind}.jsonl", content, "batch_output").id


def to_response(reply: Reply) -> web.Response:
    """Return ``reply`` as aiohttp sends it."""
    return web.Response(
        status=reply.status,
        body=reply.body,
        headers=reply.headers,
        content_type=reply.content_type,
    )


def _missing(request: web.Request) -> web.Response:
    return to_response(error(404, f"There is no {request.path}."))
