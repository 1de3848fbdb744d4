"""Hostile texts, and a key, through a whole run: nothing executes, nothing leaks."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daydream.cli.main import main
from daydream.formats import printable
from tests.support.meanwhile import meanwhile
from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Workspace

KEY = "sk-canary-7d1f-not-to-be-written-down"
VARIABLE = "DAYDREAM_TEST_CANARY"
ESCAPES = "\x1b[2J\x1b]0;title\x07\u202egnp\u2066\0"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
HOSTILE = f"=cmd|' /C calc'!A1\r{ESCAPES}{SCRIPT}" + '","\n' + "x" * 1_000_000 + '{"a":[' * 2_000


@pytest.fixture
def hostile(work: Workspace, server: MockServer, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Three drafts of hostile texts, an endpoint that repeats the key, a judge that is none."""
    monkeypatch.setenv(VARIABLE, KEY)
    server.required_key = KEY
    work.config["endpoints"]["mock"]["api_key_env"] = VARIABLE
    work.templates("essay", ["copy"], text="")
    server.answer(with_=HOSTILE, containing="Connect")
    answer = f"{HOSTILE[:200]} Incorrect key {KEY}."
    server.fault(Fault.status(400, message=answer), containing="Judge", times=1)
    server.fault(Fault.wrong_model(f"=1+1\r{ESCAPES}{SCRIPT}"), times=None)
    return work


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """Every command line that a process of this machine has meanwhile."""
    seen: set[bytes] = set()

    def look() -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(path.read_bytes())
            except OSError:
                continue

    with meanwhile(look, every_s=0.2):
        yield seen


def test_hostile_texts_and_a_key_stay_where_they_belong(
    hostile: Workspace, server: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with command_lines() as lines:
        run = hostile.run("--keep-going", ok=False)
        hostile.run("report", "--config", "allow_incomplete=true")
    assert server.received == server.paid + 1 == 6
    printed = [run.output]
    draft, bad = hostile.ids("draft")[0], _failed(hostile)
    place = ("-d", str(hostile.root), "--configfile", str(hostile.root / "config.yaml"))
    sql = ("query", "SELECT * FROM generations", "--csv")
    archive = str(hostile.root / "all.zip")
    for command in (
        ("show", draft),
        ("show", bad),
        ("failures",),
        sql,
        sql[:2],
        ("query", "SELECT * FROM parsed_scores", "--csv"),
        ("spend",),
        ("methods",),
        ("status",),
        ("export", "--output", archive),
        ("verify", archive),
    ):
        main([*command, *(() if command[0] == "verify" else place)])
        output = capsys.readouterr()
        printed.append(output.out + output.err)
        assert "Traceback" not in printed[-1] and printed[-1], command
    for text in printed:
        assert printable(text) == text.replace("\r\n", "\n")
        assert KEY not in text
    assert hostile.answers("draft", draft) == [HOSTILE]
    _check_tables(hostile.data)
    _check_pages(hostile.data)
    assert lines and not any(KEY.encode() in line for line in lines)
    files = [path for path in hostile.root.rglob("*") if path.is_file()]
    assert len(files) > 60
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    with zipfile.ZipFile(archive) as file:
        assert file.testzip() is None
        assert [name for name in file.namelist() if KEY.encode() in file.read(name)] == []


def _failed(work: Workspace) -> str:
    (bad,) = (i for i in work.ids("evaluation") if not work.gen("evaluation", i).exists())
    return bad


def _check_tables(data: Path) -> None:
    tables = [p for folder in ("5_parsing", "6_summary") for p in (data / folder).rglob("*.csv")]
    assert len(tables) > 10
    for path in tables:
        with path.open(newline="", encoding="utf-8") as file:
            content = file.read()
            file.seek(0)
            rows = list(csv.reader(file))
        assert printable(content) == content, path
        assert len({len(row) for row in rows}) == 1, path
        assert not any(cell.startswith("=") for row in rows for cell in row), path


def _check_pages(data: Path) -> None:
    pages = list((data / "8_report").rglob("*.html"))
    assert len(pages) > 3
    for path in pages:
        page = path.read_text()
        assert "<script>alert" not in page and "<img src=x" not in page, path
        assert printable(page) == page, path
