"""A wrong template is found before the first call, whichever stage it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Score this.\n{{ essay }}\nSCORE:", "line 2"),
        ("Score this.\nSCORE:", "does not show the essay"),
        ("{% if %}", "line 1"),
    ],
)
def test_a_broken_rubric_is_found_for_nothing(
    tmp_path: Path, server: MockServer, text: str, told: str
) -> None:
    work = Workspace(tmp_path, server.base_url)
    for path in (work.data / "1_raw" / "templates" / "evaluation").glob("*.txt"):
        path.write_text(text, encoding="utf-8")
    run = work.run(ok=False)
    assert told in run.output
    assert "Traceback" not in run.output
    assert len(server.calls) == 0
