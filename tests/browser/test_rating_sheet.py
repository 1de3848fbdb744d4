"""The rating sheet as a person uses it: from disk, with the keyboard, saved as a CSV."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from daydream.parsers import ScoreRange
from daydream.report.rating_sheet import SheetEssay, write_sheet

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (on Debian: apt-get install chromium)"
)
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
HOSTILE = "</script><script>window.ran = true</script><img src=x onerror='window.ran = true'>"


def test_a_person_rates_by_keyboard_comes_back_and_saves(tmp_path: Path) -> None:
    essays = [SheetEssay("e_1", "First."), SheetEssay("e_2", HOSTILE), SheetEssay("e_3", "Third.")]
    scale = ScoreRange(0, 10)
    page_path, sheet = write_sheet(f"{tmp_path}/novelty-1", essays, "novelty", "Judge.", scale, 5)
    order = [row["gen_id"] for row in csv.DictReader(io.StringIO(Path(sheet).read_text()))]
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(accept_downloads=True)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda one: one.type == "error" and problems.append(one.text))
        page.goto(Path(page_path).as_uri())
        assert page.locator("#where").inner_text().startswith("Essay 1 of 3 (0 rated)")
        page.keyboard.press("7")
        assert page.locator("#where").inner_text().startswith("Essay 2 of 3 (1 rated)")
        page.keyboard.press("c")
        page.keyboard.type('odd, "new"')
        page.keyboard.press("Enter")
        page.keyboard.press("x")  # ten
        page.wait_for_timeout(1000)  # Chromium writes its storage a moment later
        page.reload()  # progress is kept in the browser, and the place where one left off
        assert page.locator("#where").inner_text().startswith("Essay 3 of 3 (2 rated)")
        assert page.evaluate("window.ran") is None
        with page.expect_download() as download:
            page.keyboard.press("s")
        download.value.save_as(tmp_path / "ratings.csv")
        browser.close()
    assert problems == []
    saved = list(csv.DictReader(io.StringIO((tmp_path / "ratings.csv").read_text())))
    assert [(row["gen_id"], row["score"], row["comment"]) for row in saved] == [
        (order[0], "7", ""),
        (order[1], "10", 'odd, "new"'),
        (order[2], "", ""),
    ]
