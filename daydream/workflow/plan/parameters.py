"""The parameters of a run's requests as they will be sent, and what about them is amiss."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from daydream.experiment.endpoint import Endpoint
from daydream.formats import clip
from daydream.generation.prompt_text import Prompt
from daydream.llm.request import Request
from daydream.store.layout import Stage
from daydream.store.membership import Member
from daydream.store.parameters import Sampling, mixture, used_parameters
from daydream.workflow.project import Project

Key = tuple[Stage, str]
Groups = Mapping[Key, Sequence[Member]]
_ROUTER = "openrouter.ai"
_LONGEST = 200
# What says how the shape of an answer is enforced is long, and says nothing to a person.
_SHAPES = {"grammar": "a grammar", "response_format": "a JSON schema"}


def sent_parameters(project: Project, groups: Groups) -> Iterator[str]:
    """A line for each stage and set of parameters, with the models that are asked with them.

    Args:
        project: the experiment.
        groups: the generations to buy, by stage and model.
    """
    models: dict[tuple[Stage, str], dict[str, None]] = {}
    for (stage, model), members in groups.items():
        for request in _requests(project, members):
            models.setdefault((stage, _in_words(request.body)), {})[model] = None
    for (stage, parameters), names in models.items():
        yield f"{stage}: {parameters} ({', '.join(names)})"


def _requests(project: Project, members: Sequence[Member]) -> Iterator[Request]:
    """A request for each template, as the shape of an answer is its template's."""
    for member in {member.template_id: member for member in members}.values():
        yield project.prompts.requests(member, Prompt("-"))[0]


def _in_words(body: Mapping[str, Any]) -> str:
    parts = [
        f"{name} {_SHAPES.get(name) or json.dumps(value, ensure_ascii=False)}"
        for name, value in body.items()
    ]
    return clip(", ".join(parts), _LONGEST)


def unpinned(project: Project, models: Sequence[str]) -> Iterator[str]:
    """A warning for each endpoint of OpenRouter that may choose who answers.

    Args:
        project: the experiment.
        models: ids of those that will be called.
    """
    by_endpoint: dict[str, list[str]] = {}
    for model in models:
        by_endpoint.setdefault(project.design.catalog.model(model).endpoint, []).append(model)
    for name, ids in by_endpoint.items():
        if _may_choose(project.settings.endpoints[name]):
            yield (
                f"Not pinned: behind {name} any provider may answer, in any precision, for "
                f"{clip(', '.join(ids), 100)}. Pin one, or the cells of a table mix them: "
                f"endpoints.{name}.extra_body: "
                "{provider: {order: [NAME], allow_fallbacks: false}} (docs/endpoints.md)"
            )


def _may_choose(endpoint: Endpoint) -> bool:
    host = urlsplit(endpoint.base_url or "").hostname or ""
    if host != _ROUTER and not host.endswith(f".{_ROUTER}"):
        return False
    routing = endpoint.extra_body.get("provider")
    if not isinstance(routing, Mapping):
        return True
    only, order = routing.get("only") or (), routing.get("order") or ()
    return len(only) != 1 and not (len(order) == 1 and routing.get("allow_fallbacks") is False)


def mixed_parameters(project: Project, made: Groups, to_buy: Groups, limit: int) -> Iterator[str]:
    """A warning for each stage and model of which one cohort will have several temperatures.

    Args:
        project: the experiment.
        made: the generations that stay as they are, by stage and model.
        to_buy: those to be bought.
        limit: how many of the made ones to look at, of each stage and model.
    """
    for key in dict.fromkeys([*made, *to_buy]):
        members = made.get(key, ())
        used = set(used_parameters(project.layout, members[:: -(-len(members) // limit) or 1]))
        requests = (
            project.prompts.requests(m, Prompt("-"))[0] for m in list(to_buy.get(key, ()))[:1]
        )
        used |= {Sampling(request.temperature, request.max_tokens) for request in requests}
        if mixed := mixture(used):
            yield (
                f"Mixed: one cohort has {key[0]}s by {key[1]} with {mixed}; their scores are of "
                "different things. Another cohort keeps them apart: --config cohort=NAME"
            )
