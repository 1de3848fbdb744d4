"""Make ``config/config.schema.yaml`` and the tables of ``config/README.md`` from the settings.

``python -m daydream.experiment.config_docs`` writes both; a test fails when they have drifted.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from daydream.experiment.config_errors import kind_of
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.installation import WORKFLOW
from daydream.experiment.settings import (
    DEFAULT_ENDPOINTS,
    DEFAULT_STAGES,
    SCHEMA_FILE,
    Filters,
    Settings,
    StageSettings,
)
from daydream.store.files import write_text

README = WORKFLOW / "config" / "README.md"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_HEADER = "| key | type | {} | meaning |\n| --- | --- | --- | --- |\n"


def meanings(cls: type) -> dict[str, str]:
    """The text below each field of a class, on one line."""
    (tree,) = ast.parse(inspect.getsource(cls)).body
    assert isinstance(tree, ast.ClassDef)
    texts = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            assert isinstance(field.target, ast.Name)
            texts[field.target.id] = " ".join(ast.literal_eval(text.value).split())
    return texts


def schema() -> dict[str, Any]:
    """The JSON schema of a configuration file, for editors: every key is optional there."""
    from pydantic import TypeAdapter

    made = TypeAdapter(Settings).json_schema()
    parts = made["$defs"]
    for cls, part in (
        (Settings, made),
        *((cls, parts[cls.__name__]) for cls in (Endpoint, Filters, StageSettings)),
    ):
        _describe(part, cls)
    del parts["Endpoint"]["properties"]["name"]
    for part in (made, *parts.values()):
        part.pop("required", None)
    made["properties"]["filters"] = {"anyOf": [made["properties"]["filters"], {"type": "null"}]}
    return {"$schema": DIALECT, **made, "title": "DayDreaming configuration"}


def _describe(part: dict[str, Any], cls: type) -> None:
    part.pop("description", None)
    for name, text in meanings(cls).items():
        part["properties"][name].pop("title", None)
        part["properties"][name].pop("default", None)
        part["properties"][name]["description"] = text


def schema_text() -> str:
    """The schema as YAML."""
    import yaml

    note = "# Made by `python -m daydream.experiment.config_docs`; do not edit.\n"
    return note + yaml.safe_dump(schema(), sort_keys=False, allow_unicode=True, width=100)


def tables() -> dict[str, str]:
    """The tables of config/README.md by name."""
    return {
        "keys": _HEADER.format("default") + "".join(_settings_rows()),
        "stages": _HEADER.format("shipped (draft, essay, evaluation, comparison)")
        + "".join(_stage_rows()),
        "endpoints": _HEADER.format("default")
        + "".join(_rows(Endpoint, _defaults(Endpoint) | {"base_url": "none", "engine": "none"})),
    }


def _settings_rows() -> Iterator[str]:
    defaults = _defaults(Settings) | {
        "endpoints": ", ".join(f"`{name}`" for name in DEFAULT_ENDPOINTS),
        "stages": "see below",
    }
    for name, row in zip(meanings(Settings), _rows(Settings, defaults), strict=True):
        if name == "filters":
            yield from _rows(Filters, _defaults(Filters), "filters.")
        else:
            yield row


def _stage_rows() -> Iterator[str]:
    stages = DEFAULT_STAGES.values()
    shipped = {
        field.name: ", ".join(f"`{getattr(stage, field.name)}`" for stage in stages)
        for field in dataclasses.fields(StageSettings)
    }
    return _rows(StageSettings, shipped)


def _rows(cls: type, defaults: Mapping[str, str], prefix: str = "") -> Iterator[str]:
    hints = typing.get_type_hints(cls, include_extras=True)
    for name, text in meanings(cls).items():
        kind = kind_of(hints[name])
        words = kind.words if kind else ""
        yield f"| `{prefix}{name}` | {words} | {defaults[name]} | {text} |\n"


def _defaults(cls: Any) -> dict[str, str]:
    return {field.name: f"`{_default(field)}`" for field in dataclasses.fields(cls)}


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return "{}"
    value = field.default
    words: dict[object, str] = {None: "null", True: "true", False: "false", (): "[]"}
    if value is None or isinstance(value, bool | tuple):
        return words[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def with_tables(page: str) -> str:
    """The page with each table between its two marks made anew."""
    for name, table in tables().items():
        begin = f"<!-- {name}: made by daydream.experiment.config_docs -->"
        before, found, rest = page.partition(begin)
        _, _, after = rest.partition(f"<!-- {name} -->")
        if found:
            page = f"{before}{begin}\n\n{table}\n<!-- {name} -->{after}"
    return page


def write() -> None:
    """Write the schema and the tables."""
    write_text(str(SCHEMA_FILE), schema_text())
    write_text(str(README), with_tables(README.read_text(encoding="utf-8")))


if __name__ == "__main__":
    write()
