"""What ended a run, in our words where there are some."""

from __future__ import annotations

from daydream.errors import DaydreamError
from daydream.store.file_errors import files_told

_WRAPPER = "InputFunctionException"  # Snakemake's, around an error of an input function


def message_of(error: BaseException) -> str | None:
    """What a person reads of an error that ended a run; None for Snakemake's own errors and bugs.

    Args:
        error: one of ours, one of the file system, or Snakemake's around either of them.
    """
    is_wrapped = type(error).__name__ == _WRAPPER
    inner = (error.__cause__ or error.__context__) if is_wrapped else error
    try:
        with files_told():
            if inner is not None:
                raise inner
    except DaydreamError as known:
        return str(known)
    except BaseException:  # a bug, which is told with its traceback
        return None
    return None
