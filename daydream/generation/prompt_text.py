"""A rendered prompt: what a model is asked, and what it is told before, as one readable text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from daydream.store.ids import sha256

SYSTEM_LINE, USER_LINE = "==== system ====\n", "\n==== user ====\n"


class Prompt(NamedTuple):
    """The message of the user, and the system prompt before it, ``""`` when there is none."""

    user: str
    system: str = ""

    @property
    def text(self) -> str:
        """What ``prompt.txt`` holds: the prompt as it is, or both parts under their names."""
        return f"{SYSTEM_LINE}{self.system}{USER_LINE}{self.user}" if self.system else self.user

    @property
    def metadata(self) -> dict[str, str]:
        """What ``metadata.json`` keeps of it: its hash, and that of the system prompt if any."""
        system = {"system_sha256": sha256(self.system)} if self.system else {}
        return {"prompt_sha256": sha256(self.text), **system}

    @classmethod
    def read(cls, text: str, system_sha256: str | None) -> Prompt:
        """The parts of a ``prompt.txt``; the hash says where the first ends, as texts may not."""
        if system_sha256:
            for system, user in _partings(text):
                if sha256(system) == system_sha256:
                    return cls(user, system)
        return cls(text)


def _partings(text: str) -> Iterator[tuple[str, str]]:
    """Every way in which a text may have been put together of two parts."""
    start = len(SYSTEM_LINE) if text.startswith(SYSTEM_LINE) else len(text)
    end = text.find(USER_LINE, start)
    while end >= 0:
        yield text[start:end], text[end + len(USER_LINE) :]
        end = text.find(USER_LINE, end + 1)
