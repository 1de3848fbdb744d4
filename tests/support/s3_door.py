"""A door before an S3 server: it counts the requests, and can look careless of conditions."""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

_OF_A_CONNECTION = {"connection", "expect", "keep-alive", "transfer-encoding", "content-length"}


class Door(ThreadingHTTPServer):
    """A proxy on a free port of 127.0.0.1, served by threads of its own."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        """Serve what the server at ``address`` answers."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = address
        self.is_shut = False
        self.is_careless = False  # a write that is refused is said to be accepted
        self.seen: list[tuple[str, str]] = []  # methods and URLs
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def shut(self) -> None:
        """Answer nothing any more, through open connections neither."""
        self.is_shut = True
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that was killed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Door

    def setup(self) -> None:
        super().setup()
        self._behind = HTTPConnection(*self.server.behind)

    def finish(self) -> None:
        self._behind.close()
        super().finish()

    def handle_expect_100(self) -> bool:
        """Ask for the body at once."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def _pass_on(self) -> None:
        if self.server.is_shut:
            raise ConnectionAbortedError
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, unquote(self.path)))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _OF_A_CONNECTION}
        self._behind.request(self.command, self.path, body, headers)
        answer = self._behind.getresponse()
        if self.server.is_careless and answer.status == HTTPStatus.PRECONDITION_FAILED:
            answer.read()
            self._reply(HTTPStatus.OK, [("ETag", '"0"')], b"")
        else:
            self._reply(answer.status, answer.getheaders(), answer.read())

    def _reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        length = str(len(content))
        for name, value in headers:
            if name.lower() not in _OF_A_CONNECTION:
                self.send_header(name, value)
            elif name.lower() == "content-length" and self.command == "HEAD":
                length = value
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815
