"""Which models a spec lets judge which essays: not their own, or not their provider's."""

from __future__ import annotations

from collections.abc import Iterable

from daydream.experiment.model import Catalog
from daydream.experiment.spec import Level, Spec
from daydream.experiment.spec.judging import Judging


def may_judge(spec: Spec, catalog: Catalog, judge: str, authors: Iterable[str]) -> bool:
    """Whether the spec's exclusions let a model judge essays of these authors."""
    judging, authors = judging_of(catalog), list(authors)
    for exclusion in spec.exclude:
        if exclusion.levels:
            continue
        if exclusion.self_judging and any(judging.same_model(a, judge) for a in authors):
            return False
        same = judging.same_provider
        if exclusion.same_provider and same and any(same(a, judge) for a in authors):
            return False
    return True


def judging_of(catalog: Catalog) -> Judging:
    """What a catalog says of models: which are the same, which have a provider in common."""
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
