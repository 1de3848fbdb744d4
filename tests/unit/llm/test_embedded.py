"""Model files of the embedded endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.embedded import EmbeddedServer, model_file


def test_a_model_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    endpoint = Endpoint("small", engine="llama.cpp", model_path=str(tmp_path / "none.gguf"))
    with pytest.raises(CallError, match=r"none\.gguf does not exist"):
        model_file(endpoint)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"no model")
    endpoint = Endpoint("small", engine="llama.cpp", model_path=str(tmp_path / "bad.gguf"))
    with pytest.raises(CallError, match=r"cannot load .*bad\.gguf"):
        EmbeddedServer(endpoint)
