"""A cohort: everything that one experiment asks for, with a deterministic id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from daydream.errors import CohortError
from daydream.experiment.catalog import load_catalog
from daydream.experiment.combinations import Combo, choose_combos, remember_combos
from daydream.experiment.model import Catalog
from daydream.experiment.pairing import ring_pairs
from daydream.experiment.selection import selected_lineages
from daydream.experiment.settings import Settings
from daydream.experiment.spec_design import Lineage, SpecDesign
from daydream.store.files import write_json
from daydream.store.ids import generation_id, sha256
from daydream.store.json_file import read_object
from daydream.store.layout import Layout, Stage, is_given
from daydream.store.membership import Member, Membership, child_of, is_control

NO_DRAFT = Member("draft", "", "", "", "", "", "", 1)


@dataclass(frozen=True)
class Design:
    """What the catalogs and the configuration ask for, before anything is made."""

    settings: Settings
    layout: Layout
    catalog: Catalog
    combos: tuple[Combo, ...]
    selected: tuple[Member, ...] | None
    spec: SpecDesign | None = None

    @classmethod
    def load(cls, settings: Settings, layout: Layout, spec: str | None = None) -> Design:
        """Read the catalogs and the spec, or choose the combos or the selected essays.

        Args:
            settings: which cohort, and what its design is made from.
            layout: where catalogs and specs are.
            spec: a spec to use in place of the cohort's own, if it has one.

        Raises:
            CatalogError: when a catalog cannot be used.
            CohortError: when a selected essay has no lineage.

        """
        if spec is None and settings.cohort and is_given(layout.spec(settings.cohort)):
            spec = layout.spec(settings.cohort)
        if spec is not None:
            from_spec = SpecDesign.load(Path(spec), settings, layout)
            found = from_spec.combos, from_spec.selected
            return cls(settings, layout, from_spec.catalog, *found, from_spec)
        catalog = load_catalog(layout, settings)
        if is_given(layout.selected_essays):
            return cls(settings, layout, catalog, (), tuple(selected_lineages(layout)))
        combos = choose_combos(catalog, settings, layout)
        return cls(settings, layout, catalog, tuple(combos), None)

    @cached_property
    def combo(self) -> dict[str, Combo]:
        """The combos by id."""
        return {combo.combo_id: combo for combo in self.combos}

    @property
    def spec_files(self) -> tuple[str, ...]:
        """The spec and the files that it is made from; none without a spec."""
        return () if self.spec is None else self.spec.files(self.layout)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of this experiment."""
        return self.catalog.stages

    def makes(self, stage: Stage) -> bool:
        """Whether the cohort makes a stage, and does not take what was selected as it is."""
        return self.selected is None or stage not in ("draft", "essay")

    @property
    def compares(self) -> bool:
        """Whether essays are compared in pairs."""
        return "comparison" in self.stages

    @cached_property
    def controls(self) -> dict[str, str]:
        """The texts of the control essays, by id, without those that are essays of the cohort."""
        essays = self.spec.controls if self.spec is not None else ()
        return {control.gen_id: control.text for control in essays if not control.essay}

    @property
    def control_ids(self) -> frozenset[str]:
        """The control essays."""
        return frozenset(c.gen_id for c in self.spec.controls) if self.spec else frozenset()

    def is_made(self, member: Member) -> bool:
        """Whether the cohort makes a generation; controls are made beside selected essays too."""
        return self.makes(member.stage) or member.gen_id in self.control_ids

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the cohort asks for, sorted, without its name."""
        catalog = self.catalog
        axes: dict[str, Any] = {
            f"{stage}_templates": sorted(t.template_id for t in catalog.templates(stage))
            for stage in self.stages
        }
        axes["evaluation_models"] = sorted(m.id for m in catalog.evaluation_models)
        axes["replicates"] = {stage: catalog.replicates[stage] for stage in sorted(self.stages)}
        if self.compares:
            axes["pairs_per_essay"] = self.settings.pairs_per_essay
        if self.selected is not None:
            del axes["draft_templates"], axes["essay_templates"]
            axes["essays"] = sorted(m.gen_id for m in self.selected if m.stage == "essay")
        else:
            axes["generation_models"] = sorted(m.id for m in catalog.generation_models)
            axes["combos"] = sorted(combo.combo_id for combo in self.combos)
        if self.spec is not None:
            axes["spec"] = self.spec.digest
        return dict(sorted(axes.items()))

    @cached_property
    def cohort_id(self) -> str:
        """The name given in the configuration, or a hash of the manifest."""
        return self.settings.cohort or f"cohort_{sha256(json.dumps(self.manifest))[:12]}"

    def is_stale(self) -> bool:
        """Whether the manifest on disk asks for something else than the configuration does."""
        path = self.layout.manifest(self.cohort_id)
        if not is_given(path):  # lost, if there is what was made with it
            return is_given(self.layout.membership(self.cohort_id))
        written = read_object(path)
        written.pop("membership", None)  # the seal of membership.csv says nothing of the design
        return bool(written != {"cohort_id": self.cohort_id, **self.manifest})

    def members(self) -> Iterator[Member]:
        """Every generation of the cohort, parents before children."""
        if self.spec is not None:
            yield from self._members_of_spec(self.spec)
            return
        essays = []
        for member in self._drafts_and_essays():
            yield member
            if member.stage == "essay":
                essays.append(member)
        for essay in essays:
            yield from self._evaluations(essay)
        if self.compares:
            yield from self._comparisons(essays)

    def _made_by_spec(self, spec: SpecDesign) -> Iterator[Member]:
        if self.selected is None:
            yield from spec.members(self.cohort_id)
            return
        for member in self._drafts_and_essays():
            yield member
            if member.stage == "essay":
                yield from spec.evaluations(member)
        yield from spec.judged_controls(self.cohort_id)

    def lineages(self) -> Iterator[Lineage]:
        """A row for each evaluation, with all that it comes from."""
        if self.spec is not None and self.selected is None:
            yield from self.spec.lineages
            return
        by_id: dict[str, Member] = {}
        for member in self.members():
            by_id[member.gen_id] = member
            if member.stage == "evaluation":
                essay = by_id[member.parent_gen_id]
                draft = by_id.get(essay.parent_gen_id, NO_DRAFT)
                yield Lineage(essay.combo_id, *draft[5:8], *essay[5:8], *member[5:8])

    def _members_of_spec(self, spec: SpecDesign) -> Iterator[Member]:
        essays = []
        for member in self._made_by_spec(spec):
            yield member
            if member.stage == "essay" and not is_control(member):
                essays.append(member)
        if self.compares:
            author = {essay.gen_id: essay.llm_model_id for essay in essays}
            for member in self._comparisons(essays):
                if spec.may_judge(member.llm_model_id, map(author.__getitem__, member.parents)):
                    yield member

    def _drafts_and_essays(self) -> Iterator[Member]:
        if self.selected is not None:
            yield from (member._replace(cohort_id=self.cohort_id) for member in self.selected)
            return
        for draft in self._drafts():
            yield draft
            yield from self._essays(draft)

    def _drafts(self) -> Iterator[Member]:
        for combo in self.combos:
            for template in self.catalog.templates("draft"):
                for model in self.catalog.generation_models:
                    for replicate in self._replicates("draft"):
                        key = (combo.combo_id, template.template_id, model.id, replicate)
                        gen_id = generation_id("draft", *key)
                        yield Member("draft", gen_id, self.cohort_id, "", *key)

    def _essays(self, draft: Member) -> Iterator[Member]:
        """An essay is written by the model that wrote its draft; a copy exists once."""
        for template in self.catalog.templates("essay"):
            for replicate in (1,) if template.is_copy else self._replicates("essay"):
                yield child_of("essay", draft, template.template_id, draft.llm_model_id, replicate)

    def _evaluations(self, essay: Member) -> Iterator[Member]:
        for template in self.catalog.templates("evaluation"):
            for model in self.catalog.evaluation_models:
                for replicate in self._replicates("evaluation"):
                    yield child_of("evaluation", essay, template.template_id, model.id, replicate)

    def _comparisons(self, essays: Sequence[Member]) -> Iterator[Member]:
        """Each pair in both orders, so that a judge who prefers a place is found out."""
        by_id = {essay.gen_id: essay for essay in essays}
        templates = [t.template_id for t in self.catalog.templates("comparison")]
        judges = [model.id for model in self.catalog.evaluation_models]
        judgements = list(product(templates, judges, self._replicates("comparison")))
        for essay_a, essay_b in ring_pairs(by_id, self.settings.pairs_per_essay):
            for first, second in ((essay_a, essay_b), (essay_b, essay_a)):
                for key in judgements:
                    yield self._comparison(by_id[first], second, *key)

    def _comparison(
        self, first: Member, second: str, template_id: str, model_id: str, replicate: int
    ) -> Member:
        essays_in_order = f"{first.gen_id}|{second}"
        gen_id = generation_id("comparison", essays_in_order, template_id, model_id, replicate)
        key = (first.gen_id, first.combo_id, template_id, model_id, replicate, second)
        return Member("comparison", gen_id, self.cohort_id, *key)

    def _replicates(self, stage: Stage) -> range:
        return range(1, self.catalog.replicates[stage] + 1)


def write_cohort(design: Design) -> Membership:
    """Write a cohort's manifest and membership and remember its combos.

    Raises:
        CohortError: when two generations share an id, a combo id collides, or a parent is missing.

    """
    members = list(design.members())
    membership = Membership(design.cohort_id, members)
    if len(membership) != len(members):
        raise CohortError(f"cohort {design.cohort_id}: two generations have the same id.")
    membership.check_parents()
    remember_combos(design.combos, design.layout)
    seal = membership.write(design.layout.membership(design.cohort_id))
    manifest = {"cohort_id": design.cohort_id, **design.manifest, "membership": seal}
    write_json(design.layout.manifest(design.cohort_id), manifest)
    return membership
