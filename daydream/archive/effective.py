"""The configuration in effect, written as a file that can be given away."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from daydream.experiment.endpoint import Endpoint
from daydream.experiment.settings import Settings

LEFT_OUT = "left out of the archive"
_NESTED = ("data_root", "cohort", "endpoints", "stages", "filters")


def effective_config(settings: Settings, data_root: str, cohort: str) -> dict[str, Any]:
    """What a configuration file must say to get the same cohort elsewhere.

    Keys are never part of a configuration. Values of extra headers, and what stands before ``@``
    or behind ``?`` in a server's address, may be secrets and are left out; ``extra_body`` is kept,
    as it is part of what the models were asked and stands in every ledger.

    Args:
        settings: the configuration in effect.
        data_root: where the data are going to be.
        cohort: the cohort's id, which becomes its name.
    """
    names = (f.name for f in fields(settings) if f.name not in _NESTED)
    return {
        "data_root": data_root,
        "cohort": cohort,
        **{name: getattr(settings, name) for name in names},
        "endpoints": {name: _endpoint(endpoint) for name, endpoint in settings.endpoints.items()},
        "stages": {name: asdict(stage) for name, stage in settings.stages.items()},
        "filters": {name: _listed(ids) for name, ids in asdict(settings.filters).items()},
    }


def _listed(ids: tuple[str, ...] | None) -> list[str] | None:
    return None if ids is None else list(ids)


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    body = {**asdict(endpoint), "structured": list(endpoint.structured)}
    del body["name"]
    del body["engine" if endpoint.engine is None else "base_url"]
    if endpoint.base_url is not None:
        body["base_url"] = _public(endpoint.base_url)
    if endpoint.model_path is not None:
        body["model_path"] = PurePath(endpoint.model_path).name
    body["headers"] = dict.fromkeys(endpoint.headers, LEFT_OUT)
    return body


def _public(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
