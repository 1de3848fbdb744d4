"""The configuration as frozen dataclasses: the one source of its types, defaults and meanings.

``config/config.schema.yaml`` and the tables of ``config/README.md`` are made from these classes by
``python -m daydream.experiment.config_docs``: the text below a field is its row of the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from daydream.errors import ConfigError
from daydream.experiment.config_errors import check_keys, explain
from daydream.experiment.config_file import CONFIG_FILE, SCHEMA_FILE, load_config
from daydream.experiment.config_types import (
    READ,
    STRICT,
    AmountOrNull,
    CohortName,
    Count,
    Dag,
    EndpointName,
    ErrorsOrNull,
    Flag,
    Ids,
    Kind,
    Level,
    Path,
    Reuse,
    ReuseRule,
    Share,
    SliceOrNull,
    StoreOrNull,
    Text,
    Tries,
)
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.settings_checks import check_endpoints, check_names, check_store
from daydream.experiment.slices import Slice
from daydream.experiment.stage_settings import DEFAULT_STAGES, Stages, StageSettings

__all__ = [
    "CONFIG_FILE",
    "DEFAULT_STAGES",
    "SCHEMA_FILE",
    "Filters",
    "Limit",
    "Reuse",
    "Settings",
    "StageSettings",
    "load_config",
]


DEFAULT_ENDPOINTS: Mapping[str, Endpoint] = {
    "embedded": Endpoint(
        "embedded",
        engine="llama.cpp",
        max_concurrency=4,
        extra_body={"repeat_penalty": 1.1, "repeat_last_n": 256},
        structured=("grammar",),
    ),
    "openrouter": Endpoint(
        "openrouter",
        base_url="https://openrouter.ai/api/v1",
        api_key_env="OPENROUTER_API_KEY",
    ),
}


def _with_names(endpoints: Any) -> Any:
    """Give each endpoint its key as its name, which is no key of its own."""
    if not isinstance(endpoints, Mapping):
        return endpoints
    return {
        name: {**body, "name": str(name)} if isinstance(body, Mapping) else body
        for name, body in endpoints.items()
    }


def _with_grammars(endpoints: Mapping[str, Endpoint]) -> Mapping[str, Endpoint]:
    """llama.cpp always takes grammars."""
    return {
        name: replace(endpoint, structured=endpoint.structured or ("grammar",))
        if endpoint.is_embedded
        else endpoint
        for name, endpoint in endpoints.items()
    }


def _nothing_filtered(filters: Any) -> Any:
    return {} if filters is None else filters


Endpoints: TypeAlias = Annotated[
    Annotated[Mapping[EndpointName, Endpoint], Field(min_length=1)],
    AfterValidator(_with_grammars),
    BeforeValidator(_with_names),
    READ,
    Kind("mapping"),
]


@dataclass(frozen=True)
class Filters:
    """Ids to which the active rows are narrowed; None keeps all."""

    __pydantic_config__ = STRICT

    concepts: Ids = None
    """Use only these of the active concepts."""
    templates: Ids = None
    """Use only these of the active templates. A stage of which the list names none keeps all of its
    templates."""
    models: Ids = None
    """Use only these of the models. A role (generation, evaluation and comparison) of which the
    list names none keeps all of its models."""


FiltersOrNull: TypeAlias = Annotated[
    Filters, BeforeValidator(_nothing_filtered), READ, Kind("mapping or null")
]


@dataclass(frozen=True)
class Limit:
    """The most that may be spent on a data root, over all its runs; None sets no limit."""

    usd: float | None = None
    tokens: float | None = None
    calls: float | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is a limit at all."""
        return (self.usd, self.tokens, self.calls) != (None, None, None)

    @property
    def description(self) -> str:
        """The limit in words."""
        parts = (
            None if self.usd is None else f"${self.usd:g}",
            None if self.tokens is None else f"{self.tokens:g} tokens",
            None if self.calls is None else f"{self.calls:g} calls",
        )
        return " / ".join(filter(None, parts))


@dataclass(frozen=True)
class Settings:
    """One run's configuration, with every default filled in."""

    __pydantic_config__ = STRICT

    data_root: Path = "data"
    """Where `1_raw` and `2_tasks` are read and everything else is written; relative to the working
    directory."""
    cohort: CohortName = None
    """The name of the experiment's folders, exactly as it is typed (`007` stays `007`). `null`: a
    hash of what is asked for, so that another experiment gets another folder. A name keeps one
    folder, whose tables follow your changes."""
    k_max: Count = 2
    """Concepts in each combination."""
    description_level: Level = "paragraph"
    """Which description of a concept goes into prompts. A missing one falls back to the next
    shorter one, then to the name."""
    default_endpoint: Text = "embedded"
    """The endpoint of models whose `endpoint` column is blank."""
    endpoints: Endpoints = field(default_factory=lambda: dict(DEFAULT_ENDPOINTS))
    """Endpoints by name; see below."""
    stages: Stages = field(default_factory=lambda: dict(DEFAULT_STAGES))
    """What each call of a stage asks for; see below."""
    pairs_per_essay: Count = 2
    """For comparisons: so many rings are drawn through all essays, each in another order, and on
    each ring an essay meets its two neighbours. So with `2` an essay is compared with about four
    others, and there are about twice as many pairs as essays. A larger number keeps the pairs that
    there are; an essay more or less changes few of them."""
    filters: FiltersOrNull = field(default_factory=Filters)
    """Lists of ids that narrow what is active; see below."""
    allow_incomplete: Flag = False
    """`true`: make the tables from the evaluations and comparisons that there are, with a row and a
    reason for each that is missing."""
    min_coverage: Share = 0.8
    """Each row of `6_summary` that averages counts `n_expected` evaluations and `n_valid` scores;
    its `coverage_ok` says whether `n_valid / n_expected` is at least this. Each cell of a pivot has
    `<block>_coverage_ok` beside its `_n_expected` and `_n`. Nothing is left out of the tables for
    it. Tables that are made keep the value they were made with: `snakemake -R summary_tables
    analysis_tables pairwise_tables cross_tables` makes them again, without a call."""
    reuse: ReuseRule = "auto"
    """What to do with an answer that `attempts.jsonl` already has. `auto`: use it, unless `-f`,
    `-F` or `-R` asks for a new one. `always`: use it even then. `never`: call whenever a job
    runs."""
    resample: Tries = 0
    """How often an evaluation whose answer has no score, or a comparison without a verdict, is
    asked again. Every answer is kept."""
    budget_usd: AmountOrNull = None
    """The most to spend on this data root, over all its runs; with `store` over all hosts. Every
    model that may be called needs a price."""
    budget_tokens: AmountOrNull = None
    """The same for tokens, in and out."""
    budget_calls: AmountOrNull = None
    """The same for calls, failed ones included."""
    stop_after_errors: ErrorsOrNull = None
    """Ask nothing more in a run after so many generations whose calls failed or brought nothing
    usable: a count (`20`), or below 1 a share of those that are over (`0.5`, counted from 20 on).
    What was not asked is not failed. Each process, so each slice, counts its own: of a count,
    write a slice's part."""
    max_generations: Count = 1_000_000
    """The most generations a cohort may ask for. They are counted before they are made, so that a
    slip in `k_max` or in the replicates is told at once."""
    batch: Flag = False
    """`true`: endpoints with `batch: true` are asked through their Batch interface, at about half
    the price and within a day. Use `-c 2000`: a batch is no larger than the calls that may wait at
    once. A kill loses nothing; the next run reads the answers."""

    dag: Dag = "auto"
    """How many generations Snakemake is shown. `full`: all. `light`: what is missing, forced or
    older than its sources, and the newest file of the rest; so the same generations are made in a
    fraction of the time and memory. `auto`: `light` above 20,000 generations; see
    docs/scaling.md."""
    slice: SliceOrNull = None
    """`2/20`: make only the second of twenty parts of the cohort, each of whole chains from the
    draft to its evaluations, so that twenty processes on one or more hosts can share the work; they
    share the limits of the endpoints too. Tables are made without it. See docs/cluster.md."""
    slice_min: Count = 200
    """Generations in a slice that a run submits, at least: with `--set-scatter slices=N` there are
    fewer than N slices where little is left to make, as the start of one takes as long as two
    hundred generations. Where each slice serves a model itself there are always N."""

    store: StoreOrNull = None
    """`s3://bucket/prefix`: the data root has a copy there; a run brings from it what it needs, and
    each answer is there before it is used. For hosts without a file system in common. Not with
    `batch`. See docs/object-storage.md."""

    @property
    def part(self) -> Slice | None:
        """The slice to which this run is narrowed, if it is."""
        return None if self.slice is None else Slice.parse(self.slice)

    @property
    def budget(self) -> Limit:
        """The most that may be spent."""
        return Limit(self.budget_usd, self.budget_tokens, self.budget_calls)

    @classmethod
    def from_config(cls, config: Mapping[Any, Any]) -> Settings:
        """Check a configuration and turn it into settings.

        Raises:
            ConfigError: naming the key, what is wrong with it and what it takes.

        """
        from pydantic import ValidationError

        plain = check_keys(config)
        check_names(plain)
        try:
            settings: Settings = _adapter().validate_python(plain)
        except ValidationError as error:
            raise ConfigError(explain(error, cls)) from None
        check_endpoints(settings)
        check_store(settings)
        return settings


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Settings)
