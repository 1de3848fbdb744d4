"""Limits on the work and the size of a template: a sandbox that cannot run for ever.

Jinja's own sandbox keeps a template from running code, not from counting to 10**10**8. Here every
turn of a loop and every call is counted, and whatever could make a long text or number is sized
before it is made, so that a template is stopped within the process that renders it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

MAX_TEMPLATE = 1_000_000
MAX_TEXT = 4_000_000
MAX_STEPS = 200_000
MAX_SECONDS = 3.0
MAX_WIDTH = 10_000
MAX_BITS = 4_096
_COUNTED, _JOINED = "counted by the sandbox", "joined by the sandbox"
_WIDE = re.compile(r"[0-9]{4,}|\*|\{[^}]*\{")
_PADDED = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs"})
_render = threading.local()


class LimitError(Exception):
    """A template asks for more work or text than any prompt needs."""


def begin() -> None:
    """Start the count of one rendering in this thread."""
    _render.left, _render.until = MAX_STEPS, time.monotonic() + MAX_SECONDS


def _step() -> None:
    _render.left = getattr(_render, "left", MAX_STEPS) - 1
    if _render.left < 0:
        raise LimitError(f"it takes more than {MAX_STEPS} turns of loops and calls")
    if not _render.left % 64 and time.monotonic() > _render.until:
        raise LimitError(f"it takes more than {MAX_SECONDS:g} seconds")


def _check_length(length: int) -> None:
    if length > MAX_TEXT:
        raise LimitError(f"it makes a text of more than {MAX_TEXT} letters")


def _check_width(numbers: Iterable[Any]) -> None:
    for number in numbers:
        if isinstance(number, int | float) and abs(number) > MAX_WIDTH:
            raise LimitError(f"it uses a width or count of more than {MAX_WIDTH}")


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _step()
        yield item


def _join(pieces: Iterable[Any]) -> str:
    texts, length = [], 0
    for value in pieces:
        _step()
        texts.append(str(value))
        length += len(texts[-1])
        _check_length(length)
    return "".join(texts)


def _size(value: Any) -> int:
    return len(value) if hasattr(value, "__len__") else 1


def _check_power(base: Any, exponent: Any) -> None:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and max(base.bit_length(), 1) * abs(exponent) > MAX_BITS:
        raise LimitError("it makes a number that is too long")


def _check_product(left: Any, right: Any) -> None:
    for factor, other in ((left, right), (right, left)):
        if isinstance(factor, int) and hasattr(other, "__len__"):
            _check_length(factor * len(other))
    whole = isinstance(left, int) and isinstance(right, int)
    if whole and left.bit_length() + right.bit_length() > MAX_BITS:
        raise LimitError("it makes a number that is too long")


def _check_format(text: str) -> None:
    if _WIDE.search(text):
        raise LimitError("it formats with a width of more than three digits, or a computed one")


class LimitedSandbox(SandboxedEnvironment):
    """Jinja's sandbox with the limits of this module."""

    intercepted_binops = frozenset({"**", "*", "%", "+"})
    concat = staticmethod(_join)

    def __init__(self) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,
            optimized=False,
        )
        self.filters = {name: _limited(name, filter_) for name, filter_ in self.filters.items()}
        self.filters[_COUNTED], self.filters[_JOINED] = _counted, _join
        self.globals.pop("lipsum", None)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = _filtered(loop.iter, _COUNTED)
        _wrap_concats(tree)
        return tree

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute one of the intercepted operators, when its result is of a usual size."""
        _step()
        if operator == "**":
            _check_power(left, right)
        elif operator == "*":
            _check_product(left, right)
        elif operator == "%" and isinstance(left, str):
            _check_format(left)
        elif operator == "+":
            _check_length(_size(left) + _size(right))
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a function, method or macro, when its result is of a usual size."""
        _step()
        method = getattr(obj, "__wrapped__", obj)  # Jinja wraps str.format
        owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
        if isinstance(owner, str):
            _check_text_method(owner, name, args)
        return super().call(context, obj, *args, **kwargs)


def _check_text_method(text: str, name: str, args: tuple[Any, ...]) -> None:
    if name in ("format", "format_map"):
        _check_format(text)
    elif name in _PADDED:
        _check_width(args)
    elif name in ("join", "replace"):
        _check_length((len(text) + 1) * max([_size(arg) for arg in args], default=1))


def _limited(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that counts as a call and refuses wide paddings and long products."""

    @wraps(filter_)
    def limited(*args: Any, **kwargs: Any) -> Any:
        _step()
        given = [*args[1:], *kwargs.values()]
        _check_width(given)
        if name == "format" and isinstance(args[0], str):
            _check_format(args[0])
        if name in ("replace", "join", "indent"):
            longest = max([len(a) for a in given if isinstance(a, str)], default=0)
            _check_length((_size(next(_values(args), "")) + 1) * max(longest, 1))
        return filter_(*args, **kwargs)

    return limited


def _values(args: tuple[Any, ...]) -> Iterator[Any]:
    return (arg for arg in args if isinstance(arg, str | list | tuple))


def _filtered(node: Any, name: str) -> nodes.Filter:
    made = nodes.Filter(node, name, [], [], None, None)
    made.set_lineno(node.lineno)
    made.set_environment(node.environment)
    return made


def _wrap_concats(node: nodes.Node) -> None:
    """Let `~` be joined by the sized join: each operand list becomes a tuple that is joined."""
    for field, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            _wrap_concats(value)
            if isinstance(value, nodes.Concat):
                setattr(node, field, _as_join(value))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, nodes.Node):
                    _wrap_concats(item)
                if isinstance(item, nodes.Concat):
                    value[index] = _as_join(item)


def _as_join(node: Any) -> nodes.Filter:
    pieces = nodes.Tuple(node.nodes, "load")
    pieces.set_lineno(node.lineno)
    pieces.set_environment(node.environment)
    return _filtered(pieces, _JOINED)
