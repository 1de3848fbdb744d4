"""Options of a command line that take several values, as Snakemake's command reads them."""

from __future__ import annotations

from collections.abc import Sequence


def option_values(arguments: Sequence[str], *options: str) -> list[str]:
    """The values of an option, under each of its names; they end where the next option begins."""
    found: list[str] = []
    is_value = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if argument.startswith("-"):
            is_value = name in options and not equals
            found += [value] if name in options and equals else []
        elif is_value:
            found.append(argument)
    return found
