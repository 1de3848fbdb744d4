"""The parameters that the answers of a cohort were made with, and whether they are mixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from daydream.store.layout import Layout
from daydream.store.membership import Member
from daydream.store.metadata import as_number, read_metadata


class Sampling(NamedTuple):
    """What of a request's parameters must be one within a cell of a table."""

    temperature: float | None
    max_tokens: float | None


def used_parameters(layout: Layout, members: Iterable[Member]) -> Counter[Sampling]:
    """The parameters of the answers in use, and how many have them; copies have none."""
    used: Counter[Sampling] = Counter()
    for member in members:
        parameters = read_metadata(layout, member.stage, member.gen_id).get("parameters")
        if isinstance(parameters, dict):
            used[Sampling(*(as_number(parameters.get(name)) for name in Sampling._fields))] += 1
    return used


def mixture(used: Iterable[Sampling]) -> str:
    """What is mixed, such as "temperature 0.2 and 0.7"; blank when nothing is."""
    parts = []
    for name, values in zip(Sampling._fields, zip(*used, strict=True), strict=False):
        several = sorted({value for value in values if value is not None})
        if len(several) > 1:
            parts.append(f"{name} {' and '.join(f'{value:g}' for value in several)}")
    return ", ".join(parts)
