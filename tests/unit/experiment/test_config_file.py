"""Configuration files and strings: names as they were typed, mistakes told with their line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from snakemake.cli import parse_config
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from daydream.errors import ConfigError
from daydream.experiment.config_file import keep_typed, load_config, own_files, read_pairs
from daydream.experiment.settings import Settings

NAMES = [
    "2026_11_26",
    "007",
    "yes",
    "1e3",
    "True",
    "2026-11-26",
    "+5",
    "0x1F",
    "trial",
    "12.50",
    "NaN",
    "inf",
]


def as_snakemake(pairs: list[str], files: list[Path]) -> dict[str, Any]:
    """The configuration that the rules see: Snakemake's own, and what was typed put back."""
    config: dict[str, Any] = load_config()
    for path in files:
        update_config(config, load_configfile(path))
    update_config(config, parse_config(pairs))
    keep_typed(config, pairs, files)
    return config


@pytest.mark.parametrize("name", [name for name in NAMES if name != "+5"])
def test_a_cohort_is_called_what_was_typed_by_snakemake_and_daydream(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"cohort: {name}\nfilters: {{models: [{name}]}}\n", encoding="utf-8")
    pairs = [f"cohort={name}", f"filters={{models: [{name}]}}"]
    for given, files in ((pairs, []), ([], [path])):
        ours = Settings.from_config(load_config(files, read_pairs(given)))
        theirs = Settings.from_config(as_snakemake(given, files))
        assert ours.cohort == theirs.cohort == name
        assert ours.filters == theirs.filters
        assert ours.filters.models == (name,)


def test_the_command_line_wins_over_a_file_that_means_the_same_number(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("cohort: 007\n", encoding="utf-8")
    assert as_snakemake(["cohort=7"], [path])["cohort"] == "7"


def test_a_text_that_snakemake_takes_for_a_mapping_is_the_text_that_was_typed() -> None:
    assert as_snakemake(["cohort=a: b"], [])["cohort"] == "a: b"


def test_what_an_outer_workflow_has_set_stays(tmp_path: Path) -> None:
    path = tmp_path / "outer.yaml"
    path.write_text("cohort: 007\n", encoding="utf-8")
    config: dict[str, Any] = {"cohort": "theirs"}
    keep_typed(config, ["cohort=8"], [path])
    assert config == {"cohort": "theirs"}


@pytest.mark.parametrize(
    "pairs",
    [
        ["k_max=3", "budget_usd=2.5", "allow_incomplete=true", "reuse=never"],
        ["stages={draft: {max_tokens: 9, temperature: 1}}", "data_root=2024"],
        ["endpoints={mine: {base_url: 'http://x/v1', extra_body: {top_p: 0.9}}}"],
        ["budget_usd=null", "min_coverage=1", "filters={concepts: null}"],
    ],
)
def test_snakemake_and_daydream_read_the_same_settings(pairs: list[str]) -> None:
    ours = Settings.from_config(load_config(values=read_pairs(pairs)))
    assert Settings.from_config(as_snakemake(pairs, [])) == ours


BROKEN = {
    "a key twice": (b"k_max: 2\nreuse: auto\nk_max: 3\n", "line 3"),
    "a key twice, deep": (b"stages:\n  draft: {max_tokens: 1, max_tokens: 2}\n", "line 2"),
    "Latin-1": ("data_root: café\n".encode("latin-1"), "UTF-8"),
    "UTF-16": ("k_max: 3\n".encode("utf-16"), "UTF-8"),
    "NUL": (b"k_max: 3\ncohort: a\0b\n", "line 2"),
    "a reference to itself": (b"filters: &a\n  models: *a\n", "contains itself"),
    "a merge with itself": (b"stages: &a\n  <<: *a\n", "contains itself"),
    "deep lists": (b"filters: " + b"[" * 5000 + b"]" * 5000, "levels"),
    "deep blocks": (
        b"".join(b" " * i + b"a:\n" for i in range(500)),
        "levels",
    ),
    "a list": (b"- k_max\n", "not a mapping"),
    "nothing": (b"", "not a mapping"),
    "tabs": (b"stages:\n\tdraft: 1\n", "line 2"),
    "an open bracket": (b"stages: {draft: [\n", "line"),
    "code": (b"k_max: !!python/object/apply:os.getcwd []\n", "line 1"),
    "a wrong date": (b"k_max: 2026-99-99\n", "no YAML"),
    "ten million bytes": (b"# " + b"x" * 10_000_000, "bytes"),
    "a key that is a list": (b"? [a, b]\n: 1\n", "line 1"),
    "references that double": (
        b"a0: &a0 [x, x]\n"
        + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 40)),
        "references",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_told_at_once_with_its_place(kind: str, tmp_path: Path) -> None:
    content, place = BROKEN[kind]
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    begun = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        Settings.from_config(load_config([path]))
    assert time.monotonic() - begun < 5
    assert str(path) in str(caught.value)
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_json_with_tabs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{\n\t"k_max": 3\n}', encoding="utf-8")
    assert load_config([path])["k_max"] == 3


def test_references_that_a_person_would_write_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "stages:\n  draft: &long {max_tokens: 9, temperature: 0}\n  essay: {<<: *long}\n",
        encoding="utf-8",
    )
    assert Settings.from_config(load_config([path])).stages["essay"].max_tokens == 9


def test_a_pair_without_a_value_sign_is_refused() -> None:
    with pytest.raises(ConfigError, match="key=value"):
        read_pairs(["cohort"])


def test_the_working_directory_may_have_a_configuration_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert own_files() == []
    (tmp_path / "daydream.yaml").write_text("k_max: 3\n")
    assert load_config(own_files())["k_max"] == 3
    (tmp_path / "named.yaml").write_text("k_max: 4\n")
    monkeypatch.setenv("DAYDREAM_CONFIG", str(tmp_path / "named.yaml"))
    assert load_config(own_files())["k_max"] == 4
    monkeypatch.setenv("DAYDREAM_CONFIG", "gone.yaml")
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        load_config(own_files())
