"""The OpenAI client of an endpoint."""

from __future__ import annotations

import ipaddress
import weakref
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from daydream.experiment.endpoint import Endpoint
from daydream.llm.exchange import check_status
from daydream.llm.key import api_key
from daydream.llm.time_limit import limit_time

if TYPE_CHECKING:
    import openai


def connect(endpoint: Endpoint, base_url: str | None, owner: object) -> openai.OpenAI:
    """A client that does not retry by itself, which nobody would record, nor outlives its owner.

    Raises:
        CallError: when the key is not set.
    """
    key = api_key(endpoint)
    import openai  # a second of CPU, and a run with nothing to do needs none of it

    # A redirect would take the prompt, and headers that may hold a key, to another host.
    http_client = openai.DefaultHttpxClient(
        follow_redirects=False,
        trust_env=not is_here(base_url or ""),
        event_hooks={"response": [check_status]},
    )
    limit_time(http_client)
    address = urlsplit(base_url or "")
    headers = dict(endpoint.headers)
    if endpoint.api_key_header:
        headers[endpoint.api_key_header] = key
    client = openai.OpenAI(
        http_client=http_client,
        api_key=key,
        base_url=urlunsplit(address._replace(query="")),
        default_query=dict(parse_qsl(address.query)),
        timeout=endpoint.timeout_s,
        max_retries=0,
        default_headers=headers,
    )
    weakref.finalize(owner, client.close)
    return client


def is_here(base_url: str) -> bool:
    """Whether a server is on this machine, where no proxy is to be asked for it."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost"
