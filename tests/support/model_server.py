"""A stand-in for vLLM or llama.cpp: ``python -m tests.support.model_server --port N``.

Answers at /health with 503 for a moment, then with 200; each call with a short text. With
``--die-after N`` it ends after so many calls, without a word to its clients.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    started = time.monotonic()
    loading_s = 0.3
    left = -1

    def do_GET(self) -> None:
        is_loading = time.monotonic() - self.started < self.loading_s
        self.reply(503 if is_loading else 200 if self.path == "/health" else 404, {})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        if Handler.left == 0:
            os._exit(9)
        Handler.left -= 1
        text = f"Line one by {body['model']}.\nLine two.\nLine three.\nSCORE: 7"
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
        answer = {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"]}
        self.reply(200, {**answer, "choices": [choice], "usage": usage})

    def reply(self, status: int, content: object) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--die-after", type=int, default=-1)
    given = parser.parse_args()
    Handler.left = given.die_after
    print(f"process {os.getpid()}", flush=True)
    ThreadingHTTPServer((given.host, given.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
