"""The server of an endpoint, started and looked after until it is ended: `daydream serve`."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from daydream.errors import CallError, ConfigError, StoppedError
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.settings import Settings
from daydream.llm.endpoint_file import EndpointFile
from daydream.llm.model_server import ModelServer, own_name
from daydream.llm.stopping import Stop
from daydream.store.layout import Layout


def served(settings: Settings, name: str) -> Iterator[str]:
    """Lines that say where the server is and that it was ended.

    Raises:
        ConfigError: when there is no such endpoint, or runs do not share its server.
        CallError: when the server does not start, or ended twice.
    """
    endpoint, layout = _endpoint(settings, name), Layout(settings.data_root)
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.request())
    file = EndpointFile(layout.endpoint_file(name))
    log = layout.server_log(name, own_name())
    try:
        server = ModelServer(endpoint, log, "0.0.0.0", stop, file)
    except CallError:
        file.close()
        raise
    try:
        yield f"{name}: starting; what the server says is in {log}"
        address = server.address()
        yield f"{name}: up at {address}. Runs find it by {layout.endpoint_file(name)}"
        server.wait()
        raise CallError(f"endpoint {name}: {server.last_words()}")
    except StoppedError:
        yield f"{name}: ended"
    finally:
        server.end()


def _endpoint(settings: Settings, name: str) -> Endpoint:
    endpoint = settings.endpoints.get(name)
    if endpoint is None:
        known = ", ".join(sorted(settings.endpoints))
        raise ConfigError(f"there is no endpoint '{name}' in the configuration ({known}).")
    if endpoint.serve is None or not endpoint.serve_once:
        raise ConfigError(
            f"endpoints.{name} has no server that runs share. Give it serve (a command) and "
            "serve_once: true. With serve alone each run starts its own."
        )
    return endpoint
