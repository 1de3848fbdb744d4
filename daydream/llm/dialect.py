"""The dialect of an endpoint: under which keys it takes what a request asks for.

A dialect changes what is sent, not what is asked: fingerprints are made before it is applied, so
that a key which is renamed or dropped later finds the answers that there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

Keys = Mapping[str, str | None]


def spoken(body: Mapping[str, Any], keys: Keys, schema_without: Collection[str]) -> dict[str, Any]:
    """A request's body as the endpoint takes it.

    Args:
        body: the body under the names of OpenAI's chat completions.
        keys: new names of its keys; None drops a key.
        schema_without: keywords that the endpoint refuses in a JSON schema.

    """
    named = {keys.get(key, key): value for key, value in body.items()}
    sent = {key: value for key, value in named.items() if key is not None}
    shape = sent.get("response_format")
    if schema_without and isinstance(shape, Mapping):
        sent["response_format"] = _without(shape, schema_without)
    return sent


def _without(schema: Any, keywords: Collection[str]) -> Any:
    if isinstance(schema, Mapping):
        remaining = {key: value for key, value in schema.items() if key not in keywords}
        return {key: _without(value, keywords) for key, value in remaining.items()}
    return [_without(item, keywords) for item in schema] if isinstance(schema, list) else schema
