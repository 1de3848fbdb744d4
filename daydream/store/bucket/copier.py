"""One file of a data root and its copy: sent, brought, or settled when both sides changed it."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Literal

from daydream.errors import StoreError
from daydream.store.bucket.client import Bucket, Changed, Object, Version
from daydream.store.bucket.known import Known, Pair, Stat
from daydream.store.bucket.merge import merged, merged_lines
from daydream.store.bucket.tree import is_input, is_ledger
from daydream.store.files import write_bytes
from daydream.store.locks import locked

Side = Literal["here", "there"]
_MAX_ROUNDS = 100


@dataclass
class Moved:
    """What a transfer did, by the names of the files."""

    pulled: list[str] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    newer_there: int = 0  # left by a push, as the store has newer versions
    conflicts: list[str] = field(default_factory=list)

    @property
    def ledgers(self) -> int:
        """Ledgers that came: answers that were paid elsewhere."""
        return sum(map(is_ledger, self.pulled))


class Copier:
    """Moves single files between a data root and a bucket; threads may share it."""

    def __init__(
        self,
        root: str,
        bucket: Bucket,
        prefer: Side | None = None,
        ledger_grew: Callable[[bytes, bytes], None] = lambda before, after: None,
    ) -> None:
        """Prepare; nothing is read from the bucket yet.

        Args:
            root: the data root.
            bucket: where its copy is.
            prefer: which version of a file of a person's holds when both sides changed it.
            ledger_grew: called with a ledger's content before and after calls came from the bucket.
        """
        self.root, self.bucket, self._prefer = root, bucket, prefer
        self._ledger_grew = ledger_grew
        self._known = Known(root, bucket.address)
        self._reporting = threading.Lock()

    def path(self, name: str) -> str:
        """Where a file is."""
        return os.path.join(self.root, name)

    def is_changed_there(self, name: str, entry: Object) -> bool:
        """Whether the bucket has a version of a file that is not here."""
        pair, local = self._known.get(name), Stat.of(self.path(name))
        if local is None:
            return True
        if pair is None:
            return not self._is_same(name, entry, local)
        if pair.etag == entry.etag and pair.modified is None:
            self._known.set(name, pair._replace(modified=entry.modified))
            return False
        return (pair.etag, pair.modified) != (entry.etag, entry.modified)

    def _is_same(self, name: str, entry: Object, local: Stat) -> bool:
        """Whether a file that was never in step is, which most servers' ETags tell."""
        content = Path(self.path(name)).read_bytes()
        if entry.etag.strip('"') != _md5(content):
            return False
        self._known.set(name, Pair(entry.etag, entry.modified, local))
        return True

    def accept_touch(self, name: str) -> None:
        """Take a file that has another time and the same content as in step."""
        pair, local = self._known.get(name), Stat.of(self.path(name))
        if pair is None or local is None or pair.local == local or pair.local.size != local.size:
            return
        if _md5(Path(self.path(name)).read_bytes()) == pair.etag.strip('"'):
            self._known.set(name, pair._replace(local=local))

    def is_changed_here(self, name: str, there: Mapping[str, Object] | None = None) -> bool:
        """Whether there is a version here that the bucket lacks.

        Args:
            name: of the file.
            there: what the bucket has; None: what it was last known to have.
        """
        pair, local = self._known.get(name), Stat.of(self.path(name))
        if local is None:
            return False
        if pair is None:
            entry = (there or {}).get(name)
            return entry is None or not self._is_same(name, entry, local)
        return pair.local != local or (there is not None and name not in there)

    def bring(self, name: str, moved: Moved | None = None) -> None:
        """Bring a file, settled with what is here, and note in ``moved`` what came of it.

        Raises:
            StoreError: when it cannot be brought.
        """
        moved = moved or Moved()
        version = self.bucket.get(name)
        if version is None:  # removed since it was listed
            return
        if self.is_changed_here(name):
            self._settle(name, version, moved)
        else:
            self._take(name, version, moved)

    def send(
        self, name: str, moved: Moved | None = None, etags: Mapping[str, str] | None = None
    ) -> None:
        """Send a file, settled with what is there, and note in ``moved`` what came of it.

        Args:
            name: of the file.
            moved: what is noted.
            etags: of what the bucket has; None: what it was last known to have.

        Raises:
            StoreError: when it cannot be sent.
        """
        moved = moved or Moved()
        pair = self._known.get(name)
        expected = pair.etag if pair else None
        if etags is not None and etags.get(name) is None:
            expected = None
        try:
            self._give(name, expected, moved)
        except Changed:
            self._settle(name, self.bucket.get(name), moved)

    def _settle(self, name: str, theirs: Version | None, moved: Moved) -> None:
        """Both sides have a version of their own, or theirs is gone by now."""
        for _ in self._rounds(name):
            try:
                if theirs is None:
                    return self._give(name, None, moved)
                return self._settle_once(name, theirs, moved)
            except Changed:  # once more, by a third one
                theirs = self.bucket.get(name)

    def _rounds(self, name: str) -> Iterator[None]:
        """Tries at an object that others write too; of those who try at once one gets on."""
        yield from repeat(None, _MAX_ROUNDS)
        raise StoreError(
            f"{self.bucket.address}: cannot write {name}: the server says each time that the "
            "version it gave is not the one that it has (If-Match). What is here is kept."
        )

    def _settle_once(self, name: str, theirs: Version, moved: Moved) -> None:
        local = Stat.of(self.path(name))
        if local is None:
            return self._take(name, theirs, moved)
        ours = Path(self.path(name)).read_bytes()
        if ours == theirs.content:
            self._known.set(name, Pair(theirs.etag, None, local))
        elif merged(name, theirs.content, ours) is not None:
            self._merge(name, theirs, moved)
        elif self._holds_here(name, theirs, local):
            self._give(name, theirs.etag, moved)
        elif self._prefer or not is_input(name):
            self._take(name, theirs, moved)
        else:
            self._note(moved.conflicts, name)

    def _holds_here(self, name: str, theirs: Version, local: Stat) -> bool:
        if is_input(name):
            return self._prefer == "here"
        return local.mtime_ns > theirs.mtime_ns

    def _take(self, name: str, version: Version, moved: Moved) -> None:
        if is_ledger(name):  # a run may be writing to it
            return self._merge(name, version, moved)
        path = self.path(name)
        write_bytes(path, version.content)
        os.utime(path, ns=(version.mtime_ns, version.mtime_ns))
        self._in_step(name, version.etag)
        self._note(moved.pulled, name)

    def _give(self, name: str, replaces: str | None, moved: Moved) -> None:
        local = Stat.of(self.path(name))
        if local is None:
            return
        content = Path(self.path(name)).read_bytes()
        etag = self.bucket.put(name, content, local.mtime_ns, replaces)
        self._known.set(name, Pair(etag, None, local))
        self._note(moved.pushed, name)

    def _merge(self, name: str, theirs: Version, moved: Moved) -> None:
        """Join both versions here, then there if that one lacks something."""
        path = self.path(name)
        with locked(path) as file:
            ours = file.read() or b""
            both = merged(name, theirs.content, ours)
            assert both is not None
            if both != ours:
                _replace(path, both, theirs.mtime_ns)
                if is_ledger(name):
                    self._ledger_grew(ours, both)
                self._note(moved.pulled, name)
        if both == theirs.content:
            self._in_step(name, theirs.etag)
        else:
            self._give(name, theirs.etag, moved)

    def _in_step(self, name: str, etag: str) -> None:
        local = Stat.of(self.path(name))
        if local is not None:
            self._known.set(name, Pair(etag, None, local))

    def _note(self, names: list[str], name: str) -> None:
        with self._reporting:
            names.append(name)

    def send_held(self, name: str) -> None:
        """Send a ledger that the caller holds, merged there with what others added to it.

        What they added does not come here: the file is held. The next pull brings it.

        Raises:
            StoreError: when it cannot be sent.
        """
        try:
            pair = self._known.get(name)
            return self._give(name, pair.etag if pair else None, Moved())
        except Changed:
            self._known.forget(name)  # a stale or an unknown version is compared by the next pull
        for _ in self._rounds(name):
            ours, theirs = Path(self.path(name)).read_bytes(), self.bucket.get(name)
            both = merged_lines(theirs.content if theirs else b"", ours)
            if theirs and both == theirs.content:
                return
            try:
                self.bucket.put(name, both, time.time_ns(), theirs.etag if theirs else None)
                return
            except Changed:
                continue

    def remove(self, name: str) -> None:
        """Remove the object of a file that is no longer here and was known to be there.

        Raises:
            StoreError: when it cannot be removed.
        """
        if self._known.get(name) and Stat.of(self.path(name)) is None:
            self.bucket.delete(name)
            self._known.forget(name)


def _replace(path: str, content: bytes, mtime_ns: int) -> None:
    """Write a held file whole; who waits for its lock finds that it was replaced."""
    write_bytes(path, content)
    os.utime(path, ns=(mtime_ns, mtime_ns))


def _md5(content: bytes) -> str:
    """What most servers give as the ETag of an object."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
