"""The clients of a run, one per endpoint, made when first used."""

from __future__ import annotations

import sys
import threading

from daydream.errors import CallError
from daydream.experiment.settings import Settings
from daydream.llm.batch.client import BatchClient
from daydream.llm.budget import Budget, Spending
from daydream.llm.client import Client
from daydream.llm.error_limit import ErrorLimit
from daydream.llm.request import Request
from daydream.llm.shares import RunningSlices, Share
from daydream.llm.stopping import STOP, Stop
from daydream.store.layout import Layout


class Clients:
    """Hands out the one client of each endpoint."""

    def __init__(
        self,
        settings: Settings,
        stop: Stop = STOP,
        share: Share | None = None,
        budget: Spending | None = None,
    ) -> None:
        """Prepare; no client is made yet.

        Args:
            settings: with the endpoints.
            stop: what ends calls before their time.
            share: of the limits; None: of a slice, by the slices that run on the data root.
            budget: that calls keep within; None: that of the data root.
        """
        self._settings = settings
        self._stop = stop
        self._layout = Layout(settings.data_root)
        self.errors = ErrorLimit(settings.stop_after_errors)
        self._budget = budget or Budget(self._layout, settings.budget, stop)
        self._clients: dict[str, Client | BatchClient] = {}
        self._making = threading.Lock()
        self._announced: set[tuple[str, str]] = set()
        self._share = share  # that of a slice is known when the first client is made

    def of(self, endpoint: str) -> Client | BatchClient:
        """The client of an endpoint of the configuration."""
        with self._making:
            if endpoint not in self._clients:
                self._clients[endpoint] = self._make(endpoint)
            return self._clients[endpoint]

    def announce_fallback(self, own: Request, fallback: Request, error: CallError) -> None:
        """Say that a model's fallback is asked from now on; once in a run for each of the two."""
        pair = (own.model.id, fallback.fallback)
        with self._making:
            is_new = pair not in self._announced
            self._announced.add(pair)
        if is_new:
            print(
                f"{own.model.id}: {error} FALLBACK: {fallback.fallback} answers in its place "
                "where that lasts, as its row in llm_models.csv says; the column `fallback` of "
                "the tables tells where.",
                file=sys.stderr,
                flush=True,
            )

    @property
    def in_flight(self) -> int:
        """Calls that wait for an answer now."""
        return sum(client.in_flight for client in list(self._clients.values()))

    def _make(self, name: str) -> Client | BatchClient:
        endpoint = self._settings.endpoints[name]
        if self._settings.batch and endpoint.batch:
            return BatchClient(endpoint, self._layout, self._budget, self._stop, self.errors)
        if self._share is None and self._settings.part is not None:
            self._share = RunningSlices(self._layout, self._settings.part)
        return Client(endpoint, self._budget, self._stop, self._share, self.errors, self._layout)
