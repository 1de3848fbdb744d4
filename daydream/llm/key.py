"""The key of an endpoint: from the environment only, and in no message."""

from __future__ import annotations

import os

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint


def api_key(endpoint: Endpoint) -> str:
    """The endpoint's key, from the environment only, without blanks around it.

    Raises:
        CallError: naming the variable that is not set, or holds what cannot be a key.
    """
    if not endpoint.api_key_env:
        return "none"
    key = os.environ.get(endpoint.api_key_env, "").strip()
    if not key:
        raise CallError(
            f"endpoint {endpoint.name}: the variable {endpoint.api_key_env} is not set. "
            f"Set it: export {endpoint.api_key_env}=...",
            cause="no_key",
        )
    if not (key.isascii() and key.isprintable()):
        raise CallError(
            f"endpoint {endpoint.name}: the variable {endpoint.api_key_env} holds characters that "
            "no key has. Copy the key again.",
            cause="no_key",
        )
    return key


def without_key(text: str, endpoint: Endpoint) -> str:
    """A provider's words; some repeat the key that they refuse."""
    key = os.environ.get(endpoint.api_key_env or "", "").strip()
    return text.replace(key, "***") if key else text
