"""What to say when a call has failed for good: the provider's words, and what to do."""

from __future__ import annotations

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.faults import Fault
from daydream.llm.request import Request

_BY_KIND = {
    "http_400": "The provider does not take this request; see its words, and the model's row.",
    "http_401": "Check the key in {key}.",
    "http_402": "Add credit at the provider, then run again.",
    "http_403": "The key in {key} may not use this model; ask the provider for access.",
    "http_404": "Check the `model` column of '{id}' in llm_models.csv and the endpoint's base_url.",
    "http_413": "The prompt is too long for this model; shorten it or use another model.",
    "http_422": "The provider does not take these parameters; see max_tokens and temperature.",
    "http_429": "The provider refuses for too long; lower requests_per_minute or run again later.",
    "insufficient_quota": "Add credit at the provider, then run again.",
    "content_filter": "The prompt or the answer met the provider's filter; it is not tried again.",
    "redirect": "If that address is the right one, write it as base_url of the endpoint.",
    "timeout": "Run again, or raise timeout_s of the endpoint.",
    "connection": "Is {base_url} right, and is it up? Then run again.",
}


def gave_up(request: Request, fault: Fault, attempts: int, endpoint: Endpoint) -> CallError:
    """The error of a call that no further attempt can help."""
    return CallError(explain(request, fault, attempts, endpoint), cause=fault.kind)


def explain(request: Request, fault: Fault, attempts: int, endpoint: Endpoint) -> str:
    """One message: which model where, what the provider said, how often, what to do."""
    tried = f" ({attempts} attempts)" if attempts > 1 else ""
    hint = _BY_KIND.get(fault.kind, "Run again; what was answered is kept.").format(
        key=endpoint.api_key_env or "the endpoint's api_key_env",
        id=request.model.id,
        base_url=endpoint.base_url or endpoint.name,
    )
    message = fault.message.rstrip(". ")
    return f"{request.model.model} at {endpoint.name}: {fault.kind}: {message}{tried}. {hint}"
