"""What an experiment is made of: concepts, templates, models and replicates, read and checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from daydream.catalog_checks import check_catalog
from daydream.errors import CatalogError
from daydream.layout import LEVELS, OPTIONAL_STAGES, STAGES, Layout, Stage, exists
from daydream.parsers import DRAFT_PARSERS, SCORE_PARSERS, VERDICT_PARSERS, ScoreRange
from daydream.settings import Filters, Settings
from daydream.tabular import Row, read_table

CONCEPT_COLUMNS = ("concept_id", "name")
TEMPLATE_COLUMNS = ("template_id", "template_name", "description", "parser", "generator")
MODEL_COLUMNS = ("id", "model", "provider", "display_name", "specialization")
STRUCTURED = ("grammar", "json_schema")


@dataclass(frozen=True)
class Concept:
    """One building block of a combination."""

    concept_id: str
    name: str
    active: bool


@dataclass(frozen=True)
class Template:
    """A prompt's row; ``scale`` is for evaluation templates."""

    stage: Stage
    template_id: str
    name: str
    description: str
    parser: str
    generator: str
    active: bool
    scale: ScoreRange = ScoreRange()
    structured: str = ""

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


@dataclass(frozen=True)
class Model:
    """A language model at an endpoint; prices are USD per million tokens, None when unknown."""

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
    items: tuple[Item, ...], wanted: Collection[str] | None, key: Callable[[Item], str]
) -> tuple[Item, ...]:
    """Keep what a filter names; a filter that names nothing of this kind leaves it whole."""
    named = tuple(item for item in items if wanted is not None and key(item) in wanted)
    return named or items


def load_catalog(layout: Layout, settings: Settings) -> Catalog:
    """Read and check every catalog file.

    Raises:
        CatalogError: for the first thing that cannot be used.

    """
    catalog = Catalog(
        all_concepts=_concepts(layout),
        all_templates={stage: _templates(layout, stage) for stage in STAGES},
        all_models=_models(layout, settings),
        replicates=_replicates(layout),
        filters=settings.filters,
    )
    check_catalog(catalog, layout)
    return catalog


def _concepts(layout: Layout) -> tuple[Concept, ...]:
    rows = read_table(layout.raw("concepts_metadata.csv"), CONCEPT_COLUMNS, "concept_id")
    return tuple(
        Concept(row.text("concept_id"), row.filled("name"), row.flag("active")) for row in rows
    )


def _templates(layout: Layout, stage: Stage) -> tuple[Template, ...]:
    if stage in OPTIONAL_STAGES and not exists(layout.templates_csv(stage)):
        return ()
    rows = read_table(layout.templates_csv(stage), TEMPLATE_COLUMNS, "template_id")
    return tuple(_template(row, stage) for row in rows)


def _template(row: Row, stage: Stage) -> Template:
    active = row.flag("active")
    common = (stage, row.text("template_id"), row.text("template_name"), row.text("description"))
    if not active:  # an old row may name a parser that no longer exists
        scale = _scale(row) if stage == "evaluation" else ScoreRange()
        return Template(*common, row.text("parser"), row.text("generator"), False, scale)
    generators = ("llm", "copy") if stage == "essay" else ("llm",)
    return Template(
        *common,
        parser=_parser(row, stage),
        generator=row.choice("generator", generators, "llm"),
        active=True,
        scale=_scale(row) if stage == "evaluation" else ScoreRange(),
        structured=row.choice("structured", ("", *STRUCTURED), ""),
    )


_NEEDED_PARSERS: Mapping[Stage, tuple[Collection[str], str]] = {
    "evaluation": (SCORE_PARSERS, "an evaluation needs a score"),
    "comparison": (VERDICT_PARSERS, "a comparison needs a verdict"),
}


def _parser(row: Row, stage: Stage) -> str:
    if stage not in _NEEDED_PARSERS:
        return row.choice("parser", DRAFT_PARSERS, "identity")
    parsers, needs = _NEEDED_PARSERS[stage]
    if not row.text("parser"):
        row.fail(
            "parser",
            f"is blank, and {needs}",
            f"Write one of: {', '.join(sorted(parsers))}.",
        )
    return row.choice("parser", parsers, "")


def _scale(row: Row) -> ScoreRange:
    low, high = row.number_or_none("score_min"), row.number_or_none("score_max")
    scale = ScoreRange(0.0 if low is None else low, 10.0 if high is None else high)
    if not scale.low < scale.high or math.isinf(scale.high - scale.low):
        row.fail("score_max", f"{scale.high:g} is not above score_min", "Swap or mend them.")
    return scale


def read_scales(path: str) -> dict[str, ScoreRange]:
    """The score range of every evaluation template, active or not, by id."""
    rows = read_table(path, TEMPLATE_COLUMNS, "template_id")
    return {row.text("template_id"): _scale(row) for row in rows}


def _models(layout: Layout, settings: Settings) -> tuple[Model, ...]:
    rows = read_table(layout.raw("llm_models.csv"), MODEL_COLUMNS, "id")
    return tuple(_model(row, settings) for row in rows)


def _model(row: Row, settings: Settings) -> Model:
    generates, evaluates = row.flag("for_generation"), row.flag("for_evaluation")
    used = generates or evaluates
    endpoint = row.text("endpoint") or settings.default_endpoint
    if used and endpoint not in settings.endpoints:
        row.fail(
            "endpoint",
            f"'{endpoint}' is not among the endpoints of the configuration",
            f"Name one of {', '.join(sorted(settings.endpoints))}, or describe it there.",
        )
    return Model(
        id=row.text("id"),
        model=row.filled("model") if used else row.text("model"),
        display_name=row.text("display_name") or row.text("id"),
        for_generation=generates,
        for_evaluation=evaluates,
        endpoint=endpoint,
        price_in=row.number_or_none("price_in", least=0),
        price_out=row.number_or_none("price_out", least=0),
        max_tokens=row.whole_or_none("max_tokens"),
        temperature=row.number_or_none("temperature", least=0),
        limits=Limits(
            row.whole_or_none("max_concurrency"),
            row.number_or_none("requests_per_minute", least=0.001),
            row.number_or_none("tokens_per_minute", least=1),
        ),
    )


def _replicates(layout: Layout) -> dict[Stage, int]:
    counts: dict[Stage, int] = dict.fromkeys(STAGES, 1)
    path = layout.raw("replication_config.csv")
    if not exists(path):
        return counts
    seen: dict[str, int] = {}
    for row in read_table(path, ("stage", "replicates")):
        stage = row.choice("stage", STAGES, "")
        if stage in seen:
            row.fail("stage", f"'{stage}' is already in row {seen[stage]}", "Remove one.")
        seen[stage] = row.number
        row.filled("replicates")
        counts[stage] = row.whole_or_none("replicates") or 1  # type: ignore[index]  # choice() returned one of STAGES
    return counts


def description_file(layout: Layout, concept_id: str, level: str) -> str | None:
    """The best description there is, at ``level`` or below; None leaves the name alone."""
    for candidate in reversed(LEVELS[: LEVELS.index(level) + 1]):
        path = layout.description(candidate, concept_id)
        if exists(path):
            return path
    return None
