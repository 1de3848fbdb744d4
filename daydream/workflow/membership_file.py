"""A cohort's ``membership.csv``, read again only when the file has changed."""

from __future__ import annotations

import os

from daydream.errors import CohortError
from daydream.store.layout import exists
from daydream.store.membership import Membership, read_membership


class MembershipFile:
    """Keeps what was read of the file; thousands of jobs ask for it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.check_seal = True
        self._read: tuple[int, Membership] | None = None

    def read(self) -> Membership:
        """The membership as it is on disk.

        Another run of this cohort may be making it again just now: until it is there, the one
        that was read before holds.

        Raises:
            CohortError: when it is not there and was not, or is damaged.

        """
        modified = self._modified_ns()
        if self._read is None or modified not in (0, self._read[0]):
            try:
                self._read = (modified, read_membership(self.path, self.check_seal))
            except CohortError:
                if self._read is None or exists(self.path):
                    raise
        return self._read[1]

    def _modified_ns(self) -> int:
        """When the file was changed; 0 when it is not there."""
        try:
            return os.stat(self.path).st_mtime_ns
        except FileNotFoundError:
            return 0
