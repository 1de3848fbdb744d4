"""What keys of the configuration must be to each other, once each of them is right by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from daydream.errors import ConfigError
from daydream.experiment.config_errors import unknown_key

if TYPE_CHECKING:
    from daydream.experiment.settings import Settings


def check_names(config: Mapping[str, Any]) -> None:
    """Refuse a key ``name`` of an endpoint: its name is its own key.

    Raises:
        ConfigError: naming the key.
    """
    endpoints = config.get("endpoints")
    for name, body in endpoints.items() if isinstance(endpoints, Mapping) else ():
        if isinstance(body, Mapping) and "name" in body:
            raise ConfigError(unknown_key(f"endpoints.{name}.name", "name", []))


def check_endpoints(settings: Settings) -> None:
    """Refuse endpoints that are none, and a default that is not among them.

    Raises:
        ConfigError: naming the endpoint.
    """
    for name, endpoint in settings.endpoints.items():
        ways = (endpoint.base_url, endpoint.engine, endpoint.serve)
        if sum(way is not None for way in ways) != 1:
            raise ConfigError(
                f"config: endpoints.{name} needs either base_url (a server) or engine "
                "(llama.cpp) or serve (a server that is started), and one of them only. A file of "
                "yours adds to the shipped endpoints: give yours a name of its own."
            )
        if endpoint.serve is not None and endpoint.batch:
            raise ConfigError(
                f"config: endpoints.{name} has serve and batch. A server that is started for a "
                "run takes calls one by one: remove batch."
            )
        if endpoint.serve_once and endpoint.serve is None:
            raise ConfigError(
                f"config: endpoints.{name} has serve_once without serve, the command of the server."
            )
    if settings.default_endpoint not in settings.endpoints:
        known = ", ".join(sorted(settings.endpoints))
        name = settings.default_endpoint
        raise ConfigError(
            f"config: default_endpoint is '{name}', which is not among the endpoints ({known}). "
            f"Name one of these, or describe '{name}' under endpoints."
        )


def check_store(settings: Settings) -> None:
    """Refuse batches where hosts share a bucket only: which are under way is on one host's disk.

    Raises:
        ConfigError: naming the key.
    """
    if settings.store is not None and settings.batch:
        raise ConfigError(
            "config: batch cannot be used by hosts that share a bucket only (store: "
            f"{settings.store}). Leave it out, or run without store on one host, and daydream push."
        )
