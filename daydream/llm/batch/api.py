"""The OpenAI Batch interface of one endpoint: files go up, batches run, files of answers come down.

Every error arrives as a Fault that tells whether asking again can heal it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from daydream.experiment.endpoint import Endpoint
from daydream.llm.connection import connect
from daydream.llm.exchange import MAX_FILE_BYTES, exchange, read_body
from daydream.llm.faults import Fault
from daydream.llm.json_text import mapping
from daydream.llm.key import without_key
from daydream.llm.response import error_in, read_object

if TYPE_CHECKING:
    import openai

Json = Mapping[str, Any]
URL: Final = "/v1/chat/completions"
WINDOW: Final = "24h"
OURS = "daydream"  # the key under which a batch's metadata has our uuid
_ENDS = frozenset({"completed", "failed", "expired", "cancelled"})
# Other spellings of these states: Anthropic, Azure, Mistral, Together, Google.
_SAME = {
    "ended": "completed",
    "succeeded": "completed",
    "success": "completed",
    "canceled": "cancelled",
}
_SAME |= {"timeout_exceeded": "expired", "error": "failed"}
_UNDER_WAY = frozenset(
    (
        *("validating", "in_progress", "finalizing", "cancelling", "canceling"),
        *("cancellation_requested", "queued", "pending", "running", "processing", "created"),
        *("submitted", "scheduled", "active", "preparing", "updating", "paused", "unspecified"),
    )
)
_CLOCKS_DIFFER_S = 3600  # by at most so much, or an own batch is not found again


class Status(NamedTuple):
    """A batch as the provider tells it; ``seconds`` from its creation to its end, 0 before."""

    batch_id: str
    status: str
    completed: int
    output_file_id: str | None
    error_file_id: str | None
    seconds: float
    message: str
    code: str = ""  # of the first error

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be answered."""
        return self.status in _ENDS

    @property
    def is_readable(self) -> bool:
        """Whether the answers that are counted are there to be read."""
        return self.output_file_id is not None or not self.completed


class BatchApi:
    """Speaks to one endpoint; used by one thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._openai: openai.OpenAI | None = None

    def upload(self, name: str, content: bytes) -> str:
        """Upload the lines of a batch; returns the file's id.

        Raises:
            Fault: as every method here does.

        """
        files = self._connect().files.with_streaming_response
        with (
            exchange(self.endpoint, self.endpoint.deadline_s),
            files.create(file=(name, content), purpose="batch") as response,
        ):
            return str(_object(response, "file")["id"])

    def create(self, input_file_id: str, uuid: str) -> Status:
        """Start a batch that can be found again by our uuid."""
        with (
            self._exchange(),
            self._batches.create(
                input_file_id=input_file_id,
                endpoint=URL,
                completion_window=WINDOW,
                metadata={OURS: uuid},
            ) as response,
        ):
            return read_status(_object(response, "batch"))

    def find(self, uuid: str, since: float) -> Status | None:
        """The batch that carries our uuid, created after ``since`` (seconds of the epoch)."""
        for batch in self._newest_first():
            if mapping(batch.get("metadata")).get(OURS) == uuid:
                return read_status(batch)
            if (_seconds(batch.get("created_at")) or since) < since - _CLOCKS_DIFFER_S:
                break
        return None

    def _newest_first(self) -> Iterator[Json]:
        after: str | None = None
        while True:
            more = {"after": after} if after else {}
            with self._exchange(), self._batches.list(limit=100, **more) as response:
                page = _json(response)
            data = page.get("data")
            batches = [mapping(batch) for batch in data] if isinstance(data, list) else []
            yield from batches
            after = str(batches[-1].get("id") or "") if batches else ""
            if not page.get("has_more") or not after:
                return

    def look(self, batch_id: str) -> Status:
        """How far a batch has come."""
        with self._exchange(), self._batches.retrieve(batch_id) as response:
            return read_status(_object(response, "batch"))

    def download(self, file_id: str | None) -> str:
        """The text of a file; a batch without answers, or without errors, has no file of them."""
        if not file_id:
            return ""
        files = self._connect().files.with_streaming_response
        with exchange(self.endpoint, self.endpoint.deadline_s), files.content(file_id) as response:
            text = read_body(response.iter_bytes(), MAX_FILE_BYTES)
        return without_key(text, self.endpoint)

    def _exchange(self) -> AbstractContextManager[None]:
        return exchange(self.endpoint, self.endpoint.timeout_s)

    @property
    def _batches(self) -> Any:
        return self._connect().batches.with_streaming_response

    def _connect(self) -> openai.OpenAI:
        if self._openai is None:
            self._openai = connect(self.endpoint, self.endpoint.base_url, owner=self)
        return self._openai


def _json(response: Any) -> Json:
    """The object of a 200; an error inside is the error that it tells of."""
    content = read_object(read_body(response.iter_bytes()))
    if content.get("error") and not content.get("id"):
        raise error_in(content)
    return content


def _object(response: Any, what: str) -> Json:
    content = _json(response)
    if not content.get("id"):
        raise Fault(
            "not_understood", f"the answer is no {what}", is_retryable=True, raw=str(content)
        )
    return content


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _state(status: object) -> str:
    """A batch's state in OpenAI's spelling; `JOB_STATE_SUCCEEDED` and `COMPLETED` are completed."""
    spelling = str(status).lower().removeprefix("job_state_").removeprefix("batch_state_")
    return _SAME.get(spelling, spelling)


def read_status(batch: Json) -> Status:
    """Read leniently: providers that imitate the interface leave fields out.

    Raises:
        Fault: when the state is one that is not known, which could be waited for without end.

    """
    status = _state(batch.get("status"))
    if status not in _ENDS | _UNDER_WAY:
        message = f"the batch is in a state that is not known: '{str(batch.get('status'))[:80]}'"
        raise Fault("batch_state", message, is_retryable=True, raw=str(batch))
    started = _seconds(batch.get("created_at"))
    ended = _seconds(batch.get(f"{status}_at")) or started
    counts = mapping(batch.get("request_counts"))
    errors = mapping(batch.get("errors")).get("data")
    found = [mapping(error) for error in errors] if isinstance(errors, list) else []
    return Status(
        batch_id=str(batch["id"]),
        status=status,
        completed=int(_seconds(counts.get("completed"))),
        output_file_id=_id(batch.get("output_file_id")),
        error_file_id=_id(batch.get("error_file_id")),
        seconds=max(0.0, ended - started),
        message="; ".join(str(error["message"]) for error in found[:3] if error.get("message")),
        code=next((str(error["code"]) for error in found if error.get("code")), ""),
    )


def _id(value: object) -> str | None:
    return str(value) if value else None
