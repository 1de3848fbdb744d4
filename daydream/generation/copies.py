"""What keeps a second copy of generations elsewhere while they are made, if anything does."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Copies(Protocol):
    """A second copy of the store, such as one in object storage."""

    def making(self, folder: str) -> AbstractContextManager[None]:
        """Around the making of a generation: its copy is in step before and after."""

    def keep(self, folder: str) -> None:
        """Keep the generation's ledger, which has just grown; it is safe when this returns."""


class NoCopies:
    """The data root is all there is."""

    def making(self, folder: str) -> AbstractContextManager[None]:
        """Nothing to do."""
        return nullcontext()

    def keep(self, folder: str) -> None:
        """Nothing to do."""
