"""What a spec says, as frozen data: axes, rules, combinations and the order of printed columns."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NoReturn, TypeAlias

from daydream.errors import SpecError

# From the first to the last: rows are made and sorted in this order of the axes.
AXES = (
    *("combo_id", "draft_template", "draft_llm", "draft_template_replicate"),
    *("essay_template", "essay_llm", "essay_template_replicate"),
    *("evaluation_template", "evaluation_llm", "evaluation_replicate"),
)
ALIASES = {
    "draft_replicate": "draft_template_replicate",
    "essay_replicate": "essay_template_replicate",
}
REPLICATES = tuple(axis for axis in AXES if axis.endswith("replicate"))

Level: TypeAlias = str | int
Value: TypeAlias = "Level | tuple[Value, ...]"
Balance = Literal["left", "right", "both"]
CombosKind = Literal["focused", "exhaustive", "curated", "sample", "around"]


@dataclass(frozen=True)
class Items:
    """Values of a rule; ``header`` names the axes of their columns when they come from a file."""

    where: str
    values: tuple[Value, ...]
    header: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Tie:
    """Axes, pairs or tuples whose values are the same in every row."""

    axes: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Values of two axes, tuples or other pairs that may stand in one row."""

    left: str
    right: str
    allowed: Items
    balance: Balance | None = None


@dataclass(frozen=True)
class Bundle:
    """Axes that take their values together (``tuples`` in the spec).

    ``where`` is the axis whose file has several columns, when it is no rule under ``tuples``.
    """

    axes: tuple[str, ...]
    items: Items
    where: str = ""

    def place(self, name: str) -> str:
        """Where the spec says it."""
        return self.where or f"rules.tuples.{name}"


@dataclass(frozen=True)
class Exclusion:
    """Rows to leave out: those with one of these levels on each of these axes.

    Attributes:
        where: the place in the spec.
        levels: axis to levels; empty means every row.
        self_judging: only rows whose essay was written by its judge.
        same_provider: only rows whose essay was written by a model of its judge's provider.

    """

    where: str
    levels: Mapping[str, tuple[Level, ...]] = field(default_factory=dict)
    self_judging: bool = False
    same_provider: bool = False


@dataclass(frozen=True)
class CombosRule:
    """Which combinations of concepts a cohort has; None takes the configuration's value."""

    kind: CombosKind = "focused"
    k_min: int = 1
    k_max: int | None = None
    level: str | None = None
    ordered: bool = False
    n: int | None = None
    seed: int = 0
    cohort: str | None = None
    top: int = 1


ControlKind = Literal["empty", "concepts", "other_combo", "planted"]


@dataclass(frozen=True)
class ControlArm:
    """Texts to be judged beside the essays: ``text``, or one for each of ``count`` combinations.

    ``count`` None is every combination. Of ``concepts`` they are the concepts' own texts, of
    ``other_combo`` essays on other concepts.
    """

    kind: ControlKind
    text: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Look:
    """One look at the scores of a cohort, after which essays were chosen for this one."""

    cohort: str
    kept: int
    of: int


@dataclass(frozen=True)
class Spec:
    """A spec as it was written, files of items read in; axes by their first name.

    ``essays`` are gen_ids of essays that exist, to be evaluated: then there are the axes of
    evaluations only. ``spelling`` is how the spec itself writes an axis that has two names,
    ``files`` are the spec and what it refers to.
    """

    path: str
    axes: Mapping[str, tuple[Value, ...]]
    subsets: Mapping[str, tuple[Level, ...]] = field(default_factory=dict)
    ties: Mapping[str, Tie] = field(default_factory=dict)
    pairs: Mapping[str, Pair] = field(default_factory=dict)
    tuples: Mapping[str, Bundle] = field(default_factory=dict)
    exclude: tuple[Exclusion, ...] = ()
    field_order: tuple[str, ...] = ()
    combos: CombosRule | None = None
    looks: tuple[Look, ...] = ()
    essays: tuple[str, ...] = ()
    controls: tuple[ControlArm, ...] = ()
    spelling: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def rule_names(self) -> tuple[str, ...]:
        """The rules that a pair or a tie may refer to."""
        return (*self.pairs, *self.tuples)

    def fail(self, where: str, problem: str, fix: str) -> NoReturn:
        """Refuse the spec: what is wrong at which key, and what to do."""
        raise SpecError(f"{self.path}: {where}: {problem}. {fix}")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the closest of the known names, or all of them."""
    names = list(dict.fromkeys(known))
    close = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean '{close[0]}'?" if close else f"Known: {', '.join(names) or 'none'}."


def written(value: Value) -> str:
    """A value as a spec writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    return str(value)
