"""A mock model server: real HTTP, deterministic answers, every call counted.

In a test: ``with MockServer() as server: ... server.paid``. As a process of its own:
``python -m tests.support.mock_server --port 0 --latency 1.0``, which prints ``READY <base_url>``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import threading
from types import TracebackType

from aiohttp import web

from tests.support.mock_batch_files import Batch
from tests.support.mock_batches import BatchDesk, to_response
from tests.support.mock_calls import Call
from tests.support.mock_provider import Provider
from tests.support.mock_replies import Fault, Json, Reply

__all__ = ["Batch", "Call", "Fault", "MockServer"]

UPLOAD_LIMIT_BYTES = 256 * 1024**2


class MockServer(Provider):
    """A provider on a free port of 127.0.0.1, served by a thread of its own."""

    def __init__(
        self,
        *,
        latency_s: float = 0.0,
        batch_delay_s: float = 0.0,
        port: int = 0,
        required_key: str | None = None,
        models: tuple[str, ...] = ("mock/one", "mock/two"),
        keep_calls: bool = True,
    ) -> None:
        """Prepare a server whose ordinary answers take ``latency_s`` seconds each.

        A batch takes ``batch_delay_s`` seconds, whatever the latency is.
        """
        super().__init__(required_key=required_key, keep_calls=keep_calls)
        self.latency_s = latency_s
        self.desk = BatchDesk(self)
        self.batch_delay_s = batch_delay_s
        self.models = models
        self.port = port
        self._thread = threading.Thread(target=self._run, name="mock-server", daemon=True)
        self._started = threading.Event()
        self._failure: BaseException | None = None

    @property
    def base_url(self) -> str:
        """The address an OpenAI client takes as its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def batches(self) -> list[Batch]:
        """The batches in the order of their creation."""
        return self.desk.batches

    @property
    def batch_delay_s(self) -> float:
        """Seconds from the creation of a batch to its end; may be set at any time."""
        return self.desk.delay_s

    @batch_delay_s.setter
    def batch_delay_s(self, seconds: float) -> None:
        self.desk.delay_s = seconds

    @property
    def batch_expires_after(self) -> int | None:
        """How many lines of a batch are answered before it expires; None: it never does."""
        return self.desk.expire_after

    @batch_expires_after.setter
    def batch_expires_after(self, lines: int | None) -> None:
        self.desk.expire_after = lines

    def __enter__(self) -> MockServer:
        self._thread.start()
        self._started.wait()
        if self._failure:
            raise self._failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        # Without cancellation a hanging handler would outlive the client that gave up on it.
        runner = web.AppRunner(
            self._app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.05
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port, backlog=4096).start()
        self.port = runner.addresses[0][1]
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=UPLOAD_LIMIT_BYTES)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/{place:.+}/chat/completions", self._chat)
        self.desk.add_routes(app.router)
        app.router.add_get("/stats", self._stats)
        app.router.add_post("/reset", self._reset)
        return app

    async def _models(self, request: web.Request) -> web.Response:
        if refusal := self.key_refusal(request.headers):
            return to_response(refusal)
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": "mock"}
            for name in self.models
        ]
        return web.json_response({"object": "list", "data": listed})

    async def _stats(self, request: web.Request) -> web.Response:
        return web.json_response(self.stats())

    async def _reset(self, request: web.Request) -> web.Response:
        self.reset()
        return web.json_response(self.stats())

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        call = self.receive(_parsed(await request.read()), request.headers)
        call.address = request.path_qs
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            return await self._respond(request, call)
        except asyncio.CancelledError:
            if not call.status and call.fault not in ("close", "close midway"):
                self.abandon(call)
            raise
        finally:
            self.in_flight -= 1

    async def _respond(self, request: web.Request, call: Call) -> web.StreamResponse:
        reply = self.refusal(call)
        if reply is None:
            fault = self.next_fault(call)
            await self._delay(fault)
            reply = self.reply(call, fault)
            if fault and fault.name.startswith("close"):
                return await _break_off(request, reply, midway=fault.name == "close midway")
        self.settle(call, reply)
        return to_response(reply)

    async def _delay(self, fault: Fault | None) -> None:
        if fault and fault.name == "hang":
            await asyncio.Event().wait()
        if fault and fault.name.startswith("status"):
            return
        seconds = self.latency_s + (fault.seconds if fault else 0.0)
        if seconds:
            await asyncio.sleep(seconds)


def _parsed(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


async def _break_off(request: web.Request, reply: Reply, *, midway: bool) -> web.StreamResponse:
    """Close the connection, after half of the body if ``midway``; the call is never settled."""
    response = web.StreamResponse(headers={"Content-Type": reply.content_type})
    response.content_length = len(reply.body)
    if midway:
        await response.prepare(request)
        await response.write(reply.body[: len(reply.body) // 2])
    if request.transport:
        request.transport.close()
    # The lost connection cancels this handler; a plain return would try to write on it.
    await asyncio.Event().wait()
    return response


def main() -> None:
    """Serve until killed, with the numbers of the calls only."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per answer")
    parser.add_argument("--requests-per-minute", type=float, default=None)
    parser.add_argument("--required-key", default=None)
    parser.add_argument("--batch-delay", type=float, default=0.0, help="seconds per batch")
    options = parser.parse_args()
    server = MockServer(
        latency_s=options.latency,
        batch_delay_s=options.batch_delay,
        port=options.port,
        required_key=options.required_key,
        keep_calls=False,
    )
    server.rate_limit(options.requests_per_minute)
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"READY {server.base_url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
