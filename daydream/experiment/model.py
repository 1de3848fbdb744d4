"""The catalog as data classes: concepts, templates, models and replicates of an experiment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from daydream.errors import CatalogError
from daydream.experiment.settings import Filters
from daydream.parsers import Criterion, ScoreRange
from daydream.store.layout import OPTIONAL_STAGES, STAGES, Stage


@dataclass(frozen=True)
class Concept:
    """One building block of a combination."""

    concept_id: str
    name: str
    active: bool


@dataclass(frozen=True)
class Template:
    """A prompt's row; ``scale`` and ``criteria`` are for evaluation templates."""

    stage: Stage
    template_id: str
    name: str
    description: str
    parser: str
    generator: str
    active: bool
    scale: ScoreRange = ScoreRange()
    structured: str = ""
    criteria: tuple[Criterion, ...] = ()

    @property
    def criteria_names(self) -> tuple[str, ...]:
        """What a judge gives marks for, beside or in place of one score; empty for one score."""
        return tuple(criterion.name for criterion in self.criteria)

    @property
    def is_copy(self) -> bool:
        """Whether the essay is the parsed draft, word for word, without a call."""
        return self.generator == "copy"


@dataclass(frozen=True)
class Limits:
    """A model's own limits, where it has some beside its endpoint's."""

    max_concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is a limit at all."""
        return self != Limits()


class Prices(NamedTuple):
    """List prices in USD per million tokens; None when unknown.

    ``cached`` is of input that the provider had cached; None: it costs as much as other input.
    """

    tokens_in: float | None = None
    tokens_out: float | None = None
    cached: float | None = None


@dataclass(frozen=True)
class Model:
    """A language model at an endpoint; prices are USD per million tokens, None when unknown.

    ``thinking_tags`` is the cell of its row, as ``parsers.known_tags`` reads it. ``body_keys`` are
    keys of a request's body with the names that this model takes, None where it takes none.
    ``fallback`` is the model, by id, or the endpoint that answers when its own endpoint brings
    nothing any more, see ``experiment.fallbacks``.
    """

    id: str
    model: str
    display_name: str
    for_generation: bool
    for_evaluation: bool
    endpoint: str
    price_in: float | None = None
    price_out: float | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    limits: Limits = Limits()
    provider: str = ""
    price_cached: float | None = None
    thinking_tags: str = ""
    reasoning_effort: str = ""
    body_keys: tuple[tuple[str, str | None], ...] = ()
    fallback: str = ""

    @property
    def prices(self) -> Prices:
        """What its tokens cost."""
        return Prices(self.price_in, self.price_out, self.price_cached)

    @property
    def family(self) -> str:
        """Whose model it is, see :func:`model_family`."""
        return model_family(self.provider, self.model)


def model_family(provider: str, model: str) -> str:
    """Whose model it is: its provider, or else the owner in its name, ``openai/gpt-5``'s openai.

    In lower case; ``""`` when neither says it.
    """
    owner, slash, _ = model.partition("/")
    return (provider or (owner if slash else "")).strip().lower()


@dataclass(frozen=True)
class Catalog:
    """Every row of the catalogs, and the narrowing of ``filters`` applied to the active ones."""

    all_concepts: tuple[Concept, ...]
    all_templates: Mapping[Stage, tuple[Template, ...]]
    all_models: tuple[Model, ...]
    replicates: Mapping[Stage, int]
    filters: Filters = Filters()

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """Concepts of this experiment, in the CSV's row order."""
        active = tuple(c for c in self.all_concepts if c.active)
        return _narrow(active, self.filters.concepts, lambda c: c.concept_id)

    def templates(self, stage: Stage) -> tuple[Template, ...]:
        """Templates of a stage of this experiment."""
        active = tuple(t for t in self.all_templates.get(stage, ()) if t.active)
        return _narrow(active, self.filters.templates, lambda t: t.template_id)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of this experiment: optional ones only with a template."""
        return tuple(s for s in STAGES if s not in OPTIONAL_STAGES or self.templates(s))

    @property
    def generation_models(self) -> tuple[Model, ...]:
        """Models that write."""
        chosen = tuple(m for m in self.all_models if m.for_generation)
        return _narrow(chosen, self.filters.models, lambda m: m.id)

    @property
    def evaluation_models(self) -> tuple[Model, ...]:
        """Models that score and compare."""
        chosen = tuple(m for m in self.all_models if m.for_evaluation)
        return _narrow(chosen, self.filters.models, lambda m: m.id)

    def template(self, stage: Stage, template_id: str) -> Template:
        """Any template by id, active or not."""
        for template in self.all_templates.get(stage, ()):
            if template.template_id == template_id:
                return template
        raise CatalogError(
            f"{stage} template '{template_id}' is not in {stage}_templates.csv. Add its row again."
        )

    def model(self, model_id: str) -> Model:
        """Any model by id."""
        for model in self.all_models:
            if model.id == model_id:
                return model
        raise CatalogError(f"model '{model_id}' is not in llm_models.csv. Add its row again.")


Item = TypeVar("Item")


def _narrow(
    items: tuple[Item, ...], ids: Collection[str] | None, key: Callable[[Item], str]
) -> tuple[Item, ...]:
    """Keep what a filter names; a filter that names nothing of this kind leaves it whole."""
    named = tuple(item for item in items if ids is not None and key(item) in ids)
    return named or items
