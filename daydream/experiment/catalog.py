"""What an experiment is made of: concepts, templates, models and replicates, read and checked."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from daydream.experiment.csv_rows import Row, read_table
from daydream.experiment.fallbacks import check_fallback
from daydream.experiment.model import Catalog, Concept, Limits, Model, Template
from daydream.experiment.settings import Settings
from daydream.experiment.validation import check_catalog
from daydream.parsers import (
    DRAFT_PARSERS,
    SCORE_PARSERS,
    VERDICT_PARSERS,
    Criterion,
    ScoreRange,
    criteria_of,
    known_tags,
)
from daydream.store.layout import LEVELS, OPTIONAL_STAGES, STAGES, Layout, Stage, is_given

CONCEPT_COLUMNS = ("concept_id", "name")
TEMPLATE_COLUMNS = ("template_id", "template_name", "description", "parser", "generator")
MODEL_COLUMNS = ("id", "model", "provider", "display_name", "specialization")
STRUCTURED = ("grammar", "json_schema")


def load_catalog(layout: Layout, settings: Settings) -> Catalog:
    """Read and check every catalog file.

    Raises:
        CatalogError: for the first thing that cannot be used.

    """
    catalog = read_catalog(layout, settings)
    check_catalog(catalog, layout)
    return catalog


@dataclass(frozen=True)
class Named:
    """The ids that a spec names: they are used, whatever their rows say of being active."""

    templates: Mapping[Stage, Collection[str]] = field(default_factory=dict)
    writers: Collection[str] = ()
    judges: Collection[str] = ()


def read_catalog(layout: Layout, settings: Settings, named: Named | None = None) -> Catalog:
    """Read every catalog file, each row checked by itself.

    Args:
        layout: where they are.
        settings: endpoints and filters.
        named: writers and judges, when a spec says who they are; templates that are used too.

    Raises:
        CatalogError: for the first row that cannot be used.

    """
    templates = named.templates if named else {}
    return Catalog(
        all_concepts=_concepts(layout),
        all_templates={s: _templates(layout, s, templates.get(s, ())) for s in STAGES},
        all_models=_models(layout, settings, named),
        replicates=_replicates(layout),
        filters=settings.filters,
    )


def _concepts(layout: Layout) -> tuple[Concept, ...]:
    rows = read_table(layout.raw("concepts_metadata.csv"), CONCEPT_COLUMNS, "concept_id")
    return tuple(
        Concept(row.text("concept_id"), row.filled("name"), row.flag("active")) for row in rows
    )


def _templates(layout: Layout, stage: Stage, named: Collection[str]) -> tuple[Template, ...]:
    if stage in OPTIONAL_STAGES and not is_given(layout.templates_csv(stage)):
        return ()
    rows = read_table(layout.templates_csv(stage), TEMPLATE_COLUMNS, "template_id")
    return tuple(_template(row, stage, named) for row in rows)


def _template(row: Row, stage: Stage, named: Collection[str]) -> Template:
    active = row.flag("active") or row.text("template_id") in named
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
        criteria=_criteria(row) if stage == "evaluation" else (),
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


def _criteria(row: Row) -> tuple[Criterion, ...]:
    try:
        return criteria_of(row.text("criteria"))
    except ValueError as error:
        row.fail("criteria", str(error).rstrip("."), "See config/README.md.")


def read_criteria_column(path: str) -> dict[str, tuple[Criterion, ...]]:
    """The criteria of every evaluation template that has some, active or not, by id."""
    rows = read_table(path, TEMPLATE_COLUMNS, "template_id")
    found = {row.text("template_id"): _criteria(row) for row in rows}
    return {template: criteria for template, criteria in found.items() if criteria}


def read_scales(path: str) -> dict[str, ScoreRange]:
    """The score range of every evaluation template, active or not, by id."""
    rows = read_table(path, TEMPLATE_COLUMNS, "template_id")
    return {row.text("template_id"): _scale(row) for row in rows}


def _models(layout: Layout, settings: Settings, named: Named | None) -> tuple[Model, ...]:
    rows = read_table(layout.models_csv, MODEL_COLUMNS, "id")
    models = tuple(_model(row, settings, named) for row in rows)
    for row, model in zip(rows, models, strict=True):
        if model.for_generation or model.for_evaluation:
            check_fallback(row, model, models, settings.endpoints)
    return models


def _model(row: Row, settings: Settings, named: Named | None) -> Model:
    generates, evaluates = row.flag("for_generation"), row.flag("for_evaluation")
    if named is not None:
        generates, evaluates = (row.text("id") in ids for ids in (named.writers, named.judges))
    used = generates or evaluates
    endpoint = row.text("endpoint") or settings.default_endpoint
    if used and endpoint not in settings.endpoints:
        row.fail(
            "endpoint",
            f"'{endpoint}' is not among the endpoints of the configuration",
            f"Name one of {', '.join(sorted(settings.endpoints))}, or describe it there; a file of "
            "yours that does goes with every command: --configfile FILE.",
        )
    return Model(
        id=row.text("id"),
        model=row.filled("model") if used else row.text("model"),
        display_name=row.text("display_name") or row.text("id"),
        for_generation=generates,
        for_evaluation=evaluates,
        endpoint=endpoint,
        price_in=row.number_or_none("price_in", minimum=0),
        price_out=row.number_or_none("price_out", minimum=0),
        price_cached=row.number_or_none("price_cached", minimum=0),
        max_tokens=row.whole_or_none("max_tokens"),
        temperature=row.number_or_none("temperature", minimum=0),
        provider=row.text("provider"),
        thinking_tags=_thinking_tags(row),
        reasoning_effort=row.text("reasoning_effort"),
        body_keys=_body_keys(row),
        fallback=row.text("fallback"),
        limits=Limits(
            row.whole_or_none("max_concurrency"),
            row.number_or_none("requests_per_minute", minimum=0.001),
            row.number_or_none("tokens_per_minute", minimum=1),
        ),
    )


def _body_keys(row: Row) -> tuple[tuple[str, str | None], ...]:
    """New names of keys, as ``max_tokens=max_completion_tokens; temperature=``."""
    pairs = [pair.partition("=") for pair in row.text("body_keys").split(";") if pair.strip()]
    for key, equals, _ in pairs:
        if not (key.strip() and equals):
            row.fail(
                "body_keys",
                f"'{key.strip()}' has no new name",
                "Write key=new_name, or key= to leave the key out; put ; between several.",
            )
    return tuple((key.strip(), name.strip() or None) for key, _, name in pairs)


def _thinking_tags(row: Row) -> str:
    cell = row.text("thinking_tags")
    try:
        known_tags(cell)
    except ValueError as error:
        row.fail(
            "thinking_tags",
            str(error),
            "Write opening tags with blanks between them, or none.",
        )
    return cell


def _replicates(layout: Layout) -> dict[Stage, int]:
    counts: dict[Stage, int] = dict.fromkeys(STAGES, 1)
    path = layout.raw("replication_config.csv")
    if not is_given(path):
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
    return next(filter(is_given, description_candidates(layout, concept_id, level)), None)


def description_candidates(layout: Layout, concept_id: str, level: str) -> list[str]:
    """Where a description may be: at ``level``, then at each level below."""
    levels = reversed(LEVELS[: LEVELS.index(level) + 1])
    return [layout.description(candidate, concept_id) for candidate in levels]
