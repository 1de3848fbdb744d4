"""A spec held against the catalogs: its rows, the combinations and catalog rows they use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from daydream.errors import SpecError
from daydream.experiment.catalog import Named, read_catalog
from daydream.experiment.combinations import Combo, read_mappings
from daydream.experiment.combos_rule import chosen_combos
from daydream.experiment.controls import TEMPLATE as CONTROL_TEMPLATE
from daydream.experiment.controls import Control, control_essays
from daydream.experiment.model import Catalog
from daydream.experiment.settings import Filters, Settings
from daydream.experiment.spec import AXES, Level, Rows, Spec, compile_spec, read_spec
from daydream.experiment.spec.compiler import Judging
from daydream.experiment.spec.model import CombosRule
from daydream.experiment.validation import check_catalog
from daydream.store.ids import generation_id, sha256
from daydream.store.layout import Layout, Stage, is_given
from daydream.store.membership import Member, child_of

REPLICATED: Mapping[Stage, str] = {
    "draft": "draft_template_replicate",
    "essay": "essay_template_replicate",
    "evaluation": "evaluation_replicate",
}


class Lineage(NamedTuple):
    """One row of a design: an evaluation with all that it comes from."""

    combo_id: str
    draft_template: str
    draft_llm: str
    draft_replicate: int
    essay_template: str
    essay_llm: str
    essay_replicate: int
    evaluation_template: str
    evaluation_llm: str
    evaluation_replicate: int


@dataclass(frozen=True)
class SpecDesign:
    """What a spec asks for; ``catalog`` has as active what its rows use, and nothing else."""

    spec: Spec
    catalog: Catalog
    combos: tuple[Combo, ...]
    rows: Rows
    controls: tuple[Control, ...] = ()

    @classmethod
    def load(cls, path: Path, settings: Settings, layout: Layout) -> SpecDesign:
        """Read and compile a spec, and check its levels against the catalogs.

        Raises:
            SpecError: when the spec cannot be used, or names levels that no catalog has.
            CatalogError: when a catalog cannot be used.

        """
        spec, everything = read_spec(path), read_catalog(layout, settings)
        if spec.essays and spec.controls:
            spec.fail("controls", "there are essays too", "Make controls with the essays.")
        if spec.essays:
            return cls._of_essays(spec, everything, settings, layout)
        combos = _known_combos(spec, everything, settings, layout)
        defaults = _defaults(spec, everything, combos)
        rows = compile_spec(spec, defaults, _judging(everything))
        used = {axis: tuple(dict.fromkeys(column)) for axis, column in _columns(rows)}
        _check_levels(spec, used, everything, combos)
        catalog = _narrowed(spec, used, combos, settings, layout)
        check_catalog(catalog, layout)
        chosen = tuple(combos[str(c)] for c in used["combo_id"])
        controls = tuple(control_essays(spec.controls, chosen, catalog, layout))
        return cls(spec, _with_controls(catalog, controls), chosen, rows, controls)

    @classmethod
    def _of_essays(
        cls, spec: Spec, everything: Catalog, settings: Settings, layout: Layout
    ) -> SpecDesign:
        """Evaluations of essays that exist: every essay with every row of the evaluation axes."""
        _check_only_judging(spec)
        rules = replace(spec, exclude=tuple(e for e in spec.exclude if e.levels))
        axes = ("evaluation_template", "evaluation_llm", "evaluation_replicate")
        defaults = {axis: _defaults(spec, everything, {})[axis] for axis in axes}
        rows = compile_spec(rules, defaults)
        used = {axis: tuple(dict.fromkeys(column)) for axis, column in _columns(rows)}
        _check_levels(spec, used, everything, {})
        templates = {"evaluation": frozenset(map(str, used["evaluation_template"]))}
        writers = [model.id for model in everything.generation_models]
        named = Named(templates, writers, frozenset(map(str, used["evaluation_llm"])))  # type: ignore[arg-type]  # a stage
        catalog = read_catalog(layout, settings, named)
        judging = (
            replace(t, active=t.template_id in templates["evaluation"])
            for t in catalog.all_templates["evaluation"]
        )
        counts: dict[Stage, int] = {"evaluation": max(map(int, used["evaluation_replicate"]))}
        catalog = replace(
            catalog,
            all_templates={**catalog.all_templates, "evaluation": tuple(judging)},
            replicates={**catalog.replicates, **counts},
            filters=Filters(),
        )
        check_catalog(catalog, layout)
        return cls(spec, catalog, (), rows)

    def evaluations(self, essay: Member) -> Iterator[Member]:
        """The evaluations of one of the spec's essays, without those that its exclusions forbid."""
        for template, judge, replicate in self.rows.rows:
            if self.may_judge(str(judge), [essay.llm_model_id]):
                yield child_of("evaluation", essay, str(template), str(judge), int(replicate))

    def files(self, layout: Layout) -> tuple[str, ...]:
        """The files that decide what the rows are, beside the catalogs."""
        combos = self.spec.combos
        scores = (layout.scores(combos.cohort),) if combos and combos.cohort else ()
        return (*self.spec.files, *scores)

    @property
    def digest(self) -> dict[str, Any]:
        """What the manifest says of the spec: rows and their hash, and earlier looks at scores."""
        looks = [{"cohort": k.cohort, "kept": k.kept, "of": k.of} for k in self.spec.looks]
        text = "\n".join("|".join(map(str, row)) for row in self.rows.rows)
        summary = {
            "axes": list(self.rows.axes),
            "rows": len(self.rows.rows),
            "sha256": sha256(text),
        }
        controls = sorted(control.gen_id for control in self.controls)
        return {
            **summary,
            **({"looks": looks} if looks else {}),
            **({"controls": controls} if controls else {}),
        }

    @cached_property
    def lineages(self) -> tuple[Lineage, ...]:
        """The rows with every axis filled in, equal ones once.

        An essay is written by its draft's model when the spec says nothing of ``essay_llm``; a copy
        always is, and exists once.
        """
        at = {axis: i for i, axis in enumerate(self.rows.axes)}
        copies = {t.template_id for t in self.catalog.templates("essay") if t.is_copy}
        writer = at.get("essay_llm", at["draft_llm"])
        columns = [at.get(axis, writer) for axis in AXES]
        distinct: dict[Any, None] = {}
        for row in self.rows.rows:
            values = [row[i] for i in columns]
            if values[4] in copies:
                values[5:7] = values[2], 1
            distinct[tuple(values)] = None
        return tuple(Lineage(*values) for values in distinct)

    def members(self, cohort_id: str) -> Iterator[Member]:
        """Drafts, essays and evaluations of the rows, each once, parents before children."""
        drafts: dict[Any, Member] = {}
        essays: dict[Any, Member] = {}
        for row in self.lineages:
            key = row[:4]
            draft = drafts.get(key)
            if draft is None:
                gen_id = generation_id("draft", *key)
                draft = drafts[key] = Member("draft", gen_id, cohort_id, "", *key)
                yield draft
            essay = essays.get(row[:7])
            if essay is None:
                essay = essays[row[:7]] = child_of("essay", draft, *row[4:7])
                yield essay
            yield child_of("evaluation", essay, *row[7:])
        yield from self._judged_controls(cohort_id)

    def _judged_controls(self, cohort_id: str) -> Iterator[Member]:
        """The control essays, each with every evaluation that some essay has."""
        evaluations = dict.fromkeys(row[7:] for row in self.lineages)
        for control in self.controls:
            essay = control.member(cohort_id)
            yield essay
            for key in evaluations:
                yield child_of("evaluation", essay, *key)

    def may_judge(self, judge: str, authors: Iterable[str]) -> bool:
        """Whether a model may compare essays of these authors; told by the spec's exclusions."""
        judging, authors = _judging(self.catalog), list(authors)
        for exclusion in self.spec.exclude:
            if exclusion.levels:
                continue
            if exclusion.self_judging and any(judging.same_model(a, judge) for a in authors):
                return False
            same = judging.same_provider
            if exclusion.same_provider and same and any(same(a, judge) for a in authors):
                return False
        return True


def _with_controls(catalog: Catalog, controls: Collection[Control]) -> Catalog:
    """The catalog with what controls count as, where there are some."""
    if not controls:
        return catalog
    essays = (*catalog.all_templates["essay"], CONTROL_TEMPLATE)
    return replace(catalog, all_templates={**catalog.all_templates, "essay": essays})


def _check_only_judging(spec: Spec) -> None:
    """Refuse what an essay that exists has settled: how it was made."""
    for axis in _mentions(spec):
        if axis in AXES and not axis.startswith("evaluation"):
            spec.fail("essays", f"the spec names {axis} too", "Existing essays keep theirs.")
    if spec.combos is not None:
        spec.fail("combos", "there are essays too", "Existing essays keep their concepts.")
    for exclusion in spec.exclude:
        if exclusion.levels and (exclusion.self_judging or exclusion.same_provider):
            spec.fail(exclusion.where, "mixes levels and a flag", "Write two rows.")


def _columns(rows: Rows) -> Iterator[tuple[str, tuple[Level, ...]]]:
    return zip(rows.axes, zip(*rows.rows, strict=True), strict=True)


def _mentions(spec: Spec) -> set[str]:
    """Every axis that a spec names anywhere."""
    bundled = (axis for bundle in spec.tuples.values() for axis in bundle.axes)
    tied = (axis for tie in spec.ties.values() for axis in tie.axes)
    paired = (side for pair in spec.pairs.values() for side in (pair.left, pair.right))
    excluded = (axis for exclusion in spec.exclude for axis in exclusion.levels)
    return {*spec.axes, *spec.subsets, *spec.field_order, *bundled, *tied, *paired, *excluded}


def _bundled_or_declared(spec: Spec) -> set[str]:
    """The axes whose levels are in the spec itself."""
    return {*spec.axes, *(axis for bundle in spec.tuples.values() for axis in bundle.axes)}


def _known_combos(
    spec: Spec, catalog: Catalog, settings: Settings, layout: Layout
) -> dict[str, Combo]:
    """The combinations by id: those the spec asks for, or may name as levels of ``combo_id``."""
    if "combo_id" not in _bundled_or_declared(spec):
        chosen = chosen_combos(
            spec.combos or _default_rule(layout), catalog, settings, layout, spec.path
        )
        return {combo.combo_id: combo for combo in chosen}
    if spec.combos is not None:
        spec.fail("combos", "axis combo_id has levels too", "Keep one of the two.")
    known = read_mappings(layout)
    chosen = chosen_combos(_default_rule(layout), catalog, settings, layout, spec.path)
    return {**{combo.combo_id: combo for combo in chosen}, **known}


def _default_rule(layout: Layout) -> CombosRule:
    """As without a spec: the curated combinations when their file is there."""
    return CombosRule("curated" if is_given(layout.curated_combos) else "focused")


def _defaults(
    spec: Spec, catalog: Catalog, combos: Mapping[str, Combo]
) -> dict[str, tuple[Level, ...]]:
    """What the catalogs have active, for each axis."""
    writers = tuple(model.id for model in catalog.generation_models)
    levels: dict[str, tuple[Level, ...]] = {
        "combo_id": tuple(combos),
        "draft_llm": writers,
        "evaluation_llm": tuple(model.id for model in catalog.evaluation_models),
    }
    if "essay_llm" in _mentions(spec):
        levels["essay_llm"] = writers
    for stage, axis in REPLICATED.items():
        ids = (template.template_id for template in catalog.templates(stage))
        levels[f"{stage}_template"] = tuple(ids)
        levels[axis] = tuple(range(1, catalog.replicates[stage] + 1))
    return levels


def _judging(catalog: Catalog) -> Judging:
    models = {model.id: model for model in catalog.all_models}
    copies = {t.template_id for t in catalog.all_templates.get("essay", ()) if t.is_copy}

    def same(model_a: Level, model_b: Level) -> bool:
        a, b = models.get(str(model_a)), models.get(str(model_b))
        return model_a == model_b or (a is not None and b is not None and a.model == b.model != "")

    def same_provider(model_a: Level, model_b: Level) -> bool:
        a, b = models.get(str(model_a)), models.get(str(model_b))
        family = a is not None and b is not None and a.family == b.family != ""
        return same(model_a, model_b) or family

    return Judging(same, same_provider, copies.__contains__)


def _check_levels(
    spec: Spec, used: Mapping[str, tuple[Level, ...]], catalog: Catalog, combos: Mapping[str, Combo]
) -> None:
    """Name all levels at once that no catalog has."""
    models = {model.id for model in catalog.all_models}
    known: dict[str, tuple[Collection[str], str]] = {"combo_id": (combos, "combo_mappings.csv")}
    for stage in REPLICATED:
        ids = {template.template_id for template in catalog.all_templates.get(stage, ())}
        known[f"{stage}_template"] = (ids, f"{stage}_templates.csv")
        known[f"{stage}_llm"] = (models, "llm_models.csv")
    unknown = [
        f"{axis} {', '.join(missing)} ({known[axis][1]})"
        for axis, levels in used.items()
        if axis in known and (missing := [str(v) for v in levels if v not in known[axis][0]])
    ]
    if unknown:
        raise SpecError(
            f"{spec.path}: levels that no catalog has: {'; '.join(unknown)}. "
            "Correct them, or add their rows to these files."
        )


def _narrowed(
    spec: Spec,
    used: Mapping[str, tuple[Level, ...]],
    combos: Mapping[str, Combo],
    settings: Settings,
    layout: Layout,
) -> Catalog:
    """The catalog with what the rows use as active, whatever its own columns say."""
    templates = {stage: frozenset(map(str, used[f"{stage}_template"])) for stage in REPLICATED}
    writers = frozenset(map(str, (*used["draft_llm"], *used.get("essay_llm", ()))))
    judges = frozenset(map(str, used["evaluation_llm"]))
    concepts = {c for name in used["combo_id"] for c in combos[str(name)].concept_ids}
    catalog = read_catalog(layout, settings, Named(templates, writers, judges))
    comparing = frozenset(t.template_id for t in catalog.templates("comparison"))
    used_ids: dict[Stage, frozenset[str]] = {**templates, "comparison": comparing}
    counts = {stage: max(map(int, used[axis])) for stage, axis in REPLICATED.items()}
    return replace(
        catalog,
        all_concepts=tuple(
            replace(c, active=c.concept_id in concepts) for c in catalog.all_concepts
        ),
        all_templates={
            stage: tuple(replace(t, active=t.template_id in used_ids[stage]) for t in rows)
            for stage, rows in catalog.all_templates.items()
        },
        replicates={**catalog.replicates, **counts},
        filters=Filters(),
    )
