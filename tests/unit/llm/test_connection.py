"""The HTTP client of an endpoint: its address, its key, its headers."""

from __future__ import annotations

import pytest

from daydream.experiment.endpoint import Endpoint
from daydream.llm.connection import connect, is_here


def test_a_query_is_of_every_request_and_a_key_may_have_a_header_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOCK_KEY", "sk-1")
    address = "https://azure.example/openai/deployments/d?api-version=2024-10-21"
    endpoint = Endpoint("azure", base_url=address, api_key_env="MOCK_KEY", api_key_header="api-key")

    class Owner:
        """What the client is closed with."""

    owner = Owner()
    client = connect(endpoint, address, owner)
    assert str(client.base_url) == "https://azure.example/openai/deployments/d/"
    assert client.default_query == {"api-version": "2024-10-21"}
    assert client.default_headers["api-key"] == "sk-1"
    assert client.max_retries == 0 and not client._client.follow_redirects
    del owner
    assert client.is_closed()


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://localhost:1/v1", True),
        ("http://127.0.0.1:1/v1", True),
        ("http://[::1]:1/v1", True),
        ("https://localhost.example.com/v1", False),
        ("https://127.example.com/v1", False),
    ],
)
def test_only_this_machine_is_asked_without_a_proxy(address: str, here: bool) -> None:
    assert is_here(address) is here
