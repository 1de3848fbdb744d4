"""Conditional writes as a server takes them, which is tried before the first write to it.

A server that ignores If-Match or If-None-Match would let two hosts lose each other's answers. And
there are dialects: Ceph 16 compares what If-Match says with an ETag without its quotes, although it
gives ETags in quotes, as HTTP wants them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from daydream.errors import StoreError

Condition = Mapping[str, str]
Write = Callable[[Condition], str | None]

_NEW = {"IfNoneMatch": "*"}


class Conditions:
    """The conditions under which one server replaces an object; threads may share them."""

    def __init__(self, address: str, write: Write, remove: Callable[[], None]) -> None:
        """Prepare; nothing is tried yet.

        Args:
            address: of the server, for messages.
            write: writes one new object, each time with another content, under a condition; the
                new version's ETag, or None when the server refuses.
            remove: removes that object.
        """
        self._address, self._write, self._remove = address, write, remove
        self._trying = threading.Lock()
        self._is_bare: bool | None = None
        self._error: StoreError | None = None

    def of_replacing(self, etag: str | None) -> Condition:
        """The condition of a write in place of the version with an ETag; None: there must be none.

        Raises:
            StoreError: when the server does not honour conditions, or cannot be written to.
        """
        with self._trying:
            if self._error:
                raise self._error
            if self._is_bare is None:
                self._is_bare = self._try()
            is_bare = self._is_bare
        return _NEW if etag is None else _if_match(etag, is_bare)

    def _try(self) -> bool:
        try:
            return self._form_of_etags()
        except StoreError as error:
            self._error = error  # for the other threads, too
            raise
        finally:
            self._remove()

    def _form_of_etags(self) -> bool:
        """Whether ETags in conditions are without quotes."""
        first = self._write(_NEW)
        if first is None:
            raise self._unusable("it refuses to write a new object (If-None-Match)")
        if self._write(_NEW) is not None:
            raise self._unusable("it overwrote an object that it was told not to (If-None-Match)")
        for is_bare in (False, True):
            condition = _if_match(first, is_bare)
            if self._write(condition) is None:
                continue
            if self._write(condition) is not None:
                raise self._unusable("it overwrote a newer version than it was told to (If-Match)")
            return is_bare
        raise self._unusable("it refuses to replace the version that it has (If-Match)")

    def _unusable(self, what: str) -> StoreError:
        return StoreError(
            f"{self._address}: the server lacks conditional writes: {what}. Hosts that share it "
            "could lose answers, so nothing was sent. docs/object-storage.md names some that "
            "have them."
        )


def _if_match(etag: str, is_bare: bool) -> Condition:
    return {"IfMatch": etag.strip('"') if is_bare else etag}
