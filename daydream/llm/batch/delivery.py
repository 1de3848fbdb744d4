"""Requests into batches, and outcomes into ledgers, with or without somebody who waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple, cast

from daydream.llm.batch.registry import Batch, Room, Waiter
from daydream.llm.batch.results import Outcome, is_recorded, request_line
from daydream.llm.batch.state import Key
from daydream.store.layout import Layout, Stage
from daydream.store.ledger import Ledger, read_attempts

MAX_UPLOAD_BYTES = 190_000_000  # OpenAI takes 200 MB


class Group(NamedTuple):
    """Requests that leave as one batch, and the file to upload for them."""

    waiters: list[Waiter]
    content: bytes


def groups(waiters: list[Waiter], max_requests: int) -> Iterator[Group]:
    """Requests that may be in one batch, at most ``most``: providers take one model in each."""
    by_model: dict[str, list[Waiter]] = {}
    for waiter in waiters:
        by_model.setdefault(waiter.line.model, []).append(waiter)
    for same in by_model.values():
        group, content = Group([], b""), bytearray()
        for waiter in same:
            line = request_line(waiter.request).encode("utf-8", "replace")
            too_long = len(content) + len(line) > MAX_UPLOAD_BYTES
            if group.waiters and (too_long or len(group.waiters) == max_requests):
                yield group._replace(content=bytes(content))
                group, content = Group([], b""), bytearray()
            group.waiters.append(waiter)
            content += line
        yield group._replace(content=bytes(content))


def deliver(batch: Batch, outcomes: dict[Key, Outcome], room: Room, layout: Layout) -> None:
    """See that each outcome gets into its ledger, once."""
    if batch.adopted:
        for key, outcome in list(outcomes.items()):
            if is_recorded(outcome.attempt, read_attempts(_folder(layout, key))):
                del outcomes[key]
                room.settle_known(batch, key)
    orphans = room.hand_out(batch, outcomes)
    if batch.lock is None:
        room.drop(batch)  # its own process records what nobody waits for here
    elif orphans:
        # Apart, because it waits for ledgers that others may hold for long.
        recording = partial(_record_orphans, batch, orphans, room, layout)
        threading.Thread(target=recording, daemon=True).start()


def _record_orphans(batch: Batch, keys: list[Key], room: Room, layout: Layout) -> None:
    """Record outcomes for which nobody waits, or somebody since a moment ago."""
    for key in keys:
        if room.hand_to_waiter(batch, key):
            continue
        with Ledger.open(_folder(layout, key)) as ledger:
            outcome = (batch.outcomes or {}).get(key)
            if outcome and not is_recorded(outcome.attempt, ledger.attempts):
                ledger.append(outcome.attempt)
            if outcome:
                room.settle(batch, key)


def _folder(layout: Layout, key: Key) -> str:
    return layout.generation(cast(Stage, key.stage), key.gen_id)
