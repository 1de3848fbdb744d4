"""The OpenAI Batch interface of one endpoint: files go up, batches run, files of answers come down.

Every error arrives as a Fault that tells whether asking again can heal it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from daydream.experiment.settings import Endpoint
from daydream.llm.connection import connect, without_key
from daydream.llm.faults import Fault, status_fault
from daydream.llm.rate_limit_headers import retry_after

if TYPE_CHECKING:
    import openai

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

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come; answers that are counted must be there to be read."""
        readable = self.output_file_id is not None or not self.completed
        return self.status in _ENDS and readable


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
        with self._speaking() as connection:
            return connection.files.create(file=(name, content), purpose="batch").id

    def create(self, input_file_id: str, uuid: str) -> Status:
        """Start a batch that can be found again by our uuid."""
        with self._speaking() as connection:
            batch = connection.batches.create(
                input_file_id=input_file_id,
                endpoint=URL,
                completion_window=WINDOW,
                metadata={OURS: uuid},
            )
            return _status(batch)

    def find(self, uuid: str, since: float) -> Status | None:
        """The batch that carries our uuid, created after ``since`` (seconds of the epoch)."""
        with self._speaking() as connection:
            for batch in connection.batches.list(limit=100):  # newest first, page by page
                if (batch.metadata or {}).get(OURS) == uuid:
                    return _status(batch)
                if (batch.created_at or since) < since - _CLOCKS_DIFFER_S:
                    break
        return None

    def look(self, batch_id: str) -> Status:
        """How far a batch has come."""
        with self._speaking() as connection:
            return _status(connection.batches.retrieve(batch_id))

    def download(self, file_id: str | None) -> str:
        """The text of a file; a batch without answers, or without errors, has no file of them."""
        if not file_id:
            return ""
        with self._speaking() as connection:
            return without_key(connection.files.content(file_id).text, self.endpoint)

    def _connect(self) -> openai.OpenAI:
        if self._openai is None:
            self._openai = connect(self.endpoint, self.endpoint.base_url, owner=self)
        return self._openai

    @contextmanager
    def _speaking(self) -> Iterator[openai.OpenAI]:
        import openai

        try:
            yield self._connect()
        except openai.APIStatusError as error:
            raise self._status_fault(error) from error
        except openai.APITimeoutError as error:
            message = f"no answer within {self.endpoint.timeout_s:g} s"
            raise Fault("timeout", message, heals=True) from error
        except openai.APIConnectionError as error:
            raise Fault("connection", str(error.__cause__ or error), heals=True) from error

    def _status_fault(self, error: openai.APIStatusError) -> Fault:
        body = error.body if isinstance(error.body, dict) else {}
        said = str(body.get("message") or error.response.text[:200] or error.message)
        wait = retry_after(error.response.headers)
        return status_fault(error.status_code, without_key(said, self.endpoint), wait, body)


def _state(status: object) -> str:
    """A batch's state in OpenAI's spelling; `JOB_STATE_SUCCEEDED` and `COMPLETED` are completed."""
    spelling = str(status).lower().removeprefix("job_state_").removeprefix("batch_state_")
    return _SAME.get(spelling, spelling)


def _status(batch: Any) -> Status:
    """Read leniently: providers that imitate the interface leave fields out."""
    status = _state(batch.status)
    started = getattr(batch, "created_at", None) or 0
    ended = getattr(batch, f"{status}_at", None) or started
    counts = getattr(batch, "request_counts", None)
    errors = getattr(getattr(batch, "errors", None), "data", None) or []
    said = [str(error.message) for error in errors if getattr(error, "message", None)]
    return Status(
        batch_id=batch.id,
        status=status,
        completed=getattr(counts, "completed", None) or 0,
        output_file_id=getattr(batch, "output_file_id", None) or None,
        error_file_id=getattr(batch, "error_file_id", None) or None,
        seconds=float(max(0, ended - started)),
        message="; ".join(said[:3]),
    )
