"""The configuration: every key can be overridden, every mistake is named with its key."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from daydream.errors import ConfigError
from daydream.experiment.endpoint import Endpoint
from daydream.experiment.settings import CONFIG_FILE, SCHEMA_FILE, Settings, load_config
from daydream.formats import printable


def configured(**values: Any) -> Settings:
    return Settings.from_config(load_config(values=values))


def complaint(**values: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        configured(**values)
    return str(caught.value)


def test_the_shipped_configuration_is_accepted_as_it_is() -> None:
    settings = configured()
    assert (settings.data_root, settings.k_max, settings.description_level) == (
        "data",
        2,
        "paragraph",
    )
    assert settings.cohort is None
    assert settings.reuse == "auto"
    assert not settings.budget.is_set
    assert settings.allow_incomplete is False
    assert settings.stages["draft"].min_lines == 3
    assert settings.stages["evaluation"].temperature == 0.0


def test_the_shipped_endpoints_are_one_embedded_and_one_server() -> None:
    endpoints = configured().endpoints
    assert endpoints["embedded"].is_embedded
    assert not endpoints["openrouter"].is_embedded
    assert endpoints["openrouter"].api_key_env == "OPENROUTER_API_KEY"
    assert endpoints["openrouter"].name == "openrouter"


def test_every_key_of_the_schema_is_in_the_shipped_file() -> None:
    schema = yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8"))
    shipped = yaml.safe_load(CONFIG_FILE.read_text(encoding="utf-8"))
    assert set(schema["properties"]) == set(shipped)


def test_no_api_key_can_be_written_into_the_configuration() -> None:
    message = complaint(endpoints={"openrouter": {"api_key": "sk-secret"}})
    assert "endpoints.openrouter.api_key" in message
    assert "sk-secret" not in message


@pytest.mark.parametrize(
    ("values", "key", "suggestion"),
    [
        ({"k_mx": 3}, "k_mx", "k_max"),
        ({"data_rot": "x"}, "data_rot", "data_root"),
        ({"stages": {"drafts": {}}}, "stages.drafts", "draft"),
        ({"stages": {"draft": {"max_token": 9}}}, "stages.draft.max_token", "max_tokens"),
        ({"filters": {"model": ["a"]}}, "filters.model", "models"),
        (
            {"endpoints": {"openrouter": {"base_urll": "http://x"}}},
            "endpoints.openrouter.base_urll",
            "base_url",
        ),
        (
            {"endpoints": {"mine": {"base_urll": "http://x"}}},
            "endpoints.mine.base_urll",
            "base_url",
        ),
    ],
)
def test_an_unknown_key_is_named_at_any_depth_with_a_suggestion(
    values: dict[str, Any], key: str, suggestion: str
) -> None:
    message = complaint(**values)
    assert f"'{key}'" in message
    assert f"'{suggestion}'" in message


def test_an_unknown_key_that_resembles_nothing_gets_the_list_of_known_keys() -> None:
    message = complaint(zzzzzz=1)
    assert "'zzzzzz'" in message
    assert "k_max" in message
    assert "data_root" in message


@hypothesis_settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=12))
def test_any_text_that_is_no_key_is_refused_by_name(key: str) -> None:
    known = load_config()
    if key not in known:
        with pytest.raises(ConfigError) as caught:
            Settings.from_config(known | {key: 1})
        assert printable(key) in str(caught.value)


@pytest.mark.parametrize("key", [1, True, None])
def test_a_key_that_is_not_even_a_text_is_a_readable_error(key: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_config(load_config(values={key: 1}))
    assert str(key) in str(caught.value)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"k_max": 0}, "k_max"),
        ({"k_max": "two"}, "k_max"),
        ({"k_max": 2.5}, "k_max"),
        ({"k_max": True}, "k_max"),
        ({"k_max": None}, "k_max"),
        ({"description_level": "page"}, "description_level"),
        ({"reuse": "sometimes"}, "reuse"),
        ({"allow_incomplete": "perhaps"}, "allow_incomplete"),
        ({"budget_usd": -1}, "budget_usd"),
        ({"budget_usd": "much"}, "budget_usd"),
        ({"data_root": ""}, "data_root"),
        ({"cohort": "a b"}, "cohort"),
        ({"cohort": ".."}, "cohort"),
        ({"cohort": "a/b"}, "cohort"),
        ({"cohort": ""}, "cohort"),
        ({"cohort": "name\n"}, "cohort"),
        ({"cohort": ["a"]}, "cohort"),
        ({"filters": {"models": 5}}, "filters.models"),
        ({"filters": {"models": [1.5]}}, "filters.models"),
        ({"stages": {"draft": {"max_tokens": 0}}}, "stages.draft.max_tokens"),
        ({"stages": {"essay": {"temperature": -0.1}}}, "stages.essay.temperature"),
        ({"stages": {"essay": {"temperature": "warm"}}}, "stages.essay.temperature"),
        ({"stages": {"essay": None}}, "stages.essay"),
        ({"endpoints": {"x": {"base_url": "example.org/v1"}}}, "endpoints.x.base_url"),
        ({"endpoints": {"x": {"engine": "vllm"}}}, "endpoints.x.engine"),
        ({"endpoints": {"openrouter": {"max_concurrency": 0}}}, "openrouter.max_concurrency"),
        ({"endpoints": {"openrouter": {"timeout_s": 0}}}, "endpoints.openrouter.timeout_s"),
        ({"endpoints": {"a b": {"base_url": "http://x"}}}, "a b"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_key(values: dict[str, Any], key: str) -> None:
    assert key in complaint(**values)


def test_the_shipped_file_says_what_the_defaults_are() -> None:
    assert configured() == Settings.from_config({})


def test_a_stage_that_is_described_in_part_keeps_the_rest_of_its_defaults() -> None:
    stages = Settings.from_config({"stages": {"draft": {"max_tokens": 5}}}).stages
    assert (stages["draft"].max_tokens, stages["draft"].min_lines) == (5, 3)
    assert stages["essay"] == configured().stages["essay"]


@pytest.mark.parametrize("body", [{}, {"base_url": "http://x/v1", "engine": "llama.cpp"}])
def test_an_endpoint_has_either_a_base_url_or_an_engine(body: dict[str, Any]) -> None:
    message = complaint(endpoints={"mine": body})
    assert "endpoints.mine" in message
    assert "base_url" in message
    assert "engine" in message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"serve": "vllm serve m", "base_url": "http://x/v1"}, "one of them only"),
        ({"serve": "vllm serve m", "batch": True}, "remove batch"),
        ({"base_url": "http://x/v1", "serve_once": True}, "serve_once without serve"),
    ],
)
def test_an_endpoint_that_is_served_has_a_command_and_nothing_against_it(
    body: dict[str, Any], told: str
) -> None:
    message = complaint(endpoints={"mine": body})
    assert "endpoints.mine" in message
    assert told in message


def test_only_a_server_that_is_started_once_is_shared() -> None:
    served = {"serve": "vllm serve m --port {port}"}
    endpoints = {"own": served, "common": {**served, "serve_once": True}}
    settings = Settings.from_config({"default_endpoint": "own", "endpoints": endpoints})
    shared = {name: not endpoint.is_own for name, endpoint in settings.endpoints.items()}
    assert shared == {"own": False, "common": True}


def test_a_default_endpoint_that_is_not_described_is_named_with_those_that_are() -> None:
    message = complaint(default_endpoint="openruter")
    assert "default_endpoint" in message
    assert "'openruter'" in message
    assert "embedded, openrouter" in message


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"allow_incomplete": "true"}, "allow_incomplete", True),
        ({"allow_incomplete": "false"}, "allow_incomplete", False),
        ({"allow_incomplete": "True"}, "allow_incomplete", True),
        ({"budget_usd": "null"}, "budget.usd", None),
        ({"budget_usd": "None"}, "budget.usd", None),
        ({"budget_usd": "2.5"}, "budget.usd", 2.5),
        ({"k_max": "3"}, "k_max", 3),
        ({"cohort": "null"}, "cohort", None),
        ({"cohort": "none"}, "cohort", None),
        ({"cohort": "trial"}, "cohort", "trial"),
        ({"cohort": "true"}, "cohort", "true"),
        ({"cohort": 2024}, "cohort", "2024"),
        ({"reuse": "never"}, "reuse", "never"),
        ({"data_root": "null"}, "data_root", "null"),
    ],
)
def test_strings_of_the_command_line_become_what_their_key_takes(
    values: dict[str, Any], name: str, expected: object
) -> None:
    found = attrgetter(name)(configured(**values))
    assert found == expected
    assert type(found) is type(expected)


def test_strings_are_read_at_every_depth() -> None:
    settings = configured(
        stages={"draft": {"max_tokens": "512", "temperature": "0.5", "min_lines": "0"}},
        filters={"models": "[a, 7]", "concepts": "null"},
        endpoints={"openrouter": {"requests_per_minute": "60", "api_key_env": "null"}},
    )
    assert settings.stages["draft"].max_tokens == 512
    assert settings.stages["draft"].temperature == 0.5
    assert settings.stages["draft"].min_lines == 0
    assert settings.filters.models == ("a", "7")
    assert settings.filters.concepts is None
    assert settings.endpoints["openrouter"].requests_per_minute == 60
    assert settings.endpoints["openrouter"].api_key_env is None


def test_a_whole_branch_can_be_one_string() -> None:
    settings = configured(filters="{templates: [novelty]}")
    assert settings.filters.templates == ("novelty",)


@pytest.mark.parametrize("key", ["k_max", "stages"])
def test_a_whole_number_written_with_a_point_is_that_whole_number_or_refused(key: str) -> None:
    """JSON schema calls 2.0 an integer; ``combinations`` and ``range`` do not."""
    values: dict[str, Any] = {"k_max": 2.0, "stages": {"draft": {"max_tokens": 400.0}}}
    try:
        settings = configured(**{key: values[key]})
    except ConfigError:
        return
    assert type(settings.k_max) is int
    assert type(settings.stages["draft"].max_tokens) is int


def test_a_temperature_written_as_a_whole_number_is_the_same_temperature() -> None:
    """Parameters are part of a fingerprint, so 0 and 0.0 must not look different there."""
    whole = configured(stages={"draft": {"temperature": 0}}).stages["draft"].temperature
    point = configured(stages={"draft": {"temperature": 0.0}}).stages["draft"].temperature
    assert repr(whole) == repr(point)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_temperature_that_no_provider_takes_is_refused(value: float) -> None:
    assert "temperature" in complaint(stages={"draft": {"temperature": value}})


def test_a_budget_that_could_never_be_reached_by_comparison_is_refused() -> None:
    assert "budget_usd" in complaint(budget_usd=float("nan"))


def test_a_later_file_wins_and_leaves_the_rest_as_it_was(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("k_max: 4\nstages: {draft: {max_tokens: 77}}\n", encoding="utf-8")
    second.write_text("k_max: 5\n", encoding="utf-8")
    merged = load_config([first, second], {"reuse": "never"})
    assert merged["k_max"] == 5
    assert merged["reuse"] == "never"
    assert merged["stages"]["draft"]["max_tokens"] == 77
    assert merged["stages"]["draft"]["min_lines"] == 3
    assert merged["stages"]["essay"] == load_config()["stages"]["essay"]


@pytest.mark.parametrize(
    "content", [b"- a\n- b\n", b"just words\n", b"a: [\n", b"k_max: 2 # caf\xe9\n"]
)
def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config([path])
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml"):
        load_config([tmp_path / "absent.yaml"])


def test_an_endpoint_is_embedded_when_it_has_an_engine() -> None:
    assert Endpoint("x", engine="llama.cpp").is_embedded
    assert not Endpoint("x", base_url="http://x").is_embedded


def test_a_configuration_that_says_nothing_of_comparisons_has_their_defaults() -> None:
    config = load_config()
    del config["stages"]["comparison"], config["pairs_per_essay"]
    settings = Settings.from_config(config)
    assert settings.stages["comparison"] == Settings.from_config(load_config()).stages["comparison"]
    assert settings.pairs_per_essay == 2


@pytest.mark.parametrize("value", [0, -1, 1.5, "many", None])
def test_pairs_per_essay_is_a_whole_number_from_one(value: object) -> None:
    with pytest.raises(ConfigError, match="pairs_per_essay"):
        Settings.from_config(load_config(values={"pairs_per_essay": value}))
