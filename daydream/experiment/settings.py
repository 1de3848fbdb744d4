"""The configuration as frozen dataclasses, checked against ``config/config.schema.yaml``."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from daydream.errors import ConfigError

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
CONFIG_FILE = PACKAGE_ROOT / "config" / "config.yaml"
SCHEMA_FILE = PACKAGE_ROOT / "config" / "config.schema.yaml"

Reuse = Literal["auto", "always", "never"]


@dataclass(frozen=True)
class Endpoint:
    """Anything that speaks OpenAI chat completions.

    Either ``base_url`` (a server) or ``engine`` (started by us) is set. ``batch`` says that it has
    the Batch interface too, ``batch_discount`` what share of the list price that saves.
    """

    name: str
    base_url: str | None = None
    engine: str | None = None
    model_path: str | None = None
    api_key_env: str | None = None
    max_concurrency: int = 32
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_s: float = 600.0
    deadline_s: float = 3600.0
    max_attempts: int = 6
    headers: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    structured: tuple[str, ...] = ()
    batch: bool = False
    batch_wait_s: float = 5.0
    batch_poll_s: float = 30.0
    batch_max_requests: int = 50_000
    batch_discount: float = 0.5

    @classmethod
    def from_config(cls, name: str, body: Mapping[str, Any]) -> Endpoint:
        """An endpoint as the configuration describes it; llama.cpp always takes grammars."""
        default = ["grammar"] if "engine" in body else []
        structured = tuple(body.get("structured") or default)
        return cls(**{**body, "name": name, "structured": structured})

    @property
    def is_embedded(self) -> bool:
        """Whether the model runs inside this process."""
        return self.engine is not None


@dataclass(frozen=True)
class StageSettings:
    """What every call of a stage asks for, unless its model's row says otherwise."""

    max_tokens: int
    temperature: float
    min_lines: int = 0


@dataclass(frozen=True)
class Filters:
    """Ids to which the active rows are narrowed; None keeps all."""

    concepts: tuple[str, ...] | None = None
    templates: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None


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
    def told(self) -> str:
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

    data_root: str
    k_max: int
    description_level: str
    default_endpoint: str
    endpoints: Mapping[str, Endpoint]
    stages: Mapping[str, StageSettings]
    cohort: str | None = None
    filters: Filters = field(default_factory=Filters)
    pairs_per_essay: int = 2
    allow_incomplete: bool = False
    resample: int = 0
    min_coverage: float = 0.8
    reuse: Reuse = "auto"
    budget: Limit = Limit()
    batch: bool = False

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Check a configuration and turn it into settings.

        Raises:
            ConfigError: naming the key, what is wrong with it and what it takes.

        """
        config = coerce(config, read_schema())
        check_config(config)
        _check_default_endpoint(config)
        plain = {key: value for key, value in config.items() if key not in _NESTED}
        return cls(
            **plain,
            cohort=None if config.get("cohort") is None else str(config["cohort"]),
            endpoints={
                name: Endpoint.from_config(name, body) for name, body in config["endpoints"].items()
            },
            stages=_DEFAULT_STAGES
            | {name: StageSettings(**body) for name, body in config["stages"].items()},
            budget=Limit(*(config.get(f"budget_{unit}") for unit in ("usd", "tokens", "calls"))),
            filters=Filters(**{k: _ids(v) for k, v in (config.get("filters") or {}).items()}),
        )


# An old configuration file, given in place of the shipped one, says nothing of comparisons.
_DEFAULT_STAGES = {"comparison": StageSettings(max_tokens=1024, temperature=0.0)}
_NESTED = (
    *("cohort", "endpoints", "stages", "filters"),
    *("budget_usd", "budget_tokens", "budget_calls"),
)


def _ids(value: Iterable[Any] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(str(item) for item in value)


def _check_default_endpoint(config: Mapping[str, Any]) -> None:
    name = config["default_endpoint"]
    if name not in config["endpoints"]:
        known = ", ".join(sorted(config["endpoints"]))
        raise ConfigError(
            f"config: default_endpoint is '{name}', which is not among the endpoints ({known}). "
            f"Name one of these, or describe '{name}' under endpoints."
        )


@cache
def read_schema() -> dict[str, Any]:
    """The JSON schema of the configuration."""
    return _read_yaml(SCHEMA_FILE)


def coerce(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """Read as YAML the strings that stand where the schema wants something else.

    ``--config reuse=never allow_incomplete=true budget_usd=null`` arrives as strings: Snakemake
    turns only numbers, ``True`` and ``False`` into values.
    """
    root = root or schema
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, Mapping):
        known, other = schema.get("properties", {}), schema.get("additionalProperties") or {}
        return {str(key): coerce(item, known.get(key, other), root) for key, item in value.items()}
    if isinstance(value, str) and _may_be_no_string(value, schema):
        value = _from_yaml(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _as_number(value, schema)
    return value


def _may_be_no_string(value: str, schema: Mapping[str, Any]) -> bool:
    types = schema.get("type", "string")
    if "string" in types:
        return "null" in types and value.lower() in ("null", "none")
    return True


def _from_yaml(text: str) -> Any:
    import yaml

    try:
        return None if text.lower() == "none" else yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _as_number(value: float, schema: Mapping[str, Any]) -> Any:
    """Make 2.0 the integer 2 where one is wanted, and 0 the number 0.0, or they would differ."""
    types = schema.get("type", ())
    if not math.isfinite(value):
        return str(value)  # which no schema takes for a number
    if "integer" in types:
        return int(value) if float(value).is_integer() else value
    return float(value) if "number" in types else value


def check_config(config: Mapping[str, Any]) -> None:
    """Hold a configuration against the schema.

    Raises:
        ConfigError: for the first thing that does not fit, naming its key.

    """
    from jsonschema import Draft202012Validator

    errors = sorted(
        Draft202012Validator(read_schema()).iter_errors(config), key=lambda e: list(e.path)
    )
    for error in errors:
        raise ConfigError(_explain(error))


def _explain(error: Any) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = sorted(set(error.instance) - set(known))[0]
        return _unknown_key(f"{where}.{unknown}" if where else unknown, unknown, known)
    if error.validator == "oneOf":
        return (
            f"config: {where} needs either base_url (a server) or engine (llama.cpp), not both. "
            "A file of yours adds to the shipped endpoints: give yours a name of its own."
        )
    if error.validator == "required":
        return f"config: {where + ': ' if where else ''}{error.message}. Add it."
    return f"config: {where}: {error.message}. See config/README.md for what it takes."


def _unknown_key(where: str, key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"Did you mean '{close[0]}'?" if close else f"Known keys: {', '.join(sorted(known))}."
    return f"config: unknown key '{where}'. {hint}"


def load_config(
    overrides: Iterable[Path] = (), values: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The shipped configuration, then each file over it, then single values, as Snakemake does.

    Raises:
        ConfigError: when a file is missing or is not a YAML mapping.

    """
    merged = _read_yaml(CONFIG_FILE)
    for path in overrides:
        _merge(merged, _read_yaml(path))
    _merge(merged, values or {})
    return merged


def _read_yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"config file {path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"config file {path} is not a mapping of keys to values.")
    return content


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
