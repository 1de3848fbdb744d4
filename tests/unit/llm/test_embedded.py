"""Model files of the embedded endpoint."""

from __future__ import annotations

import sys
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


def test_a_library_of_the_system_that_the_engine_lacks_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: no such file')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    endpoint = Endpoint("small", engine="llama.cpp", model_path=__file__)
    with pytest.raises(CallError, match=r"libgomp\.so\.1: .* Debian package libgomp1"):
        EmbeddedServer(endpoint)
