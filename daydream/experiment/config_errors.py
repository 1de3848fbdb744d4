"""Messages about a configuration that cannot be used: which key, what it has, what it takes."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from daydream.errors import ConfigError
from daydream.experiment.config_types import Kind

if TYPE_CHECKING:
    from pydantic import ValidationError

MAX_DEPTH = 40
MAX_VALUES = 100_000
NAME_RULE = "Use letters, digits, '.', '_' and '-' only, and at most 200 of them."
_UNKNOWN = "unexpected_keyword_argument"
_SECRET = ("headers", "extra_body")


def check_keys(config: Mapping[Any, Any]) -> dict[str, Any]:
    """A configuration with texts as keys, when it is no larger than a person would write.

    YAML can hold a mapping in itself, or, with a few references, values without number.

    Raises:
        ConfigError: when it is nested too deep, or has too many values.

    """
    left = iter(range(MAX_VALUES))
    plain: dict[str, Any] = _plain(config, 0, left)
    return plain


def _plain(value: Any, depth: int, left: Iterator[int]) -> Any:
    if depth > MAX_DEPTH or next(left, None) is None:
        raise ConfigError(
            f"config: it has values more than {MAX_DEPTH} levels deep, or more than {MAX_VALUES} "
            "of them. Look for a reference (`*name`) that repeats or contains itself."
        )
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1, left) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1, left) for item in value]
    return value


def explain(error: ValidationError, settings: type) -> str:
    """The first thing that does not fit; an unknown key before all others."""
    problems = sorted(error.errors(include_url=False), key=lambda e: not _is_unknown_key(e))
    return _explain(problems[0], settings)


def _is_unknown_key(problem: Mapping[str, Any]) -> bool:
    return bool(problem["type"] == _UNKNOWN or problem["loc"][-1:] == ("[key]",))


def _explain(problem: Mapping[str, Any], settings: type) -> str:
    path = [str(part) for part in problem["loc"]]
    if path[-1] == "[key]":
        path.pop()
        if path[0] == "endpoints":
            return f"config: endpoints: '{path[-1]}' is no name. {NAME_RULE}"
    where = ".".join(path)
    if _is_unknown_key(problem):
        return unknown_key(where, path[-1], known_keys(settings, path[:-1]))
    if problem["type"] in ("missing", "missing_argument"):
        return f"config: {where} is missing. Add it."
    return f"config: {where}{_value(path, problem)}. {_see(_found(settings, path))}"


def _value(path: Sequence[str], problem: Mapping[str, Any]) -> str:
    """What stands there, unless it may be a secret."""
    if any(part in _SECRET for part in path):
        return " is not what it takes"
    text = repr(problem["input"])
    return f" is {text if len(text) <= 60 else text[:57] + '...'}"


def _see(kind: Kind | None) -> str:
    takes = f"It takes: {kind.words.replace('`', '')}. " if kind else ""
    return takes + "See config/README.md."


def unknown_key(where: str, key: str, known: Sequence[str]) -> str:
    """An unknown key, with the one that was probably meant."""
    close = difflib.get_close_matches(key, known, n=1)
    listed = f"Known keys: {', '.join(sorted(known))}." if known else "Remove it."
    hint = f"Did you mean '{close[0]}'?" if close else listed
    return f"config: unknown key '{where}'. {hint}"


def known_keys(settings: type, path: Sequence[str]) -> list[str]:
    """The keys below a path of keys."""
    here = _type_at(settings, path)
    for part in _parts(here):
        if isinstance(part, type) and dataclasses.is_dataclass(part):
            return [f.name for f in dataclasses.fields(part) if f.name != "name"]
        if _is_mapping(part):
            names = typing.get_args(typing.get_args(part)[0])
            return [name for name in names if isinstance(name, str)]
    return []


def _found(settings: type, path: Sequence[str]) -> Kind | None:
    """The kind of the innermost part of a path that has one."""
    kinds = (kind_of(_type_at(settings, path[:end])) for end in range(len(path), 0, -1))
    return next(filter(None, kinds), None)


def kind_of(hint: Any) -> Kind | None:
    """What a type takes, in words."""
    kinds = [part for part in _parts(hint) if isinstance(part, Kind)]
    return kinds[-1] if kinds else None


def _type_at(hint: Any, path: Sequence[str]) -> Any:
    for key in path:
        hint = _below(hint, key)
    return hint


def _below(hint: Any, key: str) -> Any:
    """The type of a key's value within a type."""
    for part in _parts(hint):
        if isinstance(part, type) and dataclasses.is_dataclass(part):
            return typing.get_type_hints(part, include_extras=True).get(key)
        if _is_mapping(part):
            return typing.get_args(part)[1]
    return None


def _is_mapping(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _parts(hint: Any) -> Iterator[Any]:
    """A type and what ``Annotated`` and ``|`` are made of, outermost last."""
    if hasattr(hint, "__metadata__"):
        yield from _parts(hint.__origin__)
        yield from hint.__metadata__
        return
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        for option in typing.get_args(hint):
            yield from _parts(option)
        return
    yield hint
