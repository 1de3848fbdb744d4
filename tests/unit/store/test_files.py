"""A reader, or a kill, never meets half a file."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.store import files
from daydream.store.files import STALE_READS, append_line, read_current, write_json, write_text
from tests.support.workspace import ROOT

FULL_DISK = """
import resource, sys
sys.path.insert(0, {root!r})
from daydream.store.files import {function}
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    {function}({path!r}, "x" * 5000)
except OSError:
    sys.exit(7)
"""


def on_a_full_disk(function: str, path: Path) -> int:
    """How a process ends whose files can grow to 1,000 bytes only: 7 when it was told."""
    root = str(ROOT)
    code = FULL_DISK.format(root=root, function=function, path=str(path))
    return subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_a_text_is_written_with_its_folders_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.txt"
    write_text(path, "hello\n")
    assert path.read_bytes() == b"hello\n"
    assert os.listdir(path.parent) == ["x.txt"]


def test_a_name_without_a_folder_is_written_here(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_text("x.txt", "hello")
    assert os.listdir(tmp_path) == ["x.txt"]


def test_line_endings_and_every_character_are_written_as_they_are(tmp_path: Path) -> None:
    text = "a\r\nb\rc\n\u2028é\U0001f600\ufeff"
    write_text(tmp_path / "x.txt", text)
    assert (tmp_path / "x.txt").read_bytes() == text.encode("utf-8")


def test_half_a_surrogate_pair_does_not_lose_the_rest(tmp_path: Path) -> None:
    write_text(tmp_path / "x.txt", "paid \ud83d answer")
    assert (tmp_path / "x.txt").read_text(encoding="utf-8") == "paid ? answer"


def test_the_new_text_replaces_the_old_one_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "x.txt", "a long old text")
    write_text(tmp_path / "x.txt", "new")
    assert (tmp_path / "x.txt").read_text() == "new"


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    write_text(tmp_path / "x.txt", "old")

    def fail(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        write_text(tmp_path / "x.txt", "new")
    assert (tmp_path / "x.txt").read_text() == "old"


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path: Path) -> None:
    write_text(tmp_path / "x.txt", "old")
    assert on_a_full_disk("write_text", tmp_path / "x.txt") == 7
    assert (tmp_path / "x.txt").read_text() == "old"


def test_what_a_killed_writer_left_does_not_disturb_the_next_one(tmp_path: Path) -> None:
    (tmp_path / ".x.txt.1-2").write_text("half of a very long tex")
    write_text(tmp_path / "x.txt", "whole")
    assert (tmp_path / "x.txt").read_text() == "whole"
    assert sorted(os.listdir(tmp_path)) == [".x.txt.1-2", "x.txt"]


def test_a_reader_sees_the_old_or_the_new_text_and_never_half(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    texts = {"a" * 50_000, "b" * 70_000}
    write_text(path, "a" * 50_000)
    done = threading.Event()

    def write() -> None:
        for _ in range(100):
            for text in texts:
                write_text(path, text)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_text())
    writer.join()
    assert seen <= texts


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Runs in two working directories can share a data root; Snakemake's lock is the former's."""
    path = tmp_path / "x.txt"
    texts = ["a" * 200_000, "b" * 300_000] * 60
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda text: write_text(path, text), texts))
    assert path.read_text() in texts
    assert os.listdir(tmp_path) == ["x.txt"]


def test_json_keeps_the_order_of_keys_and_the_characters(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b": 1, "a": "é"})
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert list(json.loads(text)) == ["b", "a"]
    assert "é" in text
    assert text.endswith("}\n")


def test_lines_are_added_at_the_end(tmp_path: Path) -> None:
    for line in ("one", "two", "drei é"):
        append_line(tmp_path / "x", line)
    assert (tmp_path / "x").read_text(encoding="utf-8") == "one\ntwo\ndrei é\n"


def test_a_torn_last_line_is_closed_first(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("one\ntw")
    append_line(tmp_path / "x", "three")
    assert (tmp_path / "x").read_text() == "one\ntw\nthree\n"


def test_a_line_that_does_not_fit_on_the_disk_is_told(tmp_path: Path) -> None:
    assert on_a_full_disk("append_line", tmp_path / "x") == 7


@settings(deadline=None)
@given(st.lists(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\n"))))
def test_any_lines_are_read_back(tmp_path_factory, lines: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "lines"
    path.unlink(missing_ok=True)
    for line in lines[:5]:
        append_line(path, line)
    content = path.read_bytes().decode() if lines else ""
    assert content == "".join(f"{line}\n" for line in lines[:5])


@pytest.mark.parametrize("times", [1, STALE_READS])
def test_a_file_that_another_host_replaces_just_then_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    (tmp_path / "x").write_text("new")
    read, ends = files._content, [OSError(errno.ESTALE, "gone")] * times

    def read_once(path: Path) -> bytes:
        if ends:
            raise ends.pop()
        return read(path)

    monkeypatch.setattr(files, "STALE_S", 0.0)
    monkeypatch.setattr(files, "_content", read_once)
    assert read_current(tmp_path / "x") == b"new"


@pytest.mark.parametrize(("number", "reads"), [(errno.ESTALE, STALE_READS + 1), (errno.EACCES, 1)])
def test_any_other_end_of_reading_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, reads: int
) -> None:
    asked: list[Path] = []

    def read_once(path: Path) -> bytes:
        asked.append(path)
        raise OSError(number, "no")

    monkeypatch.setattr(files, "STALE_S", 0.0)
    monkeypatch.setattr(files, "_content", read_once)
    with pytest.raises(OSError, match="no"):
        read_current(tmp_path / "x")
    assert len(asked) == reads
