"""Broken configurations, catalogs and templates: one message at once, and nothing written."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from daydream.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
Break = Callable[[Path], list[str]]


def config(content: str | bytes, name: str = "mine.yaml") -> Break:
    def apply(root: Path) -> list[str]:
        path = root / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return ["--configfile", str(path)]

    return apply


def raw(name: str, change: Callable[[bytes], bytes]) -> Break:
    def apply(root: Path) -> list[str]:
        path = root / "data" / "1_raw" / name
        path.write_bytes(change(path.read_bytes()))
        return []

    return apply


def put(name: str, content: str | bytes) -> Break:
    def apply(root: Path) -> list[str]:
        path = root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return []

    return apply


def draft(content: str | bytes) -> Break:
    def apply(root: Path) -> list[str]:
        for path in (root / "data" / "1_raw" / "templates" / "draft").glob("*.txt"):
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return []

    return apply


CONFIGS: dict[str, str | bytes] = {
    "a list": "- a\n",
    "a word": "words\n",
    "nothing": "",
    "an open bracket": "stages: {draft: [\n",
    "a tab": "stages:\n\tdraft: 1\n",
    "a key twice": "k_max: 2\nk_max: 3\n",
    "a nested key twice": "stages: {draft: {max_tokens: 1, max_tokens: 2}}\n",
    "Latin-1": "data_root: café\n".encode("latin-1"),
    "UTF-16": "k_max: 3\n".encode("utf-16"),
    "NUL": b"cohort: a\0b\n",
    "itself": "filters: &a\n  models: *a\n",
    "merged with itself": "stages: &a\n  <<: *a\n",
    "deep": "filters: " + "[" * 3000 + "]" * 3000,
    "bomb": "a0: &a0 [x, x]\n"
    + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)),
    "code": "k_max: !!python/object/apply:os.getcwd []\n",
    "a list as key": "? [a, b]\n: 1\n",
    "two documents": "k_max: 2\n---\nk_max: 3\n",
    "unknown anchor": "k_max: *nothing\n",
    **{f"unknown key {key}": f"{key}: 1\n" for key in ("k_mx", "Cohort", "budget", "model", "'1'")},
    **{
        f"k_max {value}": f"k_max: {value}\n"
        for value in ("0", "-1", "2.5", "true", "null", "two", "[2]", ".nan", ".inf", "1e999", "99")
    },
    **{
        f"cohort {value!r}": f"cohort: {value}\n"
        for value in ("a b", "..", "a/b", "''", "[a]", "../x", "x" * 300, "é", "'a:b'")
    },
    **{
        f"data_root {value!r}": f"data_root: {value}\n"
        for value in (
            "''",
            "'a{b}'",
            "nowhere",
            '"a\\0b"',
            "[a]",
            "null",
            "'{gen_id}'",
            "mine.yaml",
        )
    },
    **{
        f"budget_usd {value}": f"budget_usd: {value}\n"
        for value in ("-1", ".nan", ".inf", "1e999", "much", "true", "[]", "{}")
    },
    **{
        f"temperature {value}": f"stages: {{draft: {{temperature: {value}}}}}\n"
        for value in ("-0.1", ".nan", "warm", "null", "[0]", "true")
    },
    **{
        f"max_tokens {value}": f"stages: {{essay: {{max_tokens: {value}}}}}\n"
        for value in ("0", "-5", "1.5", "null", "many", "1e400")
    },
    "stage null": "stages: {draft: null}\n",
    "stages a list": "stages: [draft]\n",
    "unknown stage": "stages: {drafts: {}}\n",
    "no endpoint": "default_endpoint: nowhere\n",
    "endpoint without address": "endpoints: {x: {}}\n",
    "endpoint with both": "endpoints: {x: {base_url: 'http://x', engine: llama.cpp}}\n",
    "endpoint name": "endpoints: {'a b': {base_url: 'http://x'}}\n",
    "endpoint called": "endpoints: {x: {base_url: 'http://x', name: y}}\n",
    "endpoint address": "endpoints: {x: {base_url: 'ftp://x'}}\n",
    "endpoint key": "endpoints: {openrouter: {api_key: secret}}\n",
    "endpoint time": "endpoints: {openrouter: {timeout_s: 1e300}}\n",
    "endpoint headers": "endpoints: {openrouter: {headers: [a]}}\n",
    "resample": "resample: 1000000000\n",
    "reuse": "reuse: sometimes\n",
    "coverage": "min_coverage: 1.01\n",
    "level": "description_level: page\n",
    "filter by nothing": "filters: {concepts: []}\n",
    "filter by unknown": "filters: {concepts: [nothing]}\n",
    "filter by number": "filters: {models: 5}\n",
    "too few allowed": "max_generations: 1\n",
    "no batch": "batch: maybe\n",
}

HUGE = "stage,replicates\nevaluation,{}\n"
MANY = "concept_id,name\n" + "".join(f"c{i},C\n" for i in range(40))
CATALOGS: dict[str, Break] = {
    **{
        f"{name} {kind}": raw(name, change)
        for name in ("concepts_metadata.csv", "draft_templates.csv", "llm_models.csv")
        for kind, change in {
            "empty": lambda _: b"",
            "UTF-16": lambda b: b.decode().encode("utf-16"),
            "Latin-1": lambda b: b + b"\xe9,x\n",
            "NUL": lambda b: b + b"a\0b,x\n",
            "open quote": lambda b: b + b'"x,y\n',
            "ragged": lambda b: b + b"zz" + b",x" * 40 + b"\n",
            "twice": lambda b: b + b.splitlines()[1] + b"\n",
            "no id": lambda b: b + b" ,x\n",
            "two dots": lambda b: b + b"..,x\n",
            "slash": lambda b: b + b"a/b,x\n",
            "long id": lambda b: b + b"x" * 300 + b",x\n",
            "column twice": lambda b: b.replace(b"\n", b",same,same\n", 1),
            "garbage": lambda _: bytes(range(256)) * 10,
        }.items()
    },
    **{
        f"misspelt {name}": raw(
            "concepts_metadata.csv", lambda b, name=name: b.replace(b"active", name.encode(), 1)
        )
        for name in ("Active", "is_active", "\N{CYRILLIC SMALL LETTER A}ctive")
    },
    "misspelt flag": raw(
        "llm_models.csv", lambda b: b.replace(b"for_evaluation", b"for_evalution", 1)
    ),
    "flag": raw("concepts_metadata.csv", lambda _: b"concept_id,name,active\na,A,perhaps\n"),
    **{
        f"replicates {value}": put("1_raw/replication_config.csv", HUGE.format(value))
        for value in ("0", "-1", "nan", "inf", "1e999", "true", "1.5", "1000000000", "1e300", "")
    },
    "unknown stage": put("1_raw/replication_config.csv", "stage,replicates\nessays,2\n"),
    "C(40,20)": lambda root: [
        *put("1_raw/concepts_metadata.csv", MANY)(root),
        *config("k_max: 20\n")(root),
    ],
    "curated by nothing": put("2_tasks/selected_combo_mappings.csv", "combo_id,concept_id\n"),
    "curated unknown": put("2_tasks/selected_combo_mappings.csv", "combo_id,concept_id\na,zz\n"),
    "selected nothing": put("2_tasks/selected_essays.txt", "# none\n"),
    "selected unknown": put("2_tasks/selected_essays.txt", "e_0000000000000000\n"),
}

TEMPLATES: dict[str, str | bytes] = {
    "empty": "",
    "blank": " \n{# nothing #}\n",
    "Latin-1": "caf\xe9".encode("latin-1"),
    "syntax": "a\n{% for %}",
    "unclosed": "{% if concepts %}",
    "unknown": "a\n{{ essay }}",
    "unknown filter": "{{ concepts|nothing }}",
    "endless loops": "{% for i in range(99999) %}" * 2 + "{% endfor %}" * 2,
    "power": "{{ 10**(10**8) }}",
    "width": '{{ "%1000000000d" % 1 }}',
    "format width": '{{ "{:1000000000d}".format(1) }}',
    "centre": '{{ "x"|center(1000000000) }}',
    "product": '{{ "x" * 1000000000 }}',
    "big": "{% for i in range(99999) %}" + "x" * 1200 + "{% endfor %}",
    "doubling": "{% set n = namespace(x='xx') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}"
    "{% endfor %}{{ n.x }}",
    "recursion": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "doubling recursion": "{% macro f(n) %}{{ f(n - 1) ~ f(n - 1) if n else '' }}{% endmacro %}"
    "{{ f(99) }}",
    "brackets": "{{" + "(" * 3000 + "1" + ")" * 3000 + "}}",
    "code": "{{ concepts.__class__.__mro__ }}",
    "include": '{% include "other" %}',
    "large file": "x" * 2_000_000,
}

CASES: dict[str, Break] = {
    **{f"config: {name}": config(content) for name, content in CONFIGS.items()},
    **{f"catalog: {name}": change for name, change in CATALOGS.items()},
    **{f"template: {name}": draft(content) for name, content in TEMPLATES.items()},
}
REAL = [
    *("config: k_max 0", "config: unknown key k_mx", "config: a key twice", "config: cohort 'a b'"),
    *("config: data_root 'nowhere'", "config: resample", "config: too few allowed"),
    *("config: Latin-1", "catalog: C(40,20)", "catalog: replicates 1e300"),
    *("catalog: misspelt flag", "catalog: llm_models.csv NUL", "catalog: llm_models.csv UTF-16"),
    *("catalog: concepts_metadata.csv long id", "catalog: draft_templates.csv empty"),
    *("catalog: selected unknown",),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "data" / "1_raw", tmp_path / "data" / "1_raw")
    return tmp_path


def _tree(root: Path) -> dict[str, float]:
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def test_there_are_enough_broken_inputs() -> None:
    assert len(CASES) >= 120


@pytest.mark.parametrize("name", CASES)
def test_a_broken_input_is_one_message_at_once(
    name: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    options = CASES[name](place)
    before, begun = _tree(place), time.process_time()
    code = main(["prompts", *options])
    err = capsys.readouterr().err
    assert code == 1
    assert time.process_time() - begun < 5
    assert err.startswith("Error: ")
    assert err.strip().count("\n") == 0, err
    assert len(err) < 1000
    assert "Traceback" not in err
    assert _tree(place) == before


@pytest.mark.parametrize("name", REAL)
def test_snakemake_tells_a_broken_input_in_one_message(name: str, place: Path) -> None:
    options = CASES[name](place)
    before = _tree(place / "data")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    run = subprocess.run(
        [*command, *options, "--directory", str(place)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.count("Error: ") == 1, run.stderr
    assert "Traceback" not in run.stderr
    assert _tree(place / "data") == before
