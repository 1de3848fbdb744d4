"""What ended a run, in our words where there are some."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence

from daydream.errors import DaydreamError
from daydream.store.file_errors import files_told

_WRAPPER = "InputFunctionException"  # Snakemake's, around an error of an input function


def message_of(error: BaseException, targets: Callable[[], Sequence[str]] = tuple) -> str | None:
    """What a person reads of an error that ended a run; None for Snakemake's own errors and bugs.

    Args:
        error: one of ours, one of the file system, or Snakemake's around either of them.
        targets: the names that may be asked for, for one that is not among them.
    """
    if type(error).__name__ == "MissingRuleException":
        return _unknown_target(str(error), targets())
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


def _unknown_target(message: str, targets: Sequence[str]) -> str | None:
    """What to ask for instead of a name that is no target; of a path Snakemake's words say all."""
    asked = re.match(r"No rule to produce (\w+) \(", message)
    if asked is None or not targets:
        return None
    close = difflib.get_close_matches(asked[1], targets, 1)
    meant = f" Did you mean '{close[0]}'?" if close else ""
    return f"there is no target '{asked[1]}'.{meant} Targets: {', '.join(targets)}."
