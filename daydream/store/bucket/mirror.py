"""A data root and its copy kept in step: what one side changed goes to the other.

Nothing is ever deleted by it. Where both sides changed a file, ledgers and the list of combos are
merged, of what can be made again the newer version holds, and of what people write neither:
the files are named, and a person chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from daydream.errors import StoreError
from daydream.store.bucket.client import Object
from daydream.store.bucket.copier import Copier, Moved
from daydream.store.bucket.tree import is_copied, local_files, phase

THREADS = 16
_SHOWN = 10


class Mirror:
    """A data root and the bucket that has its copy."""

    def __init__(self, files: Copier) -> None:
        self.root, self.bucket, self.files = files.root, files.bucket, files

    def listed(self, *folders: str) -> dict[str, Object]:
        """The objects under some folders that are files of a data root."""
        found = {entry.name: entry for entry in self.bucket.list(*folders)}
        return {name: entry for name, entry in found.items() if is_copied(name)}

    def pull(self, there: Mapping[str, Object]) -> Moved:
        """Bring what is newer in the bucket, of the objects given.

        Raises:
            StoreError: when both sides changed a file that a person wrote; the others are brought.
        """
        moved = Moved()
        self._each(
            [n for n, entry in there.items() if self.files.is_changed_there(n, entry)],
            lambda name: self.files.bring(name, moved),
        )
        return self._checked(moved)

    def push_grown(self) -> Moved:
        """Send what a run has made that is not there yet, without a listing.

        Snakemake gives what a job made a later time when it is over. That is no change.

        Raises:
            StoreError: as for ``push``.
        """
        for name in local_files(self.root, ("gens",)):
            self.files.accept_touch(name)
        return self.push()

    def push(self, there: Mapping[str, Object] | None = None) -> Moved:
        """Send what is newer here.

        Args:
            there: what the bucket has; None: what it was last known to have.

        Raises:
            StoreError: when both sides changed a file that a person wrote; the others are sent.
        """
        moved = Moved()
        changed = [n for n in local_files(self.root) if self.files.is_changed_here(n, there)]
        if there is not None:
            changed_there = [
                n for n, entry in there.items() if self.files.is_changed_there(n, entry)
            ]
            moved.newer_there = len(set(changed_there) - set(changed))
        etags = None if there is None else {name: entry.etag for name, entry in there.items()}
        for _, group in groupby(sorted(changed, key=phase), key=phase):
            self._each(list(group), lambda name: self.files.send(name, moved, etags))
        return self._checked(moved)

    def _checked(self, moved: Moved) -> Moved:
        if moved.conflicts:
            names = sorted(moved.conflicts)
            listed = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
            raise StoreError(
                f"{len(names)} file(s) changed both in {self.root} and in {self.bucket.address}, "
                f"and nothing tells which version holds: {listed}. Nothing of them was touched. "
                f"To keep those of here: daydream push --overwrite; of there: daydream pull "
                "--overwrite."
            )
        return moved

    def _each(self, names: Sequence[str], action: Callable[[str], None]) -> None:
        with ThreadPoolExecutor(THREADS) as threads:
            futures = [threads.submit(action, name) for name in names]
            try:
                for future in futures:
                    future.result()
            except BaseException:  # Ctrl-C too: nothing more is begun, and it goes on
                threads.shutdown(wait=True, cancel_futures=True)
                raise
