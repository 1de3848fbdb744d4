"""The object in a bucket that holds what all runs have spent, and how it is changed."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from daydream.errors import StoreError
from daydream.llm.amounts import Amount, amount_from, read_from, total
from daydream.store.bucket.client import Bucket, Changed

NAME = "budget/spent.json"
_COLLISION_S = 0.2


class Part(NamedTuple):
    """What a run has taken, and what of it was spent when it last told."""

    taken: Amount
    spent: Amount


@dataclass
class Shared:
    """What the object holds: spent by runs that are over, and the parts of those at work."""

    spent: Amount
    runs: dict[str, Part]

    @property
    def committed(self) -> Amount:
        """What is spent or may yet be."""
        return self.spent.plus(total(part.taken for part in self.runs.values()))

    @property
    def known_spent(self) -> Amount:
        """What is spent for certain."""
        return self.spent.plus(total(part.spent for part in self.runs.values()))

    def as_bytes(self) -> bytes:
        """The content of the object."""
        runs = {
            name: {key: amount._asdict() for key, amount in part._asdict().items()}
            for name, part in self.runs.items()
        }
        return json.dumps({"spent": self.spent._asdict(), "runs": runs}, indent=1).encode()

    @classmethod
    def read(cls, content: bytes) -> Shared:
        """What the object says; of a damaged one see :func:`read_from`."""
        values: dict[str, Any] = json.loads(content)
        runs = {
            name: Part(amount_from(part["taken"]), amount_from(part["spent"]))
            for name, part in values["runs"].items()
        }
        return cls(amount_from(values["spent"]), runs)


def change(
    bucket: Bucket, action: Callable[[Shared], bool], first: Callable[[], Shared | None]
) -> bool:
    """Change the object, once more when another run has changed it meanwhile.

    Args:
        bucket: which has the object.
        action: changes what is read; returns whether it is to be written.
        first: what to begin with where there is no object; None: there is to be none.

    Returns:
        Whether there is an object.

    Raises:
        StoreError: when the object cannot be read or written.
    """
    while True:
        version = bucket.get(NAME)
        with read_from(f"{bucket.address}/{NAME}", StoreError):
            known = Shared.read(version.content) if version else None
        shared = known or first()
        if shared is None or not action(shared):
            return shared is not None
        try:
            replaces = version.etag if version else None
            bucket.put(NAME, shared.as_bytes(), time.time_ns(), replaces)
            return True
        except Changed:
            time.sleep(random.uniform(0.0, _COLLISION_S))
