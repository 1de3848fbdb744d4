"""A generation's folder as it is on disk, read once for all checks."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from daydream.store.layout import Layout, exists
from daydream.store.ledger import NAME, Attempt, read_attempts
from daydream.store.membership import Member


@dataclass(frozen=True)
class StoredGeneration:
    """The files of one generation; paths are relative to the data root."""

    layout: Layout
    member: Member

    @cached_property
    def folder(self) -> str:
        """The folder on disk."""
        return self.layout.generation(self.member.stage, self.member.gen_id)

    def path(self, name: str) -> str:
        """A file of the folder as a finding names it."""
        return f"{self.layout.relative(self.folder)}/{name}"

    def _read(self, name: str) -> bytes | None:
        path = f"{self.folder}/{name}"
        return Path(path).read_bytes() if exists(path) else None

    @cached_property
    def prompt(self) -> bytes | None:
        """What was asked; None when there is no such file, as with a copy."""
        return self._read("prompt.txt")

    @cached_property
    def raw(self) -> bytes | None:
        """The answer."""
        return self._read("raw.txt")

    @cached_property
    def parsed(self) -> bytes | None:
        """What is used of the answer; None when the generation is not made."""
        return self._read("parsed.txt")

    @cached_property
    def metadata(self) -> Mapping[str, Any] | None:
        """What ``metadata.json`` says; None when there is none or it is damaged."""
        try:
            content = json.loads(self._read("metadata.json") or b"null")
        except (ValueError, RecursionError):
            return None
        return content if isinstance(content, dict) else None

    @cached_property
    def own_metadata(self) -> Mapping[str, Any]:
        """What ``metadata.json`` says; empty when it was not written by this package."""
        content = self.metadata or {}
        return content if content.get("mode") in ("llm", "copy") else {}

    @property
    def has_damaged_metadata(self) -> bool:
        """Whether there is a ``metadata.json`` from which nothing can be read."""
        return self.metadata is None and os.path.lexists(f"{self.folder}/metadata.json")

    @cached_property
    def attempts(self) -> list[Attempt] | None:
        """The ledger's lines that can be read; None when there is no ledger."""
        return read_attempts(self.folder) if exists(f"{self.folder}/{NAME}") else None


def text_of(content: bytes) -> str:
    """Bytes as text, whatever they are; what is not UTF-8 becomes visible as such."""
    return content.decode("utf-8", "backslashreplace")
