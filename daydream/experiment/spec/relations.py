"""Rules as relations between axes: which levels may, or may not, stand in one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from daydream.experiment.spec.model import Level

Levels: TypeAlias = tuple[Level, ...]
Test: TypeAlias = Callable[[Levels], bool]


@dataclass(frozen=True)
class Relation:
    """Levels of some axes that go together; ``name`` is the rule's place in the spec."""

    name: str
    axes: tuple[str, ...]
    allowed: frozenset[Levels]


@dataclass(frozen=True)
class Refusal:
    """A test that is true for the levels of some axes that may not stand in one row."""

    name: str
    axes: tuple[str, ...]
    refuses: Test


@dataclass
class _Step:
    """The choice of a level for one axis, when the levels of the earlier axes are chosen.

    ``earlier`` are the positions that matter for it; ``choices`` remembers its levels by theirs.
    """

    levels: Levels
    earlier: tuple[int, ...]
    tests: list[Test]
    choices: dict[Levels, Levels] = field(default_factory=dict)

    def after(self, row: Levels) -> Levels:
        key = tuple([row[i] for i in self.earlier])
        known = self.choices.get(key)
        if known is None:
            known = self.choices[key] = tuple(
                level for level in self.levels if all(test((*key, level)) for test in self.tests)
            )
        return known


def expand(
    axes: Sequence[str],
    levels: Mapping[str, Levels],
    relations: Iterable[Relation],
    refusals: Iterable[Refusal],
    limit: int,
) -> tuple[list[Levels], str]:
    """The rows of the product of the levels that meet every relation and no refusal.

    The rows have the order of the product: the last axis varies fastest. An axis is chosen after
    the ones before it, from the levels that its rules leave, so that the product is never made.
    Where more than ``limit`` rows begin, one more than that is returned, and they are not whole.

    Returns:
        The rows, and the axis at which none was left (blank when there are rows).

    """
    relations, refusals = list(relations), list(refusals)
    rows: list[Levels] = [()]
    for position, axis in enumerate(axes):
        step = _step(position, axes, levels[axis], relations, refusals)
        longer = ((*row, level) for row in rows for level in step.after(row))
        rows = list(islice(longer, limit + 1))
        if not rows:
            return [], axis
        if len(rows) > limit:
            break
    return rows, ""


def _step(
    position: int,
    axes: Sequence[str],
    levels: Levels,
    relations: list[Relation],
    refusals: list[Refusal],
) -> _Step:
    axis, position_of = axes[position], {name: i for i, name in enumerate(axes)}
    mine = [r for r in relations if axis in r.axes]
    last = [
        r for r in refusals if axis in r.axes and all(position_of[a] <= position for a in r.axes)
    ]
    named = {a for relation in mine for a in relation.axes} | {a for r in last for a in r.axes}
    used = {position_of[a] for a in named if position_of[a] < position}
    earlier = tuple(sorted(used))
    at = {p: i for i, p in enumerate((*earlier, position))}
    tests = [
        _allows(rule, {a: at[position_of[a]] for a in rule.axes if position_of[a] in at})
        for rule in mine
    ]
    tests += [_spares(rule, [at[position_of[a]] for a in rule.axes]) for rule in last]
    return _Step(levels, earlier, tests)


def _allows(rule: Relation, at: Mapping[str, int]) -> Test:
    """Whether the levels chosen so far are the beginning of an allowed row."""
    columns = [i for i, axis in enumerate(rule.axes) if axis in at]
    places = [at[rule.axes[i]] for i in columns]
    beginnings = {tuple([row[i] for i in columns]) for row in rule.allowed}
    return lambda chosen: tuple([chosen[p] for p in places]) in beginnings


def _spares(rule: Refusal, places: list[int]) -> Test:
    return lambda chosen: not rule.refuses(tuple([chosen[p] for p in places]))
