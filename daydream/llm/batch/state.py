"""What is known of a batch while it is under way, on disk, so that a killed run loses none.

A state file ``<uuid>.json`` exists from before the upload until the last answer of the batch is in
its ledger. Beside it, ``<uuid>.lock`` is held by the process that looks after the batch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

from daydream.errors import CallError
from daydream.llm.request import Request
from daydream.store.files import write_text
from daydream.store.locks import hold


class Key(NamedTuple):
    """What makes a line itself: one generation may have been asked in several wordings."""

    stage: str
    gen_id: str
    fingerprint: str


@dataclass(frozen=True)
class Line:
    """One request of a batch, as far as its answer's place in a ledger needs it.

    ``attempt`` counts from 1 over the batches of one request; prices are USD per million tokens
    without the discount, None when unknown.
    """

    stage: str
    gen_id: str
    fingerprint: str
    model: str
    parameters: dict[str, Any]
    replicate: int
    forced: bool = False
    attempt: int = 1
    price_in: float | None = None
    price_out: float | None = None
    price_cached: float | None = None
    body_keys: dict[str, str | None] = field(default_factory=dict)
    thinking_tags: str = ""
    fallback: str = ""
    fallback_reason: str = ""

    @classmethod
    def of(cls, request: Request, forced: bool) -> Line:
        """The first line for a request."""
        return cls(
            stage=request.stage,
            gen_id=request.gen_id,
            fingerprint=request.fingerprint,
            model=request.model.model,
            parameters=request.parameters,
            replicate=request.replicate,
            forced=forced,
            price_in=request.model.price_in,
            price_out=request.model.price_out,
            price_cached=request.model.price_cached,
            body_keys=request.body_keys,
            thinking_tags=request.model.thinking_tags,
            fallback=request.fallback,
            fallback_reason=request.fallback_reason,
        )

    @property
    def key(self) -> Key:
        """Stage, generation and fingerprint."""
        return Key(self.stage, self.gen_id, self.fingerprint)


@dataclass(frozen=True)
class BatchState:
    """A batch and how far it has come; ``created_at`` is the time of its first note, UTC."""

    uuid: str
    created_at: str
    lines: tuple[Line, ...]
    input_file_id: str | None = None
    batch_id: str | None = None


class StateFolder:
    """The state files of one endpoint's unfinished batches."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def path(self, uuid: str) -> Path:
        """Where a batch's state is kept."""
        return self.folder / f"{uuid}.json"

    def unfinished(self) -> list[str]:
        """The batches that are under way, of any process."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def write(self, state: BatchState) -> None:
        """Note how far a batch has come."""
        # asdict, which copies deeply, would take seconds over 50,000 lines.
        lines = [{f.name: getattr(line, f.name) for f in fields(Line)} for line in state.lines]
        known = {f.name: getattr(state, f.name) for f in fields(BatchState)}
        write_text(self.path(state.uuid), json.dumps(known | {"lines": lines}) + "\n")

    def read(self, uuid: str) -> BatchState | None:
        """A batch's state; None when it has been finished.

        Raises:
            CallError: when the file is not what was written.

        """
        path = self.path(uuid)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            lines = tuple(Line(**line) for line in values.pop("lines"))
            return BatchState(**values, lines=lines)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CallError(
                f"{path} is not the state of a batch ({error}). Move it away; the answers of its "
                "batch are then to be had from the provider only."
            ) from error

    def forget(self, uuid: str) -> None:
        """Remove what was kept of a finished batch; its lock last, as others look for the state."""
        self.path(uuid).unlink(missing_ok=True)
        self._lock_path(uuid).unlink(missing_ok=True)

    def try_lock(self, uuid: str) -> FileIO | None:
        """A file that holds the batch until it is closed or its process dies.

        None while another process looks after the batch.
        """
        return hold(str(self._lock_path(uuid)))

    def _lock_path(self, uuid: str) -> Path:
        return self.folder / f"{uuid}.lock"
