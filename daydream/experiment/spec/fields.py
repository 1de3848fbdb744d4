"""A place in a spec and what stands there, with one message for each thing that cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from daydream.errors import SpecError
from daydream.experiment.spec.item_files import PREFIX, ItemFile, read_items
from daydream.experiment.spec.model import AXES, REPLICATES, Level, Value, did_you_mean

_FLAGS = {"true": True, "false": False, "yes": True, "no": False}


@dataclass(frozen=True)
class Field:
    """What stands at ``where`` in the spec at ``path``; scalars are texts as they were written."""

    path: Path
    where: str
    content: Any

    def fail(self, problem: str, fix: str) -> NoReturn:
        """Refuse what stands here."""
        raise SpecError(f"{self.path}: {self.where or 'the spec'}: {problem}. {fix}")

    def child(self, key: str, content: Any) -> Field:
        """What stands one key below."""
        return Field(self.path, f"{self.where}.{key}" if self.where else key, content)

    def mapping(self, keys: Iterable[str] | None = None) -> dict[str, Field]:
        """A mapping, whose keys must be among the given ones; nothing is an empty one."""
        if self.content in ("", None):
            return {}
        if not isinstance(self.content, dict):
            self.fail("is not a mapping", "Write 'key: value' lines below it.")
        fields = {str(key): self.child(str(key), item) for key, item in self.content.items()}
        known = None if keys is None else tuple(keys)
        for key in fields:
            if known is not None and key not in known:
                self.fail(f"unknown key '{key}'", did_you_mean(key, known))
        return fields

    def required(self, *keys: str, optional: Iterable[str] = ()) -> dict[str, Field]:
        """A mapping that has all of some keys."""
        fields = self.mapping((*keys, *optional))
        for key in keys:
            if key not in fields:
                self.fail(f"needs the key '{key}'", f"Write it beside {', '.join(fields) or '-'}.")
        return fields

    def items(self) -> list[Field]:
        """A list that is not empty."""
        if not isinstance(self.content, list) or not self.content:
            self.fail("is not a list of values", "Write [one, two], or '@file:items/NAME.csv'.")
        numbered = enumerate(self.content, start=1)
        return [Field(self.path, f"{self.where}[{n}]", item) for n, item in numbered]

    def text(self) -> str:
        """One text that is not blank."""
        if not isinstance(self.content, str) or not self.content:
            self.fail("is not a text", "Write one name.")
        return self.content

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.items())

    def flag(self) -> bool:
        """True or false."""
        value = _FLAGS.get(str(self.content).lower())
        return (
            self.fail("is neither true nor false", "Write one of them.") if value is None else value
        )

    def whole(self, minimum: int = 1) -> int:
        """A whole number of at least ``minimum``."""
        text = self.content if isinstance(self.content, str) else ""
        if not text.isdecimal() or int(text) < minimum:
            self.fail(
                f"'{text or self.content}' is not a whole number", f"Write {minimum} or more."
            )
        return int(text)

    def choice(self, known: Iterable[str]) -> str:
        """One of some words."""
        choices = tuple(known)
        if self.text() not in choices:
            self.fail(f"'{self.content}' is unknown", did_you_mean(self.text(), choices))
        return self.text()

    def file(self) -> ItemFile | None:
        """The file of items that is named here, or None when none is."""
        if isinstance(self.content, str) and self.content.startswith(PREFIX):
            return read_items(self.path, self.where, self.content)
        return None

    def value(self) -> Value:
        """A level, or a list of values."""
        if isinstance(self.content, list):
            return tuple(item.value() for item in self.items())
        return self.text()

    def values(self) -> Iterator[Value]:
        """A list of values, each once."""
        return iter(dict.fromkeys(item.value() for item in self.items()))


def level_of(axis: str, value: Value, field: Field) -> Level:
    """A value as a level of an axis: replicates are whole numbers, other levels texts."""
    if isinstance(value, tuple):
        field.fail(f"{axis} has a list among its levels", "An axis takes one value a row.")
    if axis in REPLICATES:
        return Field(field.path, field.where, str(value)).whole()
    if axis not in AXES and str(value).isdecimal() and str(int(value)) == value:
        return int(value)
    return value
