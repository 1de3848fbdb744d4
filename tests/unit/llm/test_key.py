"""Keys come from the environment, are checked, and are in no message."""

from __future__ import annotations

import pytest

from daydream.errors import CallError
from daydream.experiment.endpoint import Endpoint
from daydream.llm.key import api_key, without_key

SERVER = Endpoint("mock", base_url="http://127.0.0.1:9/v1", api_key_env="MOCK_KEY")


def test_blanks_around_a_key_are_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_KEY", " sk-1\n")
    assert api_key(SERVER) == "sk-1"
    assert without_key("Incorrect key sk-1 (sk-1).", SERVER) == "Incorrect key *** (***)."


@pytest.mark.parametrize(
    ("key", "words"),
    [("", "is not set"), ("  ", "is not set"), ("sk-é", "no key has"), ("sk 1\x00", "no key has")],
)
def test_what_cannot_be_a_key_is_told_without_it(
    key: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {"MOCK_KEY": key})
    with pytest.raises(CallError, match=words) as caught:
        api_key(SERVER)
    assert caught.value.cause == "no_key" and "MOCK_KEY" in str(caught.value)
    assert "sk" not in str(caught.value)


def test_an_endpoint_without_a_key_needs_none() -> None:
    free = Endpoint("free", base_url="http://127.0.0.1:9/v1")
    assert api_key(free) == "none"
    assert without_key("none of it", free) == "none of it"
