"""The OpenAI client of an endpoint, and its key, which comes from the environment only."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from daydream.errors import CallError
from daydream.experiment.settings import Endpoint

if TYPE_CHECKING:
    import openai


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


def connect(endpoint: Endpoint, base_url: str | None, owner: object) -> openai.OpenAI:
    """A client that does not retry by itself, which nobody would record, nor outlives its owner.

    Raises:
        CallError: when the key is not set.
    """
    key = api_key(endpoint)
    import openai  # a second of CPU, and a run with nothing to do needs none of it

    # A redirect would take the prompt, and headers that may hold a key, to another host.
    http_client = openai.DefaultHttpxClient(
        follow_redirects=False, trust_env=not is_here(base_url or "")
    )
    client = openai.OpenAI(
        http_client=http_client,
        api_key=key,
        base_url=base_url,
        timeout=endpoint.timeout_s,
        max_retries=0,
        default_headers=dict(endpoint.headers),
    )
    weakref.finalize(owner, client.close)
    return client


def is_here(base_url: str) -> bool:
    """Whether a server is on this machine, where no proxy is to be asked for it."""
    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def without_key(text: str, endpoint: Endpoint) -> str:
    """A provider's words; some repeat the key that they refuse."""
    key = os.environ.get(endpoint.api_key_env or "", "").strip()
    return text.replace(key, "***") if key else text
