"""Terms of a spec's rules: an axis, or the name of a tuple or of a pair, down to its axes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from daydream.experiment.spec.fields import Field, level_of
from daydream.experiment.spec.model import (
    ALIASES,
    AXES,
    Items,
    Level,
    Spec,
    Value,
    did_you_mean,
    written,
)

Levels: TypeAlias = tuple[Level, ...]


@dataclass(frozen=True)
class Terms:
    """What the names in a spec's rules stand for; ``extra_axes`` need not be written."""

    spec: Spec
    extra_axes: Collection[str] = ()

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """Every axis that a rule may name, those of an experiment first."""
        bundled = (axis for bundle in self.spec.tuples.values() for axis in bundle.axes)
        named = dict.fromkeys((*self.spec.axes, *bundled, *self.extra_axes))
        return (*(a for a in AXES if a in named), *(a for a in named if a not in AXES))

    def check_names(self) -> None:
        """Refuse a rule that has the name of an axis or of another rule.

        Raises:
            SpecError: naming it.
        """
        seen: dict[str, str] = {}
        for kind in ("pairs", "tuples"):
            for name in getattr(self.spec, kind):
                where = f"rules.{kind}.{name}"
                if name in seen or name in (*self.axes, *AXES, *ALIASES):
                    taken_by = seen.get(name, "an axis")
                    self.spec.fail(where, f"'{name}' is also {taken_by}", "Choose another name.")
                seen[name] = f"a rule under {kind}"

    def leaves(self, term: str, where: str, within: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The axes of a term, in the order in which its values list them.

        Raises:
            SpecError: when there is no such axis or rule, or a pair contains itself.
        """
        if term in within:
            chain = " > ".join((*within, term))
            self.spec.fail(where, f"'{term}' contains itself ({chain})", "Name an axis instead.")
        if bundle := self.spec.tuples.get(term):
            return bundle.axes
        if pair := self.spec.pairs.get(term):
            inner = (*within, term)
            return (*self.leaves(pair.left, where, inner), *self.leaves(pair.right, where, inner))
        if term not in self.axes:
            self._refuse(term, where)
        return (term,)

    def _refuse(self, term: str, where: str) -> None:
        if term in AXES:
            self.spec.fail(where, f"axis {term} has no levels", f"List them: axes: {term}: [...].")
        known = (*self.axes, *self.spec.rule_names)
        self.spec.fail(where, f"'{term}' is neither an axis nor a rule", did_you_mean(term, known))

    def flatten(self, term: str, value: Value, where: str) -> Levels:
        """The levels of a term's value, one for each of its axes.

        Raises:
            SpecError: when the value has another form than the term.
        """
        if bundle := self.spec.tuples.get(term):
            parts = self._parts(term, value, bundle.axes, where)
            return tuple(self._level(a, v, where) for a, v in zip(bundle.axes, parts, strict=True))
        if pair := self.spec.pairs.get(term):
            left, right = self._parts(term, value, (pair.left, pair.right), where)
            return (
                *self.flatten(pair.left, left, where),
                *self.flatten(pair.right, right, where),
            )
        return (self._level(term, value, where),)

    def _level(self, axis: str, value: Value, where: str) -> Level:
        return level_of(axis, value, Field(Path(self.spec.path), where, value))

    def _parts(
        self, term: str, value: Value, parts: tuple[str, ...], where: str
    ) -> tuple[Value, ...]:
        if not isinstance(value, tuple) or len(value) != len(parts):
            self.spec.fail(
                where,
                f"{written(value)} is no value of '{term}'",
                f"Write a list of {len(parts)}: [{', '.join(parts)}].",
            )
        return value

    def rows(self, items: Items, terms: tuple[str, ...], name: str) -> dict[Levels, None]:
        """The values of a rule as levels, one for each axis of its terms, each value once.

        Raises:
            SpecError: when a value has another form, or a file another header.
        """
        axes = tuple(axis for term in terms for axis in self.leaves(term, items.where))
        if items.header is not None:
            return dict.fromkeys(self._from_file(items, axes))
        rows = (self._parts(name, value, terms, items.where) for value in items.values)
        return dict.fromkeys(
            tuple(
                level
                for term, part in zip(terms, row, strict=True)
                for level in self.flatten(term, part, items.where)
            )
            for row in rows
        )

    def _from_file(self, items: Items, axes: tuple[str, ...]) -> list[Levels]:
        header = items.header or ()
        if sorted(header) != sorted(axes):
            self.spec.fail(
                items.where,
                f"the file has the columns {','.join(header)}",
                f"Its header must name the axes of the rule: {','.join(axes)}.",
            )
        order = [header.index(axis) for axis in axes]
        cells = ([row[i] for i in order] for row in items.values if isinstance(row, tuple))
        return [
            tuple(self._level(a, v, items.where) for a, v in zip(axes, row, strict=True))
            for row in cells
        ]
