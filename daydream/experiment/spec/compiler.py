"""A spec becomes rows: its rules in the order subsets, ties, pairs, tuples, exclude."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from daydream.experiment.spec.judging import Judging, Same
from daydream.experiment.spec.model import AXES, Bundle, Exclusion, Level, Pair, Spec, did_you_mean
from daydream.experiment.spec.relations import Levels, Refusal, Relation, expand
from daydream.experiment.spec.terms import Terms

JUDGE = "evaluation_llm"
MAX_ROWS = 1_000_000  # where no configuration has max_generations
AUTHOR = ("essay_llm", "draft_llm")


class Rows(NamedTuple):
    """The rows of a design: a level for each axis; every row once, in the order of the levels."""

    axes: tuple[str, ...]
    rows: list[Levels]


def compile_spec(
    spec: Spec,
    defaults: Mapping[str, Levels] | None = None,
    judging: Judging | None = None,
    max_rows: int = MAX_ROWS,
) -> Rows:
    """The rows that a spec asks for.

    Args:
        spec: what was read.
        defaults: levels of the axes that the spec leaves out; without them there are only the axes
            that it names.
        judging: what is known of models.
        max_rows: the most rows; counting stops there.

    Raises:
        SpecError: when rules contradict the levels or each other, or leave no row or too many.

    """
    return _Compiler(spec, dict(defaults or {}), judging or Judging(), max_rows).rows()


@dataclass
class _Compiler:
    spec: Spec
    defaults: Mapping[str, Levels]
    judging: Judging
    max_rows: int
    levels: dict[str, Levels] = field(default_factory=dict)
    declared: dict[str, Levels] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)

    def rows(self) -> Rows:
        self.terms = Terms(self.spec, self.defaults)
        self.terms.check_names()
        self._check_field_order()
        self._declare()
        self._apply_subsets()
        self._apply_ties()
        for name, pair in self.spec.pairs.items():
            self._apply_pair(name, pair)
        for name, bundle in self.spec.tuples.items():
            self._apply_bundle(name, bundle)
        refusals = [refusal for e in self.spec.exclude for refusal in self._refusals(e)]
        axes = self.terms.axes
        rows, empty = expand(axes, self.levels, self.relations, refusals, self.max_rows)
        if empty:
            self._refuse_empty(empty, refusals)
        if len(rows) > self.max_rows:
            self.spec.fail(
                "axes",
                f"they have more than {self.max_rows:,} rows, which max_generations allows",
                "Leave levels out, or raise it: --config max_generations=N",
            )
        return Rows(axes, rows)

    def _check_field_order(self) -> None:
        for axis in self.spec.field_order:
            if axis not in self.terms.axes:
                self.spec.fail(
                    "output.field_order",
                    f"the design has no axis '{axis}'",
                    did_you_mean(axis, self.terms.axes),
                )

    def _declare(self) -> None:
        """Give every axis its levels: the spec's own, those of its tuples, or the default ones."""
        if not self.terms.axes:
            self.spec.fail("axes", "there is none", "Write 'axes:' and an axis with its levels.")
        self.levels.update({a: self.defaults[a] for a in self.defaults})
        self.levels.update(self._bundled())
        for axis, levels in self.spec.axes.items():
            self.levels[axis] = tuple(v for v in levels if not isinstance(v, tuple))
        self.declared = dict(self.levels)
        for axis, levels in self.levels.items():
            if not levels:
                self.spec.fail(f"axes.{axis}", "has no level", "List at least one.")

    def _bundled(self) -> dict[str, Levels]:
        found: dict[str, dict[Level, None]] = {}
        for name, bundle in self.spec.tuples.items():
            own = [axis for axis in bundle.axes if axis in self.spec.axes]
            if own and len(own) < len(bundle.axes):
                missing = [axis for axis in bundle.axes if axis not in own]
                self.spec.fail(
                    bundle.place(name),
                    f"{', '.join(own)} has levels under axes, {', '.join(missing)} has not",
                    "Declare all axes of a tuple or none: levels come from one place.",
                )
            for row in {} if own else self.terms.rows(bundle.items, bundle.axes, name):
                for axis, level in zip(bundle.axes, row, strict=True):
                    found.setdefault(axis, {})[level] = None
        return {axis: tuple(levels) for axis, levels in found.items()}

    def _apply_subsets(self) -> None:
        for axis, levels in self.spec.subsets.items():
            where = f"rules.subsets.{axis}"
            self.terms.leaves(axis, where)
            self._check_known(where, axis, levels)
            names = frozenset(levels)
            self.levels[axis] = tuple(v for v in self.levels[axis] if v in names)

    def _check_known(self, where: str, axis: str, levels: Levels) -> None:
        """Refuse levels that an axis never had; earlier rules may have taken some away."""
        declared = frozenset(self.declared[axis])
        for level in levels:
            if level not in declared:
                known = map(str, self.declared[axis])
                self.spec.fail(
                    where, f"{axis} has no level '{level}'", did_you_mean(str(level), known)
                )

    def _apply_ties(self) -> None:
        for name, tie in self.spec.ties.items():
            where = f"rules.ties.{name}"
            sides = [self.terms.leaves(term, where) for term in tie.axes]
            if len({len(side) for side in sides}) > 1:
                sizes = ", ".join(f"{t} {len(s)}" for t, s in zip(tie.axes, sides, strict=True))
                self.spec.fail(where, f"the sizes differ ({sizes})", "Tie values of one size.")
            for axes in zip(*sides, strict=True):
                self._tie(where, tuple(dict.fromkeys(axes)))

    def _tie(self, where: str, axes: tuple[str, ...]) -> None:
        shared = frozenset.intersection(*(frozenset(self.levels[axis]) for axis in axes))
        if not shared:
            self.spec.fail(where, f"{' and '.join(axes)} share no level", "List shared levels.")
        for axis in axes:
            self.levels[axis] = tuple(v for v in self.levels[axis] if v in shared)
        allowed = frozenset((level,) * len(axes) for level in shared)
        self.relations.append(Relation(where, axes, allowed))

    def _apply_pair(self, name: str, pair: Pair) -> None:
        where = f"rules.pairs.{name}"
        left, right = (self.terms.leaves(t, where, (name,)) for t in (pair.left, pair.right))
        if shared := set(left) & set(right):
            self.spec.fail(where, f"both sides have {sorted(shared)[0]}", "Pair different axes.")
        rows = self.terms.rows(pair.allowed, (pair.left, pair.right), name)
        self._check_rows(pair.allowed.where, (*left, *right), rows)
        for term, part in ((pair.left, slice(len(left))), (pair.right, slice(len(left), None))):
            self._check_values(pair.allowed.where, term, [row[part] for row in rows])
        possible = self._still_possible(where, (*left, *right), rows)
        if pair.balance is not None:
            self._check_balance(
                where, pair.balance, Counter(row[: len(left)] for row in possible), 0
            )
            self._check_balance(
                where, pair.balance, Counter(row[len(left) :] for row in possible), 1
            )
        self.relations.append(Relation(where, (*left, *right), frozenset(possible)))

    def _check_rows(self, where: str, axes: tuple[str, ...], rows: Mapping[Levels, None]) -> None:
        for i, axis in enumerate(axes):
            self._check_known(where, axis, tuple(dict.fromkeys(row[i] for row in rows)))

    def _check_values(self, where: str, term: str, values: list[Levels]) -> None:
        """Refuse values that the rule named by ``term`` does not have."""
        if bundle := self.spec.tuples.get(term):
            known = self.terms.rows(bundle.items, bundle.axes, term)
        elif inner := self.spec.pairs.get(term):
            known = self.terms.rows(inner.allowed, (inner.left, inner.right), term)
        else:
            return
        for value in values:
            if value not in known:
                written = f"[{', '.join(map(str, value))}]"
                self.spec.fail(
                    where, f"'{term}' has no value {written}", f"Add it to '{term}', or remove it."
                )

    def _still_possible(
        self, where: str, axes: tuple[str, ...], rows: Mapping[Levels, None]
    ) -> list[Levels]:
        levels = [set(self.levels[axis]) for axis in axes]
        possible = [r for r in rows if all(v in known for v, known in zip(r, levels, strict=True))]
        if not possible:
            self.spec.fail(
                where, "an earlier rule left none of its values", "See subsets and ties."
            )
        return possible

    def _check_balance(self, where: str, balanced: str, counts: Counter[Levels], side: int) -> None:
        name = ("left", "right")[side]
        if balanced not in (name, "both") or len(set(counts.values())) < 2:
            return
        most_frequent, least_frequent = counts.most_common()[0], counts.most_common()[-1]
        examples = [
            f"{', '.join(map(str, v))} {n} time(s)" for v, n in (most_frequent, least_frequent)
        ]
        self.spec.fail(
            where,
            f"the {name} side is not balanced: {examples[0]}, {examples[1]}",
            "Allow each of its values equally often, or remove balance.",
        )

    def _apply_bundle(self, name: str, bundle: Bundle) -> None:
        where = bundle.place(name)
        rows = self.terms.rows(bundle.items, bundle.axes, name)
        self._check_rows(bundle.items.where, bundle.axes, rows)
        possible = self._still_possible(where, bundle.axes, rows)
        self.relations.append(Relation(where, bundle.axes, frozenset(possible)))

    def _refusals(self, exclusion: Exclusion) -> Iterator[Refusal]:
        axes = tuple(exclusion.levels)
        for axis, levels in exclusion.levels.items():
            self.terms.leaves(axis, exclusion.where)
            self._check_known(exclusion.where, axis, levels)
        named = [frozenset(levels) for levels in exclusion.levels.values()]

        def is_named(row: Levels) -> bool:
            return all(level in levels for level, levels in zip(row, named, strict=False))

        if not exclusion.self_judging and not exclusion.same_provider:
            yield Refusal(exclusion.where, axes, is_named)
        for same in self._sames(exclusion):
            yield self._judging_refusal(exclusion.where, axes, is_named, same)

    def _sames(self, exclusion: Exclusion) -> Iterator[Same]:
        if exclusion.self_judging:
            yield self.judging.same_model
        if exclusion.same_provider:
            if self.judging.same_provider is None:
                self.spec.fail(
                    exclusion.where, "same_provider needs llm_models.csv", "Omit --no-catalog."
                )
            yield self.judging.same_provider

    def _judging_refusal(
        self, where: str, axes: tuple[str, ...], is_named: Callable[[Levels], bool], same: Same
    ) -> Refusal:
        """Refuse rows in which the judge is the author: the draft's model when it is a copy."""
        authors = [axis for axis in AUTHOR if axis in self.terms.axes]
        if JUDGE not in self.terms.axes or not authors:
            self.spec.fail(where, f"needs {JUDGE} and {AUTHOR[0]} among the axes", "Add them.")
        template = ["essay_template"] if "essay_template" in self.terms.axes else []
        start, is_copy = len(axes), self.judging.is_copy

        def refuses(row: Levels) -> bool:
            author = row[start + 1]
            if template and len(authors) > 1 and is_copy(row[-1]):
                author = row[start + 2]
            return is_named(row) and same(author, row[start])

        return Refusal(where, (*axes, JUDGE, *authors, *template), refuses)

    def _refuse_empty(self, axis: str, refusals: list[Refusal]) -> None:
        rules: list[Relation | Refusal] = [*self.relations, *refusals]
        names = dict.fromkeys(r.name for r in rules if axis in r.axes)
        self.spec.fail(
            "the rules",
            f"no row is left: no level of {axis} goes with the levels of the axes before it",
            f"See {', '.join(names)}.",
        )


def columns(spec: Spec, axes: tuple[str, ...]) -> list[tuple[str, int]]:
    """The printed columns: how the spec spells each axis, and its position in a row."""
    first = (axis for axis in spec.field_order if axis in axes)
    order = dict.fromkeys((*first, *axes))
    return [(spec.spelling.get(axis, axis), axes.index(axis)) for axis in order]


__all__ = ["AXES", "Rows", "columns", "compile_spec"]
