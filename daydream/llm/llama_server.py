"""A llama.cpp server as a process of its own: ``python -m daydream.llm.llama_server --port N``.

For `serve` of an endpoint, where a node has no other server. The shipped model is the default.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from daydream.errors import DaydreamError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.embedded import EmbeddedServer


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="llama_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model", help="a GGUF file (default: the shipped one)")
    parser.add_argument("--parallel", type=int, default=4, help="calls at once (default 4)")
    given = parser.parse_args(arguments)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    endpoint = Endpoint(
        "llama_server",
        engine="llama.cpp",
        model_path=given.model,
        max_concurrency=given.parallel,
    )
    try:
        server = EmbeddedServer(endpoint, given.host, given.port)
    except DaydreamError as error:
        sys.exit(f"Error: {error}")
    print(f"serving at {server.base_url}", flush=True)
    over.wait()


if __name__ == "__main__":
    main()
