"""What is on disk of a batch under way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daydream.errors import CallError
from daydream.llm.batch.state import BatchState, Line, StateFolder
from tests.unit.llm.test_request import build

LINE = Line.of(build(), forced=True)
STATE = BatchState("ab12", "2026-01-02T03:04:05+00:00", (LINE,), batch_id="batch_1")


def test_a_state_is_read_as_it_was_written_and_gone_when_forgotten(tmp_path: Path) -> None:
    folder = StateFolder(str(tmp_path))
    folder.write(STATE)
    assert folder.unfinished() == ["ab12"]
    assert folder.read("ab12") == STATE
    held = folder.try_lock("ab12")
    assert held is not None and folder.try_lock("ab12") is None
    held.close()
    folder.forget("ab12")
    assert (folder.unfinished(), folder.read("ab12")) == ([], None)


def test_a_state_of_an_earlier_version_has_no_fallback(tmp_path: Path) -> None:
    folder = StateFolder(str(tmp_path))
    folder.write(STATE)
    content = json.loads(folder.path("ab12").read_text())
    for name in ("fallback", "fallback_reason", "thinking_tags", "body_keys"):
        del content["lines"][0][name]
    folder.path("ab12").write_text(json.dumps(content))
    assert folder.read("ab12") == STATE


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"lines": [{"stage": "draft"}]}', "null"])
def test_a_damaged_state_is_told_with_its_path_and_what_to_do(content: str, tmp_path: Path) -> None:
    folder = StateFolder(str(tmp_path))
    folder.path("ab12").write_text(content)
    with pytest.raises(CallError, match=r"ab12\.json is not the state of a batch.*Move it away"):
        folder.read("ab12")
