"""A strict YAML reader: no key twice, no endless references, and names as they were typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from daydream.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_VALUES = 100_000
# Keys whose values are names: 007 and 2026_11_26 are texts there, yes is one too.
NAMES = frozenset(
    {
        *("data_root", "cohort", "default_endpoint", "concepts", "templates", "models"),
        *("base_url", "serve", "model_path", "api_key_env"),
    }
)
_NULL, _TEXT = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str"


class _Loader(yaml.SafeLoader):
    """Builds plain values; nothing of it can run code."""


def read_yaml(content: bytes, where: str, typed: bool = True) -> Any:
    """Read YAML (or JSON, which is YAML too).

    Args:
        content: the bytes of a file, UTF-8.
        where: what it is, for messages.
        typed: whether the values of ``NAMES`` stay as they were typed.

    Raises:
        ConfigError: with the line, when it cannot be used.

    """
    text = _decode(content, where)
    if text.lstrip().startswith("{") and "\t" in text:  # JSON may have tabs, YAML may not
        return _json(text, where)
    try:
        check_depth(text, where)
        return _build(text, where, typed)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ConfigError(f"{where} is no YAML: {_problem(error)}. Mend it there.") from error


def _decode(content: bytes, where: str) -> str:
    if len(content) > MAX_BYTES:
        raise ConfigError(
            f"{where} has {len(content)} bytes; {MAX_BYTES} are the most. Is it the right file?"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    if "\0" in text:
        at = text.count("\n", 0, text.index("\0")) + 1
        raise ConfigError(f"{where}, line {at}: it holds a NUL character. Save it as UTF-8.")
    return text


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is neither YAML nor JSON: {error}. Mend it there.") from None


def _problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).split("\n")[0]
    return f"line {mark.line + 1}: {problem}" if mark else problem


def check_depth(text: str, where: str) -> None:
    """Refuse YAML that is nested beyond what a person writes, before it is built.

    Raises:
        ConfigError: with the line.
        YAMLError: when it is no YAML.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ConfigError(
                f"{where}, {_line(event)}: more than {MAX_DEPTH} levels. Close a bracket."
            )


def _build(text: str, where: str, typed: bool) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check_node(node, where, iter(range(MAX_VALUES)), ())
        if typed:
            _keep_names(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check_node(node: yaml.Node, where: str, left: Iterator[int], above: tuple[int, ...]) -> None:
    """Walk as the values will stand once references are followed."""
    if id(node) in above:
        raise ConfigError(f"{where}, {_line(node)}: a value contains itself. Remove the reference.")
    if next(left, None) is None:
        raise ConfigError(
            f"{where}, {_line(node)}: references make more than {MAX_VALUES} values. "
            "Remove one (`*name`)."
        )
    if isinstance(node, yaml.MappingNode):
        _check_keys(node, where)
        for key, value in node.value:
            _check_node(key, where, left, (*above, id(node)))
            _check_node(value, where, left, (*above, id(node)))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_node(item, where, left, (*above, id(node)))


def _check_keys(node: yaml.MappingNode, where: str) -> None:
    seen: dict[str, yaml.Node] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"{where}, {_line(key)}: a key is not a text. Quote it.")
        if key.value in seen:
            raise ConfigError(
                f"{where}, {_line(key)}: key '{key.value}' is there already, in "
                f"{_line(seen[key.value])}. Remove one."
            )
        seen[key.value] = key


def _line(node: yaml.Node | yaml.Event) -> str:
    return f"line {node.start_mark.line + 1}" if node.start_mark else "somewhere"


def _keep_names(node: yaml.Node, names: bool = False) -> None:
    """Make texts of the numbers, dates and words for yes and no that stand where a name does."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _keep_names(value, key.value in NAMES)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _keep_names(item, names)
    elif names and isinstance(node, yaml.ScalarNode) and node.tag != _NULL:
        node.tag = _TEXT
