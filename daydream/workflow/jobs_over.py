"""Which jobs of slices are over, however they ended: each holds a file while it lasts.

The kernel lets go of it when the process dies, so a job that was killed shows as one that failed. A
job that its scheduler starts again makes the file anew. Where locks of another host are not seen,
a job seems to be over when it begins; so this is a reason to ask the scheduler, and no answer.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from daydream.errors import LockError
from daydream.store.files import modified_ns, write_all
from daydream.store.locks import hold_new, is_held

MAX_LOOKS = 10  # at locks at once, which a file server is asked for; the rest have their turn


def file_of_job(mark: str) -> str:
    """The file that the job of a slice holds.

    Args:
        mark: the one that it leaves when the slice is made.
    """
    return f"{mark.removesuffix('.made')}.alive"


@contextmanager
def shown_job(mark: str) -> Iterator[None]:
    """Hold the file of this job; where that cannot be done, go on without."""
    held = None
    with suppress(LockError, OSError):
        held = hold_new(file_of_job(mark))
        write_all(held, socket.gethostname().encode())  # gives it its time, if it was there
    try:
        yield
    finally:
        if held is not None:
            held.close()


class JobsOver:
    """Remembers which jobs are over, so that each lock is tried until it is free."""

    def __init__(self) -> None:
        self._let_go: dict[str, int | None] = {}

    def among(self, files: Collection[str]) -> set[str]:
        """Those whose job is over, of files that are there."""
        times = {path: modified_ns(path) for path in files}
        in_doubt = [path for path in files if self._let_go.get(path, 0) != times[path]]
        for path in random.sample(in_doubt, min(MAX_LOOKS, len(in_doubt))):
            with suppress(LockError, OSError):
                if not is_held(path):
                    self._let_go[path] = times[path]
        return {path for path in files if self._let_go.get(path, 0) == times[path]}
