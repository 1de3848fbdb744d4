"""Copies of single generations as a run makes them: each answer is there before it is used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from daydream.store.bucket.client import Object
from daydream.store.bucket.copier import Copier
from daydream.store.ledger import NAME as LEDGER

# In this order, so that a kill leaves nothing without what it comes from.
_FILES = ("prompt.txt", "raw.txt", LEDGER, "metadata.json")
_LAST = "parsed.txt"


class GenerationCopies:
    """Sends what is made of a generation, and brings the answers that others have paid for."""

    def __init__(self, files: Copier) -> None:
        self._files = files
        self.there: Mapping[str, Object] = {}  # what the last listing told

    @contextmanager
    def making(self, folder: str) -> Iterator[None]:
        """Bring a generation's ledger before it is made, and send its files after, failed or not.

        Raises:
            StoreError: when the bucket cannot be reached.
        """
        name = os.path.relpath(folder, self._files.root)
        ledger = f"{name}/{LEDGER}"
        entry = self.there.get(ledger)
        if entry is not None and self._files.is_changed_there(ledger, entry):
            self._files.bring(ledger)
        try:
            yield
        finally:
            for file in (*_FILES, _LAST):
                if self._files.is_changed_here(f"{name}/{file}"):
                    self._files.send(f"{name}/{file}")
            # Snakemake removes what a job is to make, and it stays away when the job fails.
            self._files.remove(f"{name}/{_LAST}")

    def keep(self, folder: str) -> None:
        """Send a generation's ledger, which the caller holds.

        Raises:
            StoreError: when it cannot be sent.
        """
        self._files.send_held(f"{os.path.relpath(folder, self._files.root)}/{LEDGER}")
