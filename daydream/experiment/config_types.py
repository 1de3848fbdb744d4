"""The types that a configuration's values have: how each is read, checked and named.

A value may come from YAML or, as a string, from ``--config key=value``; each type reads both.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from daydream.experiment.slices import check_slice

STRICT = ConfigDict(extra="forbid")
YEAR_S = 31_536_000


@dataclass(frozen=True)
class Kind:
    """What a key takes, in the words of messages and of the table in config/README.md."""

    words: str


def _read_value(value: Any) -> Any:
    """Read a string of the command line as YAML; 2.0 is the whole number 2."""
    if isinstance(value, str):
        value = _from_yaml(value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value


def _from_yaml(text: str) -> Any:
    import yaml

    try:
        return None if text.lower() == "none" else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text


def _read_number(value: Any) -> Any:
    """Read a number; 0 becomes 0.0, as a parameter is a part of fingerprints."""
    value = _read_value(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf  # which no key takes
    return _long_number(value) if isinstance(value, str) else value


def _long_number(text: str) -> Any:
    """YAML takes 1e3 for a text, as it has neither point nor sign."""
    try:
        return float(text)
    except ValueError:
        return text


def _read_text(value: Any) -> Any:
    """A name is a text, also where YAML sees a number or a date."""
    if isinstance(value, bool) or not isinstance(value, int | float | datetime.date):
        return value
    return str(value)


def _read_text_or_null(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("null", "none"):
        return None
    return _read_text(value)


def _read_ids(value: Any) -> Any:
    value = _read_value(value)
    return [_read_id(item) for item in value] if isinstance(value, list | tuple) else value


def _read_id(value: Any) -> Any:
    return value if isinstance(value, float) else _read_text(value)


READ = BeforeValidator(_read_value)
READ_NUMBER = BeforeValidator(_read_number)

Text: TypeAlias = Annotated[
    str, Field(min_length=1, strict=True), BeforeValidator(_read_text), Kind("text")
]
Path: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f{}]*$", strict=True),
    BeforeValidator(_read_text),
    Kind("path without braces and control characters"),
]
TextOrNull: TypeAlias = Annotated[
    str | None, Field(strict=True), BeforeValidator(_read_text_or_null), Kind("text or null")
]
CohortName: TypeAlias = Annotated[
    Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$", max_length=200)]
    | None,
    BeforeValidator(_read_text_or_null),
    Kind("name of at most 200 letters, digits, `.`, `_`, `-`; or null"),
]
EndpointName: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=200),
]
Url: TypeAlias = Annotated[
    str,
    Field(pattern=r"^https?://\S+$", strict=True),
    Kind("URL that begins with http:// or https://"),
]
Count: TypeAlias = Annotated[int, Field(ge=1, le=10**12, strict=True), READ, Kind("integer from 1")]
CountFromZero: TypeAlias = Annotated[
    int, Field(ge=0, le=10**12, strict=True), READ, Kind("integer from 0")
]
Tries: TypeAlias = Annotated[
    int, Field(ge=0, le=1000, strict=True), READ, Kind("integer from 0 to 1000")
]
Flag: TypeAlias = Annotated[bool, Field(strict=True), READ, Kind("true or false")]
Amount: TypeAlias = Annotated[
    float, Field(ge=0, allow_inf_nan=False, strict=True), READ_NUMBER, Kind("number from 0")
]
Share: TypeAlias = Annotated[
    float,
    Field(ge=0, le=1, allow_inf_nan=False, strict=True),
    READ_NUMBER,
    Kind("number from 0 to 1"),
]
Seconds: TypeAlias = Annotated[
    float,
    Field(gt=0, le=YEAR_S, allow_inf_nan=False, strict=True),
    READ_NUMBER,
    Kind("seconds above 0, at most a year"),
]
SecondsFromZero: TypeAlias = Annotated[
    float,
    Field(ge=0, le=YEAR_S, allow_inf_nan=False, strict=True),
    READ_NUMBER,
    Kind("seconds from 0, at most a year"),
]
AmountOrNull: TypeAlias = Annotated[Amount | None, READ_NUMBER, Kind("number from 0, or null")]
RateOrNull: TypeAlias = Annotated[
    Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)] | None,
    READ_NUMBER,
    Kind("number above 0, or null"),
]
SliceOrNull: TypeAlias = Annotated[
    Annotated[
        str,
        Field(pattern=r"^[1-9][0-9]{0,5}/[1-9][0-9]{0,5}$", strict=True),
        AfterValidator(check_slice),
    ]
    | None,
    BeforeValidator(_read_text_or_null),
    Kind("`k/n` with k from 1 to n, or null"),
]
StoreOrNull: TypeAlias = Annotated[
    Annotated[str, Field(pattern=r"^s3://[A-Za-z0-9._-]{3,63}(/\S*)?$", strict=True)] | None,
    BeforeValidator(_read_text_or_null),
    Kind("`s3://bucket/prefix`, or null"),
]
ErrorsOrNull: TypeAlias = Annotated[
    Annotated[float, Field(gt=0, le=10**12, allow_inf_nan=False, strict=True)] | None,
    READ_NUMBER,
    Kind("count from 1, share below 1, or null"),
]
Ids: TypeAlias = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1)] | None,
    BeforeValidator(_read_ids),
    Kind("list of at least one id, or null"),
]
Level: TypeAlias = Annotated[
    Literal["sentence", "paragraph", "article"], Kind("`sentence`, `paragraph` or `article`")
]
Reuse: TypeAlias = Literal["auto", "always", "never"]
ReuseRule: TypeAlias = Annotated[Reuse, Kind("`auto`, `always` or `never`")]
Dag: TypeAlias = Annotated[Literal["auto", "full", "light"], Kind("`auto`, `full` or `light`")]
Engine: TypeAlias = Annotated[Literal["llama.cpp"], Kind("`llama.cpp`")]
Structures: TypeAlias = Annotated[
    tuple[Literal["grammar", "json_schema"], ...],
    READ,
    Kind("list of `grammar`, `json_schema`"),
]
Texts: TypeAlias = Annotated[Mapping[str, str], READ, Kind("mapping of texts")]
NewKeys: TypeAlias = Annotated[
    Mapping[str, str | None], READ, Kind("mapping of keys to new names or null")
]
Names: TypeAlias = Annotated[tuple[str, ...], READ, Kind("list of names")]
Body: TypeAlias = Annotated[Mapping[str, Any], READ, Kind("mapping")]
