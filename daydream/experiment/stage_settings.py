"""What calls of a stage ask for: length and temperature, and the defaults of each stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from daydream.experiment.config_types import READ, STRICT, Amount, Count, CountFromZero, Kind
from daydream.store.layout import Stage


@dataclass(frozen=True)
class StageSettings:
    """What every call of a stage asks for, unless its model's row says otherwise."""

    __pydantic_config__ = STRICT

    max_tokens: Count
    """The most tokens of an answer. An answer that is cut off there fails its job."""
    temperature: Amount
    """Sampling temperature."""
    min_lines: CountFromZero = 0
    """The least number of non-empty lines of a parsed draft or of an essay from a model. Has no
    effect on evaluations and comparisons."""


DEFAULT_STAGES: Mapping[Stage, StageSettings] = {
    "draft": StageSettings(max_tokens=1024, temperature=0.7, min_lines=3),
    "essay": StageSettings(max_tokens=2048, temperature=0.7),
    "evaluation": StageSettings(max_tokens=1024, temperature=0.0),
    "comparison": StageSettings(max_tokens=1024, temperature=0.0),
}


def _with_defaults(stages: Any) -> Any:
    """What a stage leaves out is as shipped."""
    if not isinstance(stages, Mapping):
        return stages
    shipped = {name: vars(stage) for name, stage in DEFAULT_STAGES.items()}
    return shipped | {name: _over(shipped.get(name), body) for name, body in stages.items()}


def _over(shipped: Mapping[str, Any] | None, body: Any) -> Any:
    return {**(shipped or {}), **body} if isinstance(body, Mapping) else body


Stages: TypeAlias = Annotated[
    Mapping[Stage, StageSettings], BeforeValidator(_with_defaults), READ, Kind("mapping")
]
