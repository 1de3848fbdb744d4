"""Stopping a run: the one way in which calls to models are ended before their time.

``STOP.request()``, as Ctrl-C does: from then on no call starts, nobody waits for a slot, a retry or
a batch any more, and calls under way go on to their end and are recorded. A call that would have
started ends in a ``StoppedError``, which is no failure: nothing was asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from weakref import WeakMethod

from daydream.errors import StoppedError

MESSAGE = "the run was stopped before this was asked. Run again: what was answered is kept."
Listener = Callable[[], None]


class Stop:
    """A request to call no model any more, which every thread of the process obeys.

    ``request`` may be called in a signal handler: it takes no lock, which the interrupted thread
    may be holding, and leaves the waking of those who wait to a thread.
    """

    def __init__(self) -> None:
        self._is_requested = False
        self._requests: SimpleQueue[None] = SimpleQueue()  # its put is reentrant
        self._requested = threading.Event()
        self._listeners: list[WeakMethod[Listener]] = []
        self._starting = threading.Lock()
        self._notifier: threading.Thread | None = None

    @property
    def is_requested(self) -> bool:
        """Whether no call may start any more."""
        return self._is_requested

    def request(self) -> None:
        """Let no call start any more; those under way go on."""
        self._is_requested = True
        self._requests.put(None)

    def check(self) -> None:
        """Do nothing, unless a stop was requested.

        Raises:
            StoppedError: then.
        """
        if self._is_requested:
            raise StoppedError(MESSAGE)

    def wait(self, seconds: float) -> None:
        """Sleep, but not beyond a stop.

        Raises:
            StoppedError: as soon as one is requested.
        """
        self._watch()
        if not self._is_requested:
            self._requested.wait(seconds)
        self.check()

    def add_listener(self, listener: Listener) -> None:
        """Have a method called when a stop is requested, so that it can wake who waits.

        The object that the method belongs to is not kept alive for it.
        """
        with self._starting:
            self._listeners = [known for known in self._listeners if known() is not None]
            self._listeners.append(WeakMethod(listener))
        self._watch()

    def _watch(self) -> None:
        with self._starting:
            if self._notifier is None:
                self._notifier = threading.Thread(target=self._notify, name="stopping", daemon=True)
                self._notifier.start()

    def _notify(self) -> None:
        while True:
            self._requests.get()
            self._requested.set()
            with self._starting:
                listeners = [known() for known in self._listeners]
            for listener in filter(None, listeners):
                listener()


STOP = Stop()
