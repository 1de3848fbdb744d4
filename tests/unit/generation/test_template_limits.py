"""Templates that would run for ever, or fill the memory, are stopped at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from daydream.errors import PromptError
from daydream.generation.prompts import render

R = "{% for a in range(100000) %}"


@pytest.mark.parametrize(
    "text",
    [
        R + R + "x{% endfor %}{% endfor %}",
        "{{ 10 ** (10 ** 8) }}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ [1] * 10 ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ 'x'.center(10 ** 9) }}",
        "{{ 'x'|center(10 ** 9) }}",
        "{% set t = namespace(x='x') %}{% for a in range(99) %}{% set t.x = t.x ~ t.x %}"
        "{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ range(10 ** 9)|list|length }}",
        "{{ lipsum(n=10 ** 7) }}",
    ],
)
def test_it_is_one_message_with_the_file_within_seconds(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    began = time.monotonic()
    with pytest.raises(PromptError, match=r"bad\.txt"):
        render(str(path), {})
    assert time.monotonic() - began < 20  # seconds on a busy machine; 3 by itself


def test_an_ordinary_template_is_not_hindered(tmp_path: Path) -> None:
    path = tmp_path / "good.txt"
    path.write_text("{% for n in numbers %}{{ '%3d' % n }} {{ 'ab'.center(9) }}\n{% endfor %}")
    assert render(str(path), {"numbers": range(500)}).count("\n") == 500
