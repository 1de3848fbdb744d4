"""A spec held against the catalogs: its rows, the combinations and catalog rows they use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from daydream.experiment.catalog import read_catalog
from daydream.experiment.combinations import Combo, read_mappings
from daydream.experiment.controls import Control, control_essays
from daydream.experiment.model import Catalog
from daydream.experiment.selection import lineages_of
from daydream.experiment.settings import Settings
from daydream.experiment.size import check_size
from daydream.experiment.spec import AXES, Rows, Spec, compile_spec, read_spec
from daydream.experiment.spec_catalog import catalog_of_judging, catalog_of_rows, with_controls
from daydream.experiment.spec_judging import judging_of, may_judge
from daydream.experiment.spec_levels import (
    check_levels,
    check_only_judging,
    default_levels,
    known_combos,
    levels_used,
)
from daydream.experiment.validation import check_catalog
from daydream.store.ids import generation_id, sha256
from daydream.store.layout import Layout
from daydream.store.membership import CONTROL, Member, child_of


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
    selected: tuple[Member, ...] | None = None

    @classmethod
    def load(cls, path: Path, settings: Settings, layout: Layout) -> SpecDesign:
        """Read and compile a spec, and check its levels against the catalogs.

        Raises:
            SpecError: when the spec cannot be used, or names levels that no catalog has.
            CatalogError: when a catalog cannot be used.

        """
        spec, everything = read_spec(path), read_catalog(layout, settings)
        if spec.essays:
            return cls._of_essays(spec, everything, settings, layout)
        combos = known_combos(spec, everything, settings, layout)
        defaults = default_levels(spec, everything, combos)
        rows = compile_spec(spec, defaults, judging_of(everything), settings.max_generations)
        used = levels_used(rows)
        check_levels(spec, used, everything, combos)
        catalog = catalog_of_rows(used, combos, settings, layout)
        check_catalog(catalog, layout)
        chosen = tuple(combos[str(c)] for c in used["combo_id"])
        made = cls(spec, catalog, chosen, rows)
        essays = [m for m in made.members("") if m.stage == "essay"] if spec.controls else []
        return made._with_controls(chosen, essays, layout)

    @classmethod
    def _of_essays(
        cls, spec: Spec, everything: Catalog, settings: Settings, layout: Layout
    ) -> SpecDesign:
        """Evaluations of essays that exist: every essay with every row of the evaluation axes."""
        check_only_judging(spec)
        rules = replace(spec, exclude=tuple(e for e in spec.exclude if e.levels))
        axes = ("evaluation_template", "evaluation_llm", "evaluation_replicate")
        defaults = {axis: default_levels(spec, everything, {})[axis] for axis in axes}
        rows = compile_spec(rules, defaults, max_rows=settings.max_generations)
        used = levels_used(rows)
        check_levels(spec, used, everything, {})
        catalog = catalog_of_judging(used, everything, settings, layout)
        check_catalog(catalog, layout)
        selected = tuple(lineages_of(layout, spec.essays, spec.path))
        essays = [m for m in selected if m.stage == "essay"]
        check_size(len(essays) * len(rows.rows), settings, spec.path)
        made = cls(spec, catalog, (), rows, selected=selected)
        if not spec.controls:
            return made
        known = read_mappings(layout)
        combos = [known[c] for c in dict.fromkeys(m.combo_id for m in essays) if c in known]
        return made._with_controls(combos, essays, layout)

    def _with_controls(
        self, combos: Sequence[Combo], essays: Sequence[Member], layout: Layout
    ) -> SpecDesign:
        """The design with the controls that the spec asks for.

        Raises:
            SpecError: when a kind of them needs more combinations of concepts than there are.

        """
        arms = self.spec.controls
        controls = tuple(control_essays(arms, combos, essays, self.catalog, layout))
        sources = {control.source for control in controls}
        for arm in arms:
            if f"{CONTROL}{arm.kind}" not in sources:
                self.spec.fail(
                    f"controls.{arm.kind}",
                    f"the essays are on {len(combos)} known combination(s) of concepts",
                    "Ask for more, or leave this control out.",
                )
        return replace(self, catalog=with_controls(self.catalog, controls), controls=controls)

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
        yield from self.judged_controls(cohort_id)

    def judged_controls(self, cohort_id: str) -> Iterator[Member]:
        """The control essays, each with every evaluation that some essay has.

        Those that some model wrote are not judged by whom the spec does not let judge it.
        """
        for control in self.controls:
            essay = control.member(cohort_id)
            yield essay
            authors = [control.author] if control.author else []
            for template, judge, replicate in self._judgements:
                if self.may_judge(judge, authors):
                    yield child_of("evaluation", essay, template, judge, replicate)

    @cached_property
    def _judgements(self) -> tuple[tuple[str, str, int], ...]:
        """Templates, judges and replicates of evaluations, each once."""
        if self.selected is None:
            return tuple(dict.fromkeys(row[7:] for row in self.lineages))
        return tuple((str(t), str(judge), int(n)) for t, judge, n in self.rows.rows)

    def may_judge(self, judge: str, authors: Iterable[str]) -> bool:
        """Whether a model may judge, or compare, essays of these authors."""
        return may_judge(self.spec, self.catalog, judge, authors)
