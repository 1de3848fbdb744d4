"""The JSON schema of a spec, for editors: ``config/spec.schema.json`` is made from it."""

from __future__ import annotations

import json
from typing import Any, get_args

from daydream.experiment.spec.model import (
    ALIASES,
    AXES,
    REPLICATES,
    Balance,
    CombosKind,
    ControlKind,
)
from daydream.experiment.spec.reader import COMBO_KEYS, COMMON_COMBO_KEYS, FLAG_KEYS

_PLAIN_CONTROLS = [kind for kind in get_args(ControlKind) if kind != "planted"]
_FILE = {"type": "string", "pattern": "^@file:", "description": "a CSV file beside the spec"}
_LEVEL = {"type": ["string", "integer", "number", "boolean"]}
_WHOLE = {"type": "integer", "minimum": 1}
_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_ITEMS = {"anyOf": [_FILE, {"type": "array", "items": {"type": "array"}, "minItems": 1}]}
_OPTIONS = {
    "k_min": _WHOLE, "k_max": _WHOLE, "n": _WHOLE, "top": _WHOLE,
    "seed": {"type": "integer", "minimum": 0}, "cohort": {"type": "string"},
    "level": {"enum": ["sentence", "paragraph", "article"]}, "ordered": {"type": "boolean"},
}  # fmt: skip


def spec_schema() -> dict[str, Any]:
    """The schema: every key that the reader takes, and no other."""
    names = (*AXES, *ALIASES)
    axes = {axis: _levels(axis) for axis in names}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The spec of a DayDreaming cohort",
        **_object(
            axes=_object(**axes),
            rules=_object(
                subsets=_object(**axes),
                ties=_named(_object(["axes"], axes={**_NAMES, "minItems": 2})),
                pairs=_named(_pair()),
                tuples=_named(_object(["axes", "items"], axes=_NAMES, items=_ITEMS)),
                exclude=_exclude(names),
            ),
            combos={"anyOf": [{"enum": list(COMBO_KEYS)}, *map(_combos, COMBO_KEYS)]},
            essays={"anyOf": [_FILE, _NAMES]},
            controls={
                "anyOf": [
                    {
                        "type": "array",
                        "items": {"enum": _PLAIN_CONTROLS},
                        "minItems": 1,
                    },
                    _object(
                        empty={"type": "boolean"},
                        concepts={"anyOf": [{"type": "boolean"}, _WHOLE]},
                        other_combo={"anyOf": [{"type": "boolean"}, _WHOLE]},
                        planted=_FILE,
                    ),
                ]
            },
            output=_object(field_order={"type": "array", "items": {"enum": list(names)}}),
            looks={
                "type": "array",
                "items": _object(
                    ["cohort", "kept", "of"], cohort={"type": "string"}, kept=_WHOLE, of=_WHOLE
                ),
            },
        ),
    }


def _object(required: list[str] | None = None, /, **properties: Any) -> dict[str, Any]:
    body = {"type": "object", "properties": properties, "additionalProperties": False}
    return body | {"required": required} if required else body


def _named(rule: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": rule}


def _levels(axis: str) -> dict[str, Any]:
    level = _WHOLE if ALIASES.get(axis, axis) in REPLICATES else _LEVEL
    return {"anyOf": [_FILE, {"type": "array", "items": level, "minItems": 1}]}


def _pair() -> dict[str, Any]:
    side, balance = {"type": "string"}, {"enum": list(get_args(Balance))}
    keys = ["left", "right", "allowed"]
    return _object(keys, left=side, right=side, allowed=_ITEMS, balance=balance)


def _exclude(names: tuple[str, ...]) -> dict[str, Any]:
    flags = {name: {"type": "boolean"} for name in FLAG_KEYS}
    levels = {"anyOf": [_LEVEL, {"type": "array", "items": _LEVEL, "minItems": 1}]}
    row = _object(**dict.fromkeys(names, levels), **flags)
    rows = {"anyOf": [_FILE, {"type": "array", "items": row, "minItems": 1}]}
    return {"anyOf": [*rows["anyOf"], _object(rows=rows, **flags)]}


def _combos(kind: CombosKind) -> dict[str, Any]:
    needed = {"sample": ["n"], "around": ["cohort"]}.get(kind, [])
    options = {key: _OPTIONS[key] for key in (*COMBO_KEYS[kind], *COMMON_COMBO_KEYS[1:])}
    return _object(
        [*([] if kind == "focused" else ["kind"]), *needed], kind={"const": kind}, **options
    )


def schema_text() -> str:
    """The schema as the file has it."""
    return json.dumps(spec_schema(), indent=2) + "\n"
