"""What the file system refused, in words: which file, why, and what to do about it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from daydream.errors import FileError

_RUN_AGAIN = "run again: what was answered is kept"
_IN_THE_WAY = f"Move it away and {_RUN_AGAIN}."
_RIGHTS = (
    "Run as the user whose it is, have it shared by a group (chmod -R g+rwX, umask 002), or name "
    "another data_root."
)
# For each refusal what is wrong with the file, and what to do.
_REFUSALS: Mapping[int, tuple[str, str]] = {
    errno.EISDIR: ("is a folder, where a file belongs", _IN_THE_WAY),
    errno.ENOTDIR: ("has a file above it, where a folder belongs", _IN_THE_WAY),
    errno.EEXIST: ("is a file, where a folder belongs", _IN_THE_WAY),
    errno.ENOTEMPTY: ("is a folder, where a file belongs", _IN_THE_WAY),
    errno.ELOOP: (
        "is, or is below, a link that leads to itself",
        f"Remove the link and {_RUN_AGAIN}.",
    ),
    errno.ENOENT: (
        "is not there",
        f"Restore it, or remove a link that leads to it and {_RUN_AGAIN}.",
    ),
    errno.ENOSPC: ("has no room left on its disk", f"Make room and {_RUN_AGAIN}."),
    errno.EDQUOT: ("is beyond the quota of its disk", f"Make room and {_RUN_AGAIN}."),
    errno.EROFS: ("is on a file system that cannot be written to", _RIGHTS),
    errno.EACCES: ("is not open to this user", _RIGHTS),
    errno.EPERM: ("is not open to this user", _RIGHTS),
    errno.ENAMETOOLONG: (
        "has too long a name for its disk",
        "Choose shorter names of cohorts and ids.",
    ),
    errno.EMFILE: (
        "is one file more than a process may open",
        "Allow more (ulimit -n 65536), or fewer calls at once (-c).",
    ),
    errno.EIO: (
        "cannot be read or written by its disk",
        f"Look after the disk, then {_RUN_AGAIN}.",
    ),
    errno.ESTALE: ("was replaced on the file server", f"Wait a moment and {_RUN_AGAIN}."),
}


@contextmanager
def files_told() -> Iterator[None]:
    """Have what the file system refuses told in words; errors of anything else pass.

    Raises:
        FileError: in place of the operating system's error.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno not in _REFUSALS:
            raise
        raise file_error(error) from error


def file_error(error: OSError) -> FileError:
    """The error of ours that tells a person of one of the operating system's."""
    path = _path(error)
    why = error.strerror or str(error) or type(error).__name__
    wrong, advice = _REFUSALS.get(error.errno or 0, ("", ""))
    cause = errno.errorcode.get(error.errno or 0, "").lower()
    where = path or "a file"
    if not wrong:
        return FileError(f"{where} cannot be used: {why}.", cause)
    return FileError(f"{where} {wrong} ({why}). {advice}", cause)


def _path(error: OSError) -> str:
    """The file that was meant: of a renaming, the new name."""
    names = (name for name in (error.filename2, error.filename) if isinstance(name, str | bytes))
    return next(map(os.fsdecode, names), "")
