"""Every kind of file in a store x every damage: one message that names it, or as good as not there.

A finished store is walked, so a file of a new kind is broken as soon as there is one. Commands that
read run in this process; none may end in a traceback, write, or count what was damaged unseen.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daydream.cli.main import main

Damage = Callable[[Path], None]
READING = {
    "gens": (["status"], ["spend"], ["failures"]),
    "cohorts": (["status"], ["spend"], ["cohorts"], ["failures"]),
    "5_parsing": (["query", "select count(*) from parsed_scores"],),
    "6_summary": (["query", "select count(*) from ranking"],),
}
QUERIED = re.compile(r"(parsed_scores|ranking)\.(csv|parquet)$")
LAYERS = re.compile(r"8_report/\w+/(assets|essays|figures)/|6_summary/\w+/(?!ranking)|gens/essay/")


def _bytes(content: bytes) -> Damage:
    return lambda path: path.write_bytes(content) and None


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _twice(path: Path) -> None:
    path.write_bytes(path.read_bytes() * 2)


def _folder(path: Path) -> None:
    _remove(path)
    path.mkdir()
    (path / "other.txt").write_text("x")


def _link(target: str) -> Damage:
    def damage(path: Path) -> None:
        _remove(path)
        path.symlink_to(target.format(name=path.name))

    return damage


def _file(path: Path) -> None:
    _remove(path)
    path.write_text("x")


DAMAGES: dict[str, Damage] = {
    "emptied": _bytes(b""),
    "NULs": _bytes(b"\0" * 300),
    "no UTF-8": _bytes(b"\xff\xfe garbage \x80\n" * 5),
    "deep list": _bytes(b"[" * 100_000),
    "cut in half": _half,
    "twice": _twice,
    "a folder": _folder,
    "a loop": _link("{name}"),
    "a link to nowhere": _link("/nowhere/at/all"),
    "gone": _remove,
}
OF_FOLDERS = {"a file": _file, **{name: DAMAGES[name] for name in ("a loop", "gone")}}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, finished_once: Path) -> Path:
    """A finished store, with files that a run leaves under some conditions only."""
    root = tmp_path_factory.mktemp("damaged") / "store"
    shutil.copytree(finished_once, root, ignore=shutil.ignore_patterns(".snakemake", "assets"))
    data = root / "data"
    for name in (
        "cohorts/trial/definition.json",
        "5_parsing/trial/column_changes.json",
        "7_cross_experiment/filters.json",
        "budget/spent.json",
        "batches/mock/0123456789abcdef0123456789abcdef.json",
        "runs/host-1.json",
        "slices/running/host-1",
    ):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("{}")
    return root


def _kinds(data: Path) -> dict[str, Path]:
    """One file of each kind that the workflow writes, by a name that all of its kind share."""
    found: dict[str, Path] = {}
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data).as_posix()
        if path.is_file() and not name.startswith("1_raw") and not LAYERS.search(name):
            found.setdefault(re.sub(r"\b[dev]_\w{16}\b", "ID", name), path)
    return found


def _commands(name: str) -> Iterator[list[str]]:
    top = name.split("/")[0]
    if top in ("5_parsing", "6_summary") and not QUERIED.search(name):
        top = "other"
    yield from READING.get(top, (["status"],))


def _wrong(root: Path, name: str, damage: str, capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """What is wrong with how commands take a store in which something is damaged."""
    before = _tree(root / "data")
    for command in _commands(name):
        case = f"{name}, {damage}, {command[0]}"
        try:
            code = main([*command, "--configfile", str(root / "config.yaml")])
        except BaseException as error:
            yield f"{case}: {error!r}"
            continue
        out, err = capsys.readouterr()
        if "Traceback" in out + err or (code and not err.startswith("Error: ")):
            yield f"{case}: no message of ours: {err}"
        if code and (err.strip().count("\n") or len(err) > 1000):
            yield f"{case}: more than one line of words: {err[:1000]}"
        if code and name.split("/")[-1] not in err and Path(name).stem not in err:
            yield f"{case}: not named: {err}"
    if _tree(root / "data") != before:
        yield f"{name}, {damage}: something was written"


def _tree(root: Path) -> dict[str, int]:
    """The times of a store's files, without the pages of its report."""
    found: dict[str, int] = {}
    for folder, folders, files in os.walk(root):
        if "8_report" in folders:
            folders.remove("8_report")
        for name in files:
            path = f"{folder}/{name}"
            found[path] = os.lstat(path).st_mtime_ns
    return found


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_of_any_kind_ends_in_a_message_or_counts_as_not_there(
    damage: str, store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store)
    kinds = _kinds(store / "data")
    assert len(kinds) > 25, sorted(kinds)
    wrong = []
    for name, path in kinds.items():
        kept = path.with_name(f".{path.name}.kept")
        shutil.copy2(path, kept)
        DAMAGES[damage](path)
        wrong += _wrong(store, name, damage, capsys)
        if path.is_symlink() or path.exists():
            _remove(path)
        kept.rename(path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("damage", OF_FOLDERS)
def test_a_damaged_folder_does_too(
    damage: str, store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store)
    data = store / "data"
    draft = next((data / "gens" / "draft").iterdir()).relative_to(data).as_posix()
    wrong = []
    for name in ("gens", "gens/draft", draft, "cohorts", "cohorts/trial", "5_parsing", "runs"):
        path, kept = data / name, store / "kept"
        shutil.copytree(path, kept, copy_function=shutil.copy2)
        OF_FOLDERS[damage](path)
        wrong += [text for text in _wrong(store, name, damage, capsys) if "not named" not in text]
        if path.is_symlink() or path.exists():
            _remove(path)
        kept.rename(path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("damage", ["emptied", "no UTF-8", "cut in half", "a folder", "a loop"])
def test_verify_names_a_damaged_file_and_export_writes_an_archive_or_a_message(
    damage: str,
    store: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of texts and rosters; the store has no tables here, which take verify a second each."""
    root = tmp_path / "store"
    tables = shutil.ignore_patterns("[5-8]_*")
    shutil.copytree(store, root, ignore=tables, copy_function=shutil.copy2)
    monkeypatch.chdir(root)
    wrong = []
    for name, path in _kinds(root / "data").items():
        if not name.startswith(("gens", "cohorts", "combo_mappings.csv")) or "definition" in name:
            continue
        content = path.read_bytes()
        DAMAGES[damage](path)
        for command in (["verify"], ["export", "--output", str(tmp_path / "trial.zip")]):
            code = main([*command, "--configfile", "config.yaml"])
            out, err = capsys.readouterr()
            case = f"{name}, {damage}, {command[0]}: {err}"
            if "Traceback" in out + err or err.strip().count("\n"):
                wrong.append(f"{case}: more than one message")
            elif command[0] == "export" and code and path.name not in err:
                wrong.append(f"{case}: not named")
            elif command[0] == "verify" and not code and damage not in ("a folder", "a loop"):
                wrong.append(f"{case}: not found")
            elif command[0] == "verify" and code and path.name not in out + err:
                wrong.append(f"{case}: not named in {out}")
        _remove(path)
        path.write_bytes(content)
        assert {p.name for p in tmp_path.iterdir()} <= {"store", "trial.zip"}
    assert not wrong, "\n".join(wrong)
