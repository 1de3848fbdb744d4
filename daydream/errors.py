"""Every error that a user can cause or meet, in one small tree."""

from __future__ import annotations

from daydream.formats import printable


class DaydreamError(Exception):
    """Shown to the user as it is: what is wrong, where, and what to do about it.

    ``cause`` is a short word to group by, such as ``http_401`` or ``two_scores``; blank where the
    class says enough. Messages quote providers and models, so they are cleaned of what a terminal
    would obey.
    """

    def __init__(self, message: str = "", cause: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause

    def __str__(self) -> str:
        return printable(self.message)


class ConfigError(DaydreamError):
    """A key or a value of the configuration cannot be used."""


class CatalogError(DaydreamError):
    """A file under ``1_raw`` or ``2_tasks`` is missing, malformed or contradicts another."""


class CohortError(DaydreamError):
    """The cohort cannot be built, or does not contain what was asked for."""


class SpecError(CohortError):
    """The spec of a cohort cannot be read, contradicts itself or asks for what does not exist."""


class LedgerError(DaydreamError):
    """A ledger holds a line that was damaged; no call is made until a person has looked."""


class QueryError(DaydreamError):
    """SQL that DuckDB refuses, or a table that was not made."""


class PromptError(DaydreamError):
    """A template cannot be rendered."""


class AnswerError(DaydreamError):
    """A model answered, but the answer cannot be used; it stays in the ledger."""


class ParseError(AnswerError):
    """The parser did not find in an answer what it looks for."""


class TruncatedError(AnswerError):
    """The answer was cut off at ``max_tokens``."""


class CallError(DaydreamError):
    """A call to an endpoint brought no answer."""


class NotAskedError(CallError):
    """A call was not made: nothing was asked, so nothing failed and nothing is to be paid."""


class BudgetError(NotAskedError):
    """A call was not made because it could cost more than is left: it was refused."""

    def __init__(self, message: str = "", cause: str = "budget") -> None:
        super().__init__(message, cause)


class StoppedError(NotAskedError):
    """A call was not made because the run was told to stop, as by Ctrl-C."""


class ClosedError(NotAskedError):
    """A call was not made because its endpoint refuses every call of this run."""


class GenerationFailed(DaydreamError):
    """A job of a generation failed; why was logged, so a terminal need not show it once more."""


class EnoughErrors(ClosedError):
    """A call was not made because more generations of the run failed than it allows."""

    def __init__(self, message: str = "", cause: str = "stop_after_errors") -> None:
        super().__init__(message, cause)


class LockError(DaydreamError):
    """A file cannot be locked, and without a lock an answer could be paid twice."""


class StoreError(DaydreamError):
    """Object storage cannot be reached or refuses, or its copy contradicts the data root."""


class FileError(DaydreamError):
    """The file system refused to read or to write a file of the data root."""


class ArchiveError(DaydreamError):
    """An archive cannot be written, or is not one that ``daydream export`` wrote."""


class VerificationError(DaydreamError):
    """A number does not follow from what it is said to come from; the findings were printed."""
