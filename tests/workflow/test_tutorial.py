"""The tutorial: its commands are run as they stand, against a mock server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.mock_server import MockServer
from tests.support.workspace import ROOT

ADDRESS = "http://localhost:8000/v1"


def commands() -> str:
    """All blocks of shell commands of the page, in order."""
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    return "".join(re.findall(r"^```bash\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))


def test_every_command_of_the_tutorial_does_what_the_page_says(
    tmp_path: Path, server: MockServer
) -> None:
    script = commands()
    assert ADDRESS in script
    server.answer(with_="A little.\nSCORE: 3", containing="be surprised")
    for name in ("daydream", "snakemake"):
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {name} "$@"\n')
        command.chmod(0o755)
    done = subprocess.run(
        ["bash", "-euxc", script.replace(ADDRESS, server.base_url)],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    drafts = 3 * 2 * 2  # combinations x templates x writers
    essays = drafts * 2  # replicates; a copy of each draft costs nothing
    judged = essays + drafts
    by_others = judged  # in the design, ann judges what bob wrote, and bob what ann wrote
    assert server.paid == drafts + essays + 2 * judged + by_others
    assert len(list((tmp_path / "tides").glob("*.zip"))) == 1
