"""The combinations that a spec asks for, by one of the five kinds that it may name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from math import comb, perm
from typing import NoReturn

from daydream.errors import SpecError
from daydream.experiment.combinations import Combo, choose_curated, read_mappings
from daydream.experiment.earlier_scores import mean_scores
from daydream.experiment.model import Catalog
from daydream.experiment.sampling import Ids, balanced_sample
from daydream.experiment.settings import Settings
from daydream.experiment.size import in_words
from daydream.experiment.spec.model import CombosRule
from daydream.store.ids import combo_id, ordered_combo_id
from daydream.store.layout import Layout, exists, is_given


def chosen_combos(
    rule: CombosRule, catalog: Catalog, settings: Settings, layout: Layout, spec: str
) -> list[Combo]:
    """The combinations in a deterministic order.

    Args:
        rule: what the spec at ``spec`` asks for.
        catalog: whose active concepts are combined.
        settings: ``k_max`` and ``description_level``, where the spec has none.
        layout: where curated combinations and the scores of other cohorts are.
        spec: the spec's path, for messages.

    Raises:
        SpecError: when there are not enough concepts, or another cohort has no scores.

    """
    maker = _Maker(rule, catalog, settings, layout, spec)
    if rule.kind == "curated":
        return maker.curated()
    return [maker.combo(ids) for ids in maker.ids()]


class _Maker:
    def __init__(
        self, rule: CombosRule, catalog: Catalog, settings: Settings, layout: Layout, spec: str
    ) -> None:
        self.rule, self.layout, self.spec = rule, layout, spec
        self.catalog, self.settings = catalog, settings
        self.concepts = [concept.concept_id for concept in catalog.concepts]
        self.k_max = rule.k_max or settings.k_max
        self.level = rule.level or settings.description_level

    def fail(self, problem: str, fix: str) -> NoReturn:
        raise SpecError(f"{self.spec}: combos: {problem}. {fix}")

    def combo(self, ids: Ids) -> Combo:
        name = (ordered_combo_id if self.rule.ordered else combo_id)(ids, self.level, len(ids))
        return Combo(name, ids, self.level, len(ids))

    def ids(self) -> list[Ids]:
        if self.rule.kind == "around":
            return list(dict.fromkeys(ids for best in self._best() for ids in self._around(best)))
        self._check_enough()
        if self.rule.kind == "sample":
            return self._sample()
        smallest = self.rule.k_min if self.rule.kind == "exhaustive" else self.k_max
        count = perm if self.rule.ordered else comb
        sizes = range(smallest, self.k_max + 1)
        self._check_size(sum(count(len(self.concepts), k) for k in sizes))
        choose = permutations if self.rule.ordered else combinations
        return [ids for k in range(smallest, self.k_max + 1) for ids in choose(self.concepts, k)]

    def _check_enough(self) -> None:
        if self.k_max > len(self.concepts):
            self.fail(
                f"k_max is {self.k_max}, but only {len(self.concepts)} concepts are active",
                "Lower k_max, or set active to true for more concepts.",
            )
        if self.rule.kind == "exhaustive" and self.rule.k_min > self.k_max:
            self.fail(f"k_min {self.rule.k_min} is above k_max {self.k_max}", "Swap them.")

    def _check_size(self, count: int) -> None:
        """Refuse more combinations than generations are allowed, before any is made."""
        if count > self.settings.max_generations:
            self.fail(
                f"it asks for {in_words(count)} combinations, and max_generations allows "
                f"{self.settings.max_generations:,} generations",
                "Lower k_max, write kind: sample, or raise max_generations (--config "
                "max_generations=N).",
            )

    def _sample(self) -> list[Ids]:
        n, count = self.rule.n or 1, (perm if self.rule.ordered else comb)
        possible = count(len(self.concepts), self.k_max)
        if n > possible:
            self.fail(
                f"n is {n}, but there are only {possible} combinations", f"Write n: {possible}."
            )
        self._check_size(n)
        return balanced_sample(self.concepts, self.k_max, n, self.rule.seed, self.rule.ordered)

    def curated(self) -> list[Combo]:
        if not is_given(self.layout.curated_combos):
            self.fail(f"there is no {self.layout.curated_combos}", "Write it, or another kind.")
        combos = choose_curated(self.catalog, self.settings, self.layout)
        return [self.combo(c.concept_ids) for c in combos] if self.rule.ordered else combos

    def _around(self, best: Combo) -> Iterator[Ids]:
        """Every combination that has one other concept in the place of one of the best."""
        order = {concept: i for i, concept in enumerate(self.concepts)}
        for position in range(len(best.concept_ids)):
            for concept in self.concepts:
                if concept not in best.concept_ids:
                    ids = list(best.concept_ids)
                    ids[position] = concept
                    if not self.rule.ordered:
                        ids.sort(key=lambda c: order.get(c, len(order)))
                    yield tuple(ids)

    def _best(self) -> list[Combo]:
        """The combinations of the other cohort with the highest mean normalised scores."""
        means = self._means()
        known = read_mappings(self.layout)
        ranked = sorted(means, key=lambda name: (-means[name], name))
        best = [known[name] for name in ranked if name in known][: self.rule.top]
        if not best:
            self.fail(f"cohort {self.rule.cohort} has no scores", "Make it: snakemake all.")
        return best

    def _means(self) -> dict[str, float]:
        path = self.layout.scores(str(self.rule.cohort))
        if not exists(path):
            self.fail(
                f"there are no scores of cohort {self.rule.cohort} ({path})",
                f"Make them: snakemake results_processing --config cohort={self.rule.cohort}",
            )
        return mean_scores(self.layout, str(self.rule.cohort), by="combo_id")
