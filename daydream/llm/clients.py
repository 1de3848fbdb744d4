"""The clients of a run, one per endpoint, made when first used."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from daydream.llm.client import Client
from daydream.settings import Endpoint


class Clients:
    """Hands out the one client of each endpoint."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self._endpoints = endpoints
        self._clients: dict[str, Client] = {}
        self._making = threading.Lock()

    def of(self, endpoint: str) -> Client:
        """The client of an endpoint of the configuration."""
        with self._making:
            if endpoint not in self._clients:
                self._clients[endpoint] = Client(self._endpoints[endpoint])
            return self._clients[endpoint]
