"""Reading a spec: YAML and the files beside it become a ``Spec``; every wrong key is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

from daydream.experiment.spec.fields import Field, level_of
from daydream.experiment.spec.item_files import PREFIX, ItemFile, read_text_file
from daydream.experiment.spec.model import (
    ALIASES,
    AXES,
    Balance,
    Bundle,
    CombosKind,
    CombosRule,
    ControlArm,
    ControlKind,
    Exclusion,
    Items,
    Level,
    Look,
    Pair,
    Spec,
    Tie,
    Value,
    did_you_mean,
)
from daydream.experiment.spec.yaml_file import read_yaml

_COUNTED: tuple[ControlKind, ...] = ("concepts", "other_combo")  # one for each combination
TOP_KEYS = ("axes", "rules", "combos", "essays", "controls", "output", "looks")
RULE_KEYS = ("subsets", "ties", "pairs", "tuples", "exclude")
FLAG_KEYS = ("self_judging", "same_provider")
COMBO_KEYS: Mapping[CombosKind, tuple[str, ...]] = {
    "focused": ("k_max", "level"),
    "exhaustive": ("k_min", "k_max", "level"),
    "curated": (),
    "sample": ("n", "seed", "k_max", "level"),
    "around": ("cohort", "top", "level"),
}
COMMON_COMBO_KEYS = ("kind", "ordered")

Rule = TypeVar("Rule")


def read_spec(path: Path, own_axes: bool = False) -> Spec:
    """Read a spec and the files it refers to.

    Args:
        path: the YAML file.
        own_axes: whether axes of other names than an experiment has are welcome.

    Raises:
        SpecError: for the first thing that cannot be used, with its key and what to write.

    """
    return _Reader(path, own_axes).spec()


@dataclass
class _Reader:
    path: Path
    own_axes: bool
    files: list[str] = field(default_factory=list)
    spelling: dict[str, str] = field(default_factory=dict)
    together: dict[str, Bundle] = field(default_factory=dict)

    def spec(self) -> Spec:
        top = Field(self.path, "", read_yaml(self.path)).mapping(TOP_KEYS)
        rules = self._below(top, "rules").mapping(RULE_KEYS)
        axes = self._axes(self._below(top, "axes"))
        return Spec(
            path=str(self.path),
            axes=axes,
            subsets=self._subsets(self._below(rules, "subsets")),
            ties=self._named(rules, "ties", self._tie),
            pairs=self._named(rules, "pairs", self._pair),
            tuples=self.together | self._named(rules, "tuples", self._bundle),
            exclude=self._exclude(rules["exclude"]) if "exclude" in rules else (),
            field_order=self._field_order(self._below(top, "output")),
            combos=read_combos(top["combos"]) if "combos" in top else None,
            looks=tuple(map(_look, top["looks"].items())) if "looks" in top else (),
            essays=self._essays(top["essays"]) if "essays" in top else (),
            controls=self._controls(top["controls"]) if "controls" in top else (),
            spelling=self.spelling,
            files=(str(self.path), *dict.fromkeys(self.files)),
        )

    def _below(self, fields: Mapping[str, Field], key: str) -> Field:
        return fields.get(key) or Field(self.path, key, None)

    def _axis(self, name: str, entry: Field) -> str:
        """An axis by its first name; an unknown one is refused, if only as a likely slip."""
        axis = ALIASES.get(name, name)
        if axis != name:
            self.spelling[axis] = name
        if axis not in AXES:
            hint = did_you_mean(name, (*AXES, *ALIASES))
            if not self.own_axes or hint.startswith("Did"):
                entry.fail(f"'{name}' is not an axis", hint)
        return axis

    def _axes(self, entry: Field) -> dict[str, tuple[Value, ...]]:
        axes: dict[str, tuple[Value, ...]] = {}
        for name, levels in entry.mapping().items():
            axis = self._axis(name, levels)
            if axis in axes:
                levels.fail(f"{axis} is there under both of its names", "Keep one.")
            file = levels.file()
            if file is None or len(file.header) == 1:
                axes[axis] = self._levels(axis, levels)
            else:
                self._take_together(axis, levels, file)
        return axes

    def _take_together(self, axis: str, entry: Field, file: ItemFile) -> None:
        """Axes that take the rows of a file with several columns, in the order of its header."""
        items = self._items(entry)
        if axis not in file.header and axis not in (items.header or ()):
            entry.fail(
                f"{file.path} has the columns {','.join(file.header)}, and none is {axis}",
                f"Its header must name the axes that take these values together, {axis} with them.",
            )
        axes = tuple(self._axis(name, entry) for name in file.header)
        if len(set(axes)) < len(axes):
            entry.fail(f"{file.path} has an axis twice", "Name each once.")
        if all(bundle.items.values != items.values for bundle in self.together.values()):
            self.together[entry.where] = Bundle(axes, items, entry.where)

    def _levels(self, axis: str, entry: Field) -> tuple[Level, ...]:
        file = entry.file()
        if file is None:
            return tuple(dict.fromkeys(level_of(axis, v, entry) for v in entry.values()))
        self.files.append(file.path)
        if len(file.header) > 1:
            entry.fail(
                f"{file.path} has {len(file.header)} columns, and a subset takes one value a row",
                "Keep one column.",
            )
        return tuple(dict.fromkeys(level_of(axis, row[0], entry) for row in file.rows))

    def _subsets(self, entry: Field) -> dict[str, tuple[Level, ...]]:
        fields = entry.mapping()
        return {self._axis(n, f): self._levels(self._axis(n, f), f) for n, f in fields.items()}

    def _named(
        self, rules: Mapping[str, Field], key: str, read: Callable[[Field], Rule]
    ) -> dict[str, Rule]:
        fields = self._below(rules, key).mapping()
        return {name: read(content) for name, content in fields.items()}

    def _term(self, name: str) -> str:
        """An axis by its first name, or the name of a rule; which one is checked later."""
        axis = ALIASES.get(name, name)
        if axis != name:
            self.spelling[axis] = name
        return axis

    def _tie(self, entry: Field) -> Tie:
        axes = entry.required("axes")["axes"]
        names = tuple(map(self._term, axes.texts()))
        if len(set(names)) < 2:
            axes.fail("a tie needs two different axes at least", "Name them.")
        return Tie(names)

    def _pair(self, entry: Field) -> Pair:
        keys = entry.required("left", "right", "allowed", optional=["balance"])
        left, right = (self._term(keys[side].text()) for side in ("left", "right"))
        balance: Any = keys["balance"].choice(get_args(Balance)) if "balance" in keys else None
        return Pair(left, right, self._items(keys["allowed"]), balance)

    def _bundle(self, entry: Field) -> Bundle:
        keys = entry.required("axes", "items")
        axes = tuple(self._axis(name, keys["axes"]) for name in keys["axes"].texts())
        if len(set(axes)) < len(axes):
            keys["axes"].fail("an axis is there twice", "Name each once.")
        return Bundle(axes, self._items(keys["items"]))

    def _items(self, entry: Field) -> Items:
        file = entry.file()
        if file is None:
            return Items(entry.where, tuple(entry.values()))
        self.files.append(file.path)
        header = tuple(map(self._term, file.header))
        return Items(entry.where, tuple(dict.fromkeys(file.rows)), header)

    def _exclude(self, entry: Field) -> tuple[Exclusion, ...]:
        """A list of rows, or a mapping of ``rows`` and flags."""
        if not isinstance(entry.content, dict):
            return self._excluded_rows(entry)
        keys = entry.mapping(("rows", *FLAG_KEYS))
        rows = self._excluded_rows(keys["rows"]) if "rows" in keys else ()
        flags = [name in keys and keys[name].flag() for name in FLAG_KEYS]
        return (*rows, *([Exclusion(entry.where, {}, *flags)] if any(flags) else ()))

    def _excluded_rows(self, entry: Field) -> tuple[Exclusion, ...]:
        file = entry.file()
        if file is None:
            exclusions = (self._exclusion(item) for item in entry.items())
            return tuple(e for e in exclusions if e is not None)
        self.files.append(file.path)
        axes = [self._axis(name, entry) for name in file.header]
        return tuple(
            Exclusion(
                entry.where, {a: (level_of(a, v, entry),) for a, v in zip(axes, row, strict=True)}
            )
            for row in file.rows
        )

    def _exclusion(self, entry: Field) -> Exclusion | None:
        keys = entry.mapping()
        flags = [keys.pop(name).flag() if name in keys else False for name in FLAG_KEYS]
        levels: dict[str, tuple[Level, ...]] = {}
        for name, content in keys.items():
            axis, several = self._axis(name, content), isinstance(content.content, list)
            values = content.values() if several else iter([content.value()])
            levels[axis] = tuple(level_of(axis, value, content) for value in values)
        if not levels and not entry.mapping():
            entry.fail("names no axis", "Write 'axis: level', or 'self_judging: true'.")
        return Exclusion(entry.where, levels, *flags) if levels or any(flags) else None

    def _essays(self, entry: Field) -> tuple[str, ...]:
        file = entry.file()
        if file is None:
            return tuple(dict.fromkeys(entry.texts()))
        self.files.append(file.path)
        return tuple(dict.fromkeys(row[0] for row in file.rows))

    def _controls(self, entry: Field) -> tuple[ControlArm, ...]:
        """A list of kinds, or a mapping of kinds: true, a number, or the file of a text."""
        if isinstance(entry.content, list):
            kinds: Any = dict.fromkeys(entry.texts(), "true")
            entry = Field(entry.path, entry.where, kinds)
        keys = entry.mapping(get_args(ControlKind))
        arms = []
        if "empty" in keys and keys["empty"].flag():
            arms.append(ControlArm("empty"))
        for kind in _COUNTED:
            if kind in keys and (count := keys[kind]).content != "false":
                number = None if count.content == "true" else count.whole()
                arms.append(ControlArm(kind, count=number))
        if "planted" in keys:
            arms.append(self._planted(keys["planted"]))
        return tuple(arms)

    def _planted(self, entry: Field) -> ControlArm:
        if not isinstance(entry.content, str) or not entry.content.startswith(PREFIX):
            entry.fail("names no text", f"Write planted: '{PREFIX}good.txt', beside the spec.")
        path, text = read_text_file(entry.path, entry.where, entry.content)
        self.files.append(path)
        return ControlArm("planted", text)

    def _field_order(self, entry: Field) -> tuple[str, ...]:
        keys = entry.mapping(["field_order"])
        if "field_order" not in keys:
            return ()
        return tuple(self._axis(name, entry) for name in keys["field_order"].texts())


def read_combos(entry: Field) -> CombosRule:
    """The combinations that a spec asks for: a kind alone, or a mapping with its options."""
    if isinstance(entry.content, str):
        kind: Any = entry.choice(COMBO_KEYS)
        entry = Field(entry.path, entry.where, {"kind": kind})
    every = dict.fromkeys((*COMMON_COMBO_KEYS, *(k for keys in COMBO_KEYS.values() for k in keys)))
    keys = entry.mapping(every)
    kind = keys["kind"].choice(COMBO_KEYS) if "kind" in keys else "focused"
    for key in keys:
        if key not in (*COMMON_COMBO_KEYS, *COMBO_KEYS[kind]):
            takes = ", ".join((*COMBO_KEYS[kind], *COMMON_COMBO_KEYS[1:]))
            entry.fail(f"'{key}' is not for combos of kind {kind}", f"It takes: {takes}.")
    for needed in {"sample": ["n"], "around": ["cohort"]}.get(kind, ()):
        if needed not in keys:
            entry.fail(f"kind {kind} needs '{needed}'", f"Write {needed}: ... beside it.")
    return CombosRule(
        kind=kind,
        level=keys["level"].choice(("sentence", "paragraph", "article"))
        if "level" in keys
        else None,
        ordered="ordered" in keys and keys["ordered"].flag(),
        cohort=keys["cohort"].text() if "cohort" in keys else None,
        seed=keys["seed"].whole(minimum=0) if "seed" in keys else 0,
        **{name: keys[name].whole() for name in ("k_min", "k_max", "n", "top") if name in keys},
    )


def _look(entry: Field) -> Look:
    keys = entry.required("cohort", "kept", "of")
    return Look(keys["cohort"].text(), keys["kept"].whole(), keys["of"].whole())
