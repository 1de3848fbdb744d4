"""Whether the endpoints of an experiment can be reached, found out without a call that is paid."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model
from daydream.experiment.settings import Settings
from daydream.llm.connection import connect
from daydream.llm.embedded import model_file
from daydream.llm.faults import Fault
from daydream.llm.key import api_key, without_key
from daydream.llm.model_server import command_of
from daydream.llm.time_limit import within
from daydream.store.place import Finding, State

TIMEOUT_S = 15.0


def check_endpoints(settings: Settings, models: Iterable[Model]) -> Iterator[Finding]:
    """A finding for the key and one for the address of each endpoint that a model is at."""
    models = list(models)
    for name in sorted({model.endpoint for model in models}):
        endpoint = settings.endpoints[name]
        if endpoint.is_embedded:
            yield _embedded(endpoint)
            continue
        if endpoint.serve is not None:
            yield _program(endpoint)
            continue
        key = _key(endpoint)
        yield key
        if key.state == "ok":
            yield _address(endpoint, {m.model for m in models if m.endpoint == name})


def _embedded(endpoint: Endpoint) -> Finding:
    subject = f"endpoint {endpoint.name}"
    try:
        return Finding(subject, "ok", f"{model_file(endpoint)} is there")
    except CallError as error:
        return Finding(subject, "wrong", str(error))


def _program(endpoint: Endpoint) -> Finding:
    """Whether the program of a server that is to be started is on this host."""
    subject, program = f"endpoint {endpoint.name}", command_of(endpoint, "127.0.0.1", 0)[0]
    if shutil.which(program) is None:
        where = f"{program}, which its server is started with, is not on this host"
        return Finding(subject, "unsure", f"{where}. It must be where calls are made.")
    return Finding(subject, "ok", f"{program} is there; whether the server starts, a run will show")


def _key(endpoint: Endpoint) -> Finding:
    subject = f"key of {endpoint.name}"
    try:
        api_key(endpoint)
    except CallError as error:
        return Finding(subject, "wrong", str(error))
    variable = endpoint.api_key_env
    return Finding(subject, "ok", f"{variable} is set" if variable else "none is needed")


def _address(endpoint: Endpoint, models: set[str]) -> Finding:
    """Ask for the list of models, which costs nothing."""
    import openai

    subject, where = f"endpoint {endpoint.name}", str(endpoint.base_url)
    client = connect(endpoint, where, owner=(owner := _Owner()))
    try:
        with within(TIMEOUT_S):
            listed = {model.id for model in client.with_options(timeout=TIMEOUT_S).models.list()}
    except Fault as fault:  # of any status but success
        return Finding(subject, *_status(endpoint, fault.status or 0, where))
    except openai.APIConnectionError as error:
        reason = without_key(str(error.__cause__ or error), endpoint)
        message = f"{where} does not answer ({reason}). Start the server, or correct base_url."
        return Finding(subject, "wrong", message)
    except Exception as error:  # of a server that is none of this kind
        reason = without_key(f"{type(error).__name__}: {error}"[:120], endpoint)
        return Finding(subject, "unsure", f"{where}/models gives no list of models ({reason})")
    finally:
        del owner
    if unknown := sorted(models - listed):
        message = f"{where} answers, and does not list {', '.join(unknown)}"
        return Finding(subject, "unsure", message)
    return Finding(subject, "ok", f"{where} answers and lists every model")


def _status(endpoint: Endpoint, code: int, where: str) -> tuple[State, str]:
    if code in (401, 403):
        message = (
            f"{where} refuses the key (status {code}). Correct {endpoint.api_key_env or 'it'}."
        )
        return "wrong", message
    if code in (404, 405, 501):
        return "unsure", f"{where} answers, and has no list of models (status {code})"
    return "wrong", f"{where} answers with status {code}. Ask its provider, or try again later."


class _Owner:
    """What a client is closed with."""
