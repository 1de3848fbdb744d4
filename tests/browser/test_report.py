"""The report as a person uses it: in Chromium, from disk, with mouse and with keyboard only."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from daydream.report.data import gather
from daydream.report.site import make_report
from daydream.store.membership import read_membership
from tests.support.report_store import ReportStore, Size

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (on Debian: apt-get install chromium)"
)
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
HOSTILE = (
    "# <script>window.ran = true</script>\n<img src=x onerror='window.ran = true'> {{ 7*7 }}\n"
)
DRAWN_MS = 60_000
LOAD_S = 2.0


class Visit:
    """A browser on a site, and everything that went wrong meanwhile."""

    def __init__(self, browser: sync_api.Browser, root: Path, **context: object) -> None:
        self.root = root
        self.problems: list[str] = []
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, **context}
        )
        self.page = self.context.new_page()
        self.page.on("console", lambda one: self._note(one.type in ("error", "warning"), one.text))
        self.page.on("pageerror", lambda error: self._note(True, str(error)))
        self.page.on("requestfailed", lambda one: self._note(True, f"failed: {one.url}"))
        self.page.on("request", lambda one: self._note(not _is_local(one.url), one.url))
        self.page.on("dialog", lambda one: (self._note(True, one.message), one.dismiss()))

    def _note(self, is_problem: bool, text: str) -> None:
        if is_problem:
            self.problems.append(text)

    def open(self, path: str = "index.html") -> sync_api.Page:
        file, hash_mark, place = path.partition("#")
        self.page.goto((self.root / file).as_uri() + hash_mark + place)
        return self.page

    def wait_for_charts(self) -> int:
        count = self.page.locator("[data-chart]").count()
        self.page.wait_for_function(
            "n => document.querySelectorAll('.is-drawn svg').length === n",
            arg=count,
            timeout=DRAWN_MS,
        )
        return count

    def follow(self, link: sync_api.Locator) -> None:
        """Click a link and wait until the browser is where it leads."""
        with self.page.expect_navigation():
            link.click()

    def rows(self) -> list[str]:
        return self.page.locator("#essays-table tbody th a").all_inner_texts()

    def found(self) -> str:
        return self.page.locator("#found").inner_text()


def _is_local(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ReportStore:
    made = ReportStore(tmp_path_factory.mktemp("browsed"))
    evaluations, essays = made.ids("evaluation"), made.ids("essay")
    made.fail("evaluation", evaluations[5], "ParseError", "no line has a score")
    made.file("essay", essays[1]).write_text(HOSTILE + "x" * 5000)
    made.tabulate()
    make_report(made.layout.root, made.layout.membership("trial"), 0.9)
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def folder(store: ReportStore) -> Path:
    return Path(store.layout.report("trial")).parent


@pytest.fixture
def visit(browser: sync_api.Browser, folder: Path) -> Iterator[Visit]:
    made = Visit(browser, folder)
    yield made
    made.context.close()
    assert made.problems == []


def test_an_essay_leads_to_the_next_one_of_the_list_that_it_was_opened_from(visit: Visit) -> None:
    page = visit.open()
    visit.follow(page.locator("#leaderboard_generation_model tbody a").first)
    titles = page.locator("#essays-table tbody a").all_inner_texts()
    visit.follow(page.locator("#essays-table tbody a").first)
    assert page.get_by_role("link", name="Previous in the list").count() == 0
    for title in titles[1:3]:
        visit.follow(page.get_by_role("link", name="Next in the list").first)
        assert page.locator("h1").inner_text() == title
    visit.follow(page.get_by_role("link", name="Previous in the list").first)
    assert page.locator("h1").inner_text() == titles[1]


def test_the_most_disputed_essays_come_first_by_a_link(visit: Visit) -> None:
    page = visit.open()
    visit.follow(page.get_by_role("link", name="The most disputed essays"))
    cells = page.locator("#essays-table tbody td:nth-child(8)").all_inner_texts()
    apart = [float(cell) for cell in cells if cell != "-"]
    assert len(apart) == 50 and apart == sorted(apart, reverse=True) and apart[0] > 0


def test_every_chart_is_as_wide_as_the_page_and_follows_it(visit: Visit) -> None:
    page = visit.open()
    visit.wait_for_charts()
    widths = "all => all.map(one => one.clientWidth - one.querySelector('svg').clientWidth)"

    left = page.eval_on_selector_all("[data-chart]", widths)
    assert len(left) >= 12 and all(0 <= one < 25 for one in left)
    page.set_viewport_size({"width": 1500, "height": 900})
    page.wait_for_function(
        "[...document.querySelectorAll('[data-chart]')].every("
        "one => Math.abs(one.clientWidth - one.querySelector('svg').clientWidth) < 25)"
    )


def test_a_phone_is_told_that_a_chart_scrolls(browser: sync_api.Browser, folder: Path) -> None:
    phone = Visit(browser, folder, viewport={"width": 390, "height": 800})
    phone.open()
    phone.wait_for_charts()
    wide = phone.page.locator("#chart-leaderboard_combo_id .drawn")
    assert wide.evaluate("one => one.scrollWidth > one.clientWidth")
    caption = phone.page.locator("#chart-leaderboard_combo_id figcaption")
    answer = caption.evaluate("one => getComputedStyle(one, '::before').content")
    assert "scroll it sideways" in answer
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.context.close()
    assert phone.problems == []


def test_in_a_report_that_was_sent_alone_no_link_is_dead(
    browser: sync_api.Browser, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "sent")
    visit = Visit(browser, tmp_path / "sent")
    waiting, seen, files = ["index.html"], {"index.html"}, set()
    while waiting:
        page = visit.open(waiting.pop())
        for href in page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
            place, _, anchor = href.partition("#")
            path = Path(unquote(urlsplit(place).path)).relative_to(visit.root)
            assert (visit.root / path).is_file(), f"{page.url} leads to {href}"
            if place == page.url.partition("#")[0] and anchor and "?" not in anchor:
                assert page.evaluate("id => document.getElementById(id) !== null", anchor), href
            if path.suffix != ".html":
                files.add(path.name)
            elif str(path) not in seen:
                seen.add(str(path))
                waiting.append(str(path))
    assert len(seen) == 72 + 3 and {"parsed_scores.csv", "ranking.csv"} <= files
    page = visit.open()
    with page.expect_download() as saved:
        page.locator("#files").get_by_role("link", name="parsed_scores.csv").click()
    assert Path(saved.value.path()).read_bytes() == (folder / "data/parsed_scores.csv").read_bytes()
    visit.context.close()
    # A download is a visit to a page that was broken off.
    assert [one.rpartition("/")[2] for one in visit.problems] == ["parsed_scores.csv"]


def test_from_the_leaderboard_to_an_essay_to_its_evaluation_to_its_file(visit: Visit) -> None:
    page = visit.open()
    visit.follow(page.locator("#leaderboard_generation_model tbody a").first)
    assert "generation_model=" in page.url
    model = page.locator("#leaderboard_generation_model tbody a").first.inner_text()
    assert visit.found() == "Essays 1 to 24 of 24 (72 in all)"
    assert set(page.locator("#essays-table tbody td:nth-child(7)").all_inner_texts()) == {model}

    visit.follow(page.locator("#essays-table tbody a").first)
    assert page.locator("h2").all_inner_texts() == ["Where it comes from", "Essay", "Evaluations"]
    evaluation = page.locator("article").nth(1)
    name = evaluation.get_attribute("id")
    visit.follow(evaluation.locator(f"a[href='#{name}']"))
    assert page.url.endswith(f"#{name}")
    assert page.evaluate("document.activeElement.id") == name
    assert re.search(r"\d+ on 0 to 10", evaluation.inner_text())
    visit.follow(evaluation.get_by_role("link", name="raw.txt of"))
    assert page.url.endswith(f"gens/evaluation/{name}/raw.txt")

    page.go_back()
    page.go_back()
    page.go_back()
    page.wait_for_function("document.getElementById('found')?.textContent.includes('24 of 24')")


def test_the_essays_are_filtered_searched_and_cleared(visit: Visit) -> None:
    page = visit.open()
    form = page.locator("#filters")
    assert visit.found() == "Essays 1 to 50 of 72"
    page.get_by_role("button", name="Next").click()
    assert visit.found() == "Essays 51 to 72 of 72"
    form.get_by_label("Combination").select_option(label="Bees of the hive + Chess openings")
    form.get_by_label("Essay template").select_option(label="Essay 2")
    assert visit.found() == "Essays 1 to 6 of 6 (72 in all)"
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("document.getElementById('found').textContent.includes('of 72')")
    form.get_by_label("Search").fill("FJORD essay-1")
    assert visit.found() == "Essays 1 to 6 of 6 (72 in all)"
    form.get_by_label("Search").fill("e_0000000000000007")
    assert len(visit.rows()) == 1
    form.get_by_label("Search").fill("nothing like it")
    assert visit.found() == "No essay matches (72 in all)"
    form.get_by_label("Search").fill("")
    form.get_by_label("Coverage").select_option("low")
    assert visit.found() == "Essays 1 to 1 of 1 (72 in all)"
    assert "low coverage" in page.locator("#essays-table tbody").inner_text()
    page.reload()
    assert visit.found() == "Essays 1 to 1 of 1 (72 in all)"


def test_tables_are_sorted_by_their_heads_and_say_so(visit: Visit) -> None:
    page = visit.open()

    def means() -> list[float]:
        cells = page.locator("#essays-table tbody td:nth-child(2)").all_inner_texts()
        return [float(cell) for cell in cells if cell != "-"]

    head = page.locator("#essays-table th", has_text="Mean")
    assert head.get_attribute("aria-sort") == "descending"
    assert means() == sorted(means(), reverse=True)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert means() == sorted(means())

    scores = page.locator("#leaderboard_combo_id th", has_text="Scores")
    scores.get_by_role("button").click()
    assert scores.get_attribute("aria-sort") == "ascending"
    cells = page.locator("#leaderboard_combo_id tbody td:nth-child(7)").all_inner_texts()
    assert cells[0].startswith("71 of 72")


def test_a_script_in_an_essay_is_shown_and_not_run(visit: Visit, store: ReportStore) -> None:
    page = visit.open(f"essays/{store.ids('essay')[1]}.html")
    assert "<script>window.ran = true</script>" in page.locator(".essay pre").first.inner_text()
    assert "{{ 7*7 }}" in page.locator(".essay pre").first.inner_text()
    assert page.evaluate("window.ran") is None
    visit.open("index.html#essays")
    assert page.evaluate("window.ran") is None


def test_every_chart_is_drawn_and_named(visit: Visit) -> None:
    page = visit.open()
    assert visit.wait_for_charts() >= 8
    names = page.eval_on_selector_all(
        "[data-chart] svg", "all => all.map(one => one.getAttribute('aria-label'))"
    )
    assert all(names)


def test_the_colours_follow_the_system_and_the_choice_lasts(
    browser: sync_api.Browser, folder: Path
) -> None:
    visit = Visit(browser, folder, color_scheme="dark")
    page = visit.open()

    def is_dark() -> bool:
        return page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"

    assert is_dark()
    button = page.get_by_role("button", name="Colours")
    button.click()
    assert button.inner_text() == "Colours: light"
    assert not is_dark()
    page.reload()
    assert not is_dark()
    page.emulate_media(media="print")
    assert not is_dark()
    visit.context.close()
    assert visit.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browser: sync_api.Browser, folder: Path, scheme: str) -> None:
    visit = Visit(browser, folder, color_scheme=scheme)
    page = visit.open()
    names = ("ink", "soft", "link", "bad", "mark", "paper", "panel", "mark-back")
    colours = page.evaluate(
        "names => Object.fromEntries(names.map(n => [n, "
        "getComputedStyle(document.documentElement).getPropertyValue('--' + n).trim()]))",
        list(names),
    )
    for ink in ("ink", "soft", "link", "bad"):
        assert _contrast(colours[ink], colours["paper"]) >= 4.5, (ink, scheme)
        assert _contrast(colours[ink], colours["panel"]) >= 4.5, (ink, scheme)
    assert _contrast(colours["mark"], colours["mark-back"]) >= 4.5
    visit.context.close()


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_way_to_an_evaluation_needs_no_mouse(visit: Visit) -> None:
    page = visit.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    _tab_to(visit, "#leaderboard_generation_model tbody a")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'essays-h'")
    _tab_to(visit, "#essays-table th:nth-child(2) button")
    page.keyboard.press("Enter")
    head = page.locator("#essays-table thead th:nth-child(2)")
    assert head.get_attribute("aria-sort") == "ascending"
    assert page.evaluate("document.activeElement.matches('#essays-table th:nth-child(2) button')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    _tab_to(visit, "#essays-table tbody a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/essays/e_*.html*")
    _tab_to(visit, "article a[href^='#v_']")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.matches('article:target')")


def _tab_to(visit: Visit, selector: str, most: int = 150) -> None:
    for _ in range(most):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def test_no_page_is_wider_than_a_phone(
    browser: sync_api.Browser, folder: Path, store: ReportStore, tmp_path: Path
) -> None:
    visit = Visit(browser, folder, viewport={"width": 390, "height": 844})
    essays = store.ids("essay")
    for path in ("index.html", "essays.html", *(f"essays/{e}.html" for e in essays[:3])):
        page = visit.open(path)
        visit.wait_for_charts()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.screenshot(path=tmp_path / "phone.png")
    visit.context.close()
    assert visit.problems == []


@pytest.mark.parametrize("width", [1280, 700])
def test_the_bar_hides_no_heading_that_a_link_leads_to(
    browser: sync_api.Browser, folder: Path, width: int
) -> None:
    visit = Visit(browser, folder, viewport={"width": width, "height": 800})
    page = visit.open()
    visit.wait_for_charts()
    for name in ("leaderboard", "agreement"):
        page.locator(f".top a[href='#{name}']").click()
        page.wait_for_function(
            "id => { const top = document.getElementById(id).getBoundingClientRect().top;"
            " const last = window.headingTop; window.headingTop = top; return top === last; }",
            arg=f"{name}-h",
            polling=200,
        )
        bar = page.locator(".top").bounding_box()
        heading = page.locator(f"#{name}-h").bounding_box()
        assert bar and heading and 0 <= heading["y"] < 400
        assert heading["y"] >= bar["y"] + bar["height"]
    visit.context.close()


def test_a_phone_shows_rank_name_mean_and_interval_beside_each_other(
    browser: sync_api.Browser, folder: Path
) -> None:
    visit = Visit(browser, folder, viewport={"width": 390, "height": 844})
    page = visit.open()
    for head, last in (("[id^=leaderboard_]", 4), ("#essays-table", 3)):
        cells = page.locator(f"{head} tbody tr > :nth-child({last})")
        right = cells.evaluate_all("cells => cells.map(c => c.getBoundingClientRect().right)")
        assert right and max(right) <= 390, head
    visit.context.close()


def test_without_javascript_tables_and_essays_can_be_read(
    browser: sync_api.Browser, folder: Path
) -> None:
    visit = Visit(browser, folder, java_script_enabled=False)
    page = visit.open()
    assert page.locator("#leaderboard_combo_id tbody tr").count() == 4
    assert page.get_by_text("The chart needs JavaScript.").first.is_visible()
    visit.follow(page.get_by_role("link", name="list of essays"))
    visit.follow(page.locator("tbody a").first)
    assert page.locator("article").count() == 4
    visit.context.close()


def test_screenshots_and_print(visit: Visit, store: ReportStore, tmp_path: Path) -> None:
    page = visit.open()
    visit.wait_for_charts()
    page.screenshot(path=tmp_path / "desktop.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=tmp_path / "dark.png", full_page=True)
    page.pdf(path=tmp_path / "index.pdf")
    visit.open(f"essays/{store.ids('essay')[0]}.html")
    page.screenshot(path=tmp_path / "essay.png", full_page=True)
    # What is folded on the screen is printed.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    assert all((tmp_path / name).stat().st_size > 20_000 for name in ("desktop.png", "dark.png"))


def test_from_the_ranking_by_comparisons_to_an_essay_to_its_opponent(
    browser: sync_api.Browser, tmp_path: Path
) -> None:
    made = ReportStore(tmp_path, Size(2, 1, 2, 2, rings=1))
    made.tabulate()
    make_report(made.layout.root, made.layout.membership("trial"), 0.9)
    visit = Visit(browser, Path(made.layout.report("trial")).parent)
    page = visit.open()
    visit.follow(page.locator("#pairwise_essay tbody a").first)
    assert page.url.endswith("#comparisons")
    meeting = page.locator(".meetings article").first
    meeting.get_by_text("Words of the judge").first.click()
    assert "VERDICT" in meeting.locator("pre").first.inner_text()
    opponent = meeting.locator("h3 a").inner_text()
    visit.follow(meeting.locator("h3 a"))
    assert f"/{opponent}.html" in page.url
    order = page.locator(".order").first.get_attribute("id")
    page.goto(page.url.partition("#")[0] + f"#{order}")
    page.wait_for_function("name => document.activeElement.id === name", arg=order)
    visit.context.close()
    assert visit.problems == []


def test_only_what_scrolls_is_a_stop_of_the_tab_key(
    browser: sync_api.Browser, folder: Path
) -> None:
    stops = {}
    for width in (1280, 390):
        visit = Visit(browser, folder, viewport={"width": width, "height": 800})
        page = visit.open()
        visit.wait_for_charts()
        page.wait_for_timeout(200)
        stops[width] = page.eval_on_selector_all(
            ".scroll",
            "all => all.map(one => [one.scrollWidth > one.clientWidth + 1, one.tabIndex])",
        )
        visit.context.close()
        assert visit.problems == []
    assert all((tab == 0) is over for one in stops.values() for over, tab in one)
    assert any(over for over, _ in stops[390])


def test_charts_follow_the_colours_that_a_system_forces(
    browser: sync_api.Browser, folder: Path
) -> None:
    visit = Visit(browser, folder, forced_colors="active", color_scheme="dark")
    page = visit.open()
    visit.wait_for_charts()
    ink, paper = (
        page.evaluate(f"getComputedStyle(document.querySelector('{place}')).{what}")
        for place, what in (
            (".is-drawn .role-axis-label text", "fill"),
            ("body", "backgroundColor"),
        )
    )
    assert {ink, paper} == {"rgb(255, 255, 255)", "rgb(0, 0, 0)"}
    visit.context.close()


@pytest.mark.slow
def test_five_thousand_evaluations_load_in_two_seconds(
    browser: sync_api.Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ReportStore(tmp_path, Size(21, 4, 5, 3, 4, 1))
    made.tabulate()
    membership = read_membership(made.layout.membership("trial"))
    assert len(made.ids("evaluation")) >= 5000
    started = time.monotonic()
    gather(made.layout, membership, 0.9)
    gathered = time.monotonic() - started
    make_report(made.layout.root, made.layout.membership("trial"), 0.9)
    written = time.monotonic() - started - gathered
    visit = Visit(browser, Path(made.layout.report("trial")).parent)
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        visit.open()
        visit.page.locator("#essays-table tbody tr").nth(49).wait_for()
        seconds.append(time.monotonic() - began)
    began = time.monotonic()
    visit.wait_for_charts()
    drawn = time.monotonic() - began
    visit.context.close()
    with capsys.disabled():
        print(
            f"\n{len(made.ids('evaluation'))} evaluations of {len(made.ids('essay'))} essays: "
            f"the site is written in {written:.1f} s, the page loads in "
            f"{', '.join(f'{one:.2f}' for one in seconds)} s, and its charts are drawn "
            f"{drawn:.1f} s later"
        )
    assert visit.problems == []
    assert min(seconds) < LOAD_S
