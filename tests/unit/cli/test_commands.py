"""How commands open an experiment, and what they pass on to Snakemake."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from daydream.cli.grammar import build_parser
from daydream.cli.opening import open_config, with_own_options
from daydream.cli.plan import _as_snakemake_has_them
from daydream.errors import DaydreamError


def parse(*arguments: str):
    return build_parser().parse_args(arguments)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_options_go_over_files_and_files_over_the_experiments_own(here: Path):
    (here / "daydream.yaml").write_text("k_max: 3\ncohort: own\ndata_root: mine\n")
    (here / "other.yaml").write_text("cohort: other\ndata_root: theirs\n")
    assert open_config(parse("status"))[1].cohort == "own"
    given = parse("status", "--configfile", "other.yaml", "--config", "data_root=typed")
    settings = open_config(given)[1]
    assert (settings.k_max, settings.cohort, settings.data_root) == (3, "other", "typed")


def test_configuration_files_are_those_of_where_the_command_was_typed(here: Path):
    elsewhere = here / "elsewhere"
    elsewhere.mkdir()
    (here / "mine.yaml").write_text("cohort: mine\n")
    (elsewhere / "daydream.yaml").write_text("k_max: 4\n")
    given = parse("status", "--directory", "elsewhere", "--configfile", "mine.yaml")
    settings = open_config(given)[1]
    assert (settings.cohort, settings.k_max) == ("mine", 4)
    assert Path.cwd() == elsewhere


def test_a_directory_that_is_not_there_is_named():
    with pytest.raises(DaydreamError, match="--directory nowhere: No such file or directory"):
        open_config(parse("status", "--directory", "nowhere"))


def test_a_plan_is_asked_of_snakemake_with_the_same_words():
    given = parse("plan", "evaluation", "-f", "-R", "generate_draft", "--config", "k_max=1")
    passed = list(_as_snakemake_has_them(given))
    assert passed == [
        *("evaluation", "--config", "k_max=1", "--forcerun", "generate_draft", "--force"),
    ]
    assert list(_as_snakemake_has_them(parse("plan"))) == []


def test_a_proposed_command_has_the_options_that_were_given() -> None:
    typed = Namespace(directory="d", configfile=[Path("a.yaml")], config=["cohort=x"])
    options = "--directory d --configfile a.yaml --config cohort=x"
    for words in ("Make it: snakemake cohort", "To make the rest: snakemake"):
        assert with_own_options(words, typed) == f"{words} {options}"
    for words in ("daydream writes", "Unpack it: unzip a.zip", "snakemake -f a: b"):
        assert with_own_options(words, typed) == words
    assert with_own_options("See: daydream cohorts", Namespace()) == "See: daydream cohorts"
