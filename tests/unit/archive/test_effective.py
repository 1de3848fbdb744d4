"""The configuration that an archive carries: the same cohort elsewhere, and no secret."""

from __future__ import annotations

import json

from daydream.archive.effective import LEFT_OUT, effective_config
from daydream.experiment.settings import Settings, load_config

SECRET = "s3cret"


def effective(**values: object) -> dict:
    settings = Settings.from_config(load_config(values=values))
    return effective_config(settings, "data", "june")


def test_it_is_a_configuration_that_gives_the_same_settings():
    values = {"k_max": 3, "filters": {"models": ["a", "b"]}, "budget_usd": 2.5, "resample": 1}
    config = effective(**values)
    json.dumps(config)
    again = Settings.from_config(config)
    expected = Settings.from_config(load_config(values={**values, "cohort": "june"}))
    assert again == expected


def test_what_may_be_a_secret_is_left_out_and_what_was_asked_is_kept():
    endpoint = {
        "base_url": f"https://user:{SECRET}@host:8443/v1?key={SECRET}#{SECRET}",
        "headers": {"X-Key": SECRET},
        "extra_body": {"top_p": 0.9},
        "api_key_env": "MY_KEY",
    }
    body = effective(endpoints={"mine": endpoint})["endpoints"]["mine"]
    assert SECRET not in json.dumps(body)
    assert body["base_url"] == "https://host:8443/v1"
    assert body["headers"] == {"X-Key": LEFT_OUT}
    assert (body["extra_body"], body["api_key_env"]) == ({"top_p": 0.9}, "MY_KEY")
    assert "name" not in body and "engine" not in body


def test_a_path_of_this_machine_is_its_file_name():
    endpoint = {"engine": "llama.cpp", "model_path": "/home/somebody/models/small.gguf"}
    body = effective(endpoints={"mine": endpoint})["endpoints"]["mine"]
    assert body["model_path"] == "small.gguf" and body["engine"] == "llama.cpp"
    assert "base_url" not in body
