"""Broken specs, and files that are none, are one message at once, and nothing is written."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from daydream.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
SPECS: dict[str, str | bytes] = {
    "a list": "- a\n",
    "a word": "words\n",
    "an open bracket": "axes: {a: [\n",
    "a tab": "axes:\n\ta: 1\n",
    "a key twice": "axes: {}\naxes: {}\n",
    "Latin-1": "axes: {combo_id: [café]}\n".encode("latin-1"),
    "UTF-16": "axes: {}\n".encode("utf-16"),
    "NUL": b"axes: {draft_template: [\0]}\n",
    "itself": "axes: &a\n  x: *a\n",
    "merged with itself": "axes: &a\n  <<: *a\n",
    "deep": "axes: " + "[" * 3000 + "]" * 3000,
    "deep objects": "axes: " + "{a: " * 3000 + "1" + "}" * 3000,
    "a bomb": "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)).replace(
        "*a0", "x"
    ),
    "a bomb on an axis": "rules: {x0: &a0 [x, x]}\naxes: {draft_template: ["
    + ", ".join(f"&a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40))
    + "]}\n",
    "code": "axes: !!python/object/apply:os.getcwd []\n",
    "a list as key": "? [a, b]\n: 1\n",
    "two documents": "axes: {}\n---\naxes: {}\n",
    "an unknown anchor": "axes: *x\n",
    "an unknown key": "axis: {}\n",
    "axes null": "axes: null\n",
    "axes a list": "axes: [a]\n",
    "an unknown axis": "axes: {colour: [red]}\n",
    "an empty axis": "axes: {draft_template: []}\n",
    "an axis null": "axes: {draft_template: [null]}\n",
    "an axis a number": "axes: {draft_template: 5}\n",
    "a replicate 0": "axes: {evaluation_replicate: [0]}\n",
    "a replicate 1e9": "axes: {evaluation_replicate: [1e9]}\n",
    "an unknown template": "axes: {draft_template: [nothing]}\n",
    "an unknown model": "axes: {draft_llm: [nobody]}\n",
    "no file": "axes: {draft_llm: '@file:none.csv'}\n",
    "a file outside": "axes: {draft_llm: '@file:../../../../../../etc/passwd'}\n",
    "an absolute file": "axes: {draft_llm: '@file:/etc/passwd'}\n",
    "a folder as file": "axes: {draft_llm: '@file:.'}\n",
    "itself as file": "axes: {draft_llm: '@file:config.yaml'}\n",
    "rules a list": "axes: {}\nrules: [1]\n",
    "an unknown rule": "axes: {}\nrules: {sorts: {}}\n",
    "a tie of nothing": "axes: {}\nrules: {ties: {a: {axes: [x, y]}}}\n",
    "essays that are none": "essays: [e_0000000000000000]\n",
    "essays a path": "essays: [../../../etc/passwd]\n",
    "combos of no kind": "combos: {kind: all_of_them}\n",
    "combos without end": "combos: {kind: sample, n: 1e300}\n",
}


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _dangling(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


NO_FILES: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a loop": _loop,
    "a link to nowhere": _dangling,
}
# Optional files: to pass over what stands in their place would ask for another experiment.
PLACES = [
    "cohorts/mine/spec/config.yaml",
    "2_tasks/selected_essays.txt",
    "2_tasks/selected_combo_mappings.csv",
    "1_raw/replication_config.csv",
    "1_raw/comparison_templates.csv",
    "1_raw/llm_models.csv",
    "1_raw/templates/draft/links-v1.txt",
    "1_raw/concepts/descriptions-paragraph/default-mode-network.txt",
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "data" / "1_raw", tmp_path / "data" / "1_raw")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def told(place: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one message of a command that looks at the cohort and writes nothing."""
    before, begun = _tree(place), time.monotonic()
    assert main(["prompts", "--config", "cohort=mine"]) == 1
    assert time.monotonic() - begun < 5
    out, err = capsys.readouterr()
    assert err.startswith("Error: ") and err.count("\n") == 1, err
    assert "Traceback" not in out + err and len(err) < 1000
    assert _tree(place) == before
    return err


def _tree(root: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in root.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("name", SPECS)
def test_a_broken_spec_is_one_message_at_once(
    name: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, content = place / "cohorts" / "mine" / "spec" / "config.yaml", SPECS[name]
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert "cohorts/mine/spec" in told(place, capsys)


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", PLACES)
def test_what_is_no_file_is_told_and_never_passed_over(
    name: str, kind: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    NO_FILES[kind](path)
    assert path.name in told(place, capsys)
