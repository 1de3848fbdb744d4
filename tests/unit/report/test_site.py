"""The report's pages: what they say, how they escape it, and what they leave alone."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from daydream.errors import CohortError
from daydream.report import site as site_module
from daydream.report.charts.data import chart_data
from daydream.report.contrast_grids import contrasts
from daydream.report.data import ReportTables, gather
from daydream.report.essays import EssayRow, as_json, essay_rows
from daydream.report.judge_grids import human_corrected
from daydream.report.leaderboards import leaderboards
from daydream.report.pairwise_grids import comparisons
from daydream.report.site import MARK, write_site
from daydream.report.tables import evaluators, reliability
from daydream.report.text import MAX_CHARACTERS, display_text, size, title_of
from daydream.results.scores import ScoreRow, cohort_scores
from daydream.store.layout import Layout
from tests.support.report_store import ReportStore, Size

pytestmark = pytest.mark.thorough

HOSTILE = (
    "# <script>alert(1)</script> {{ 7*7 }} {% raw %}\n</pre><img src=x onerror=alert(2)> \x00\x07"
)


class Outline(HTMLParser):
    """What a page is made of: tags, ids, links, headings and the text of everything."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.files: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.hrefs += [found["href"] or ""] if "href" in found else []
        self.files += [found["data-file"] or ""] if "data-file" in found else []

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def levels(self) -> list[int]:
        return [int(tag[1]) for tag in self.tags if re.fullmatch("h[1-6]", tag)]


class FakeChart(NamedTuple):
    name: str = "cost_score"
    title: str = "Cost </script><b>"
    caption: str = "What it cost & why."
    section: str = "cost"
    spec: dict = {  # noqa: RUF012
        "mark": "point",
        "datasets": {"d": [{"x": "</script>", "n": 1}, {"x": float("nan"), "n": 2}]},
    }
    is_empty: bool = False


class EmptyChart(NamedTuple):
    name: str = "score_distribution"
    title: str = "Scores of each"
    caption: str = "No evaluation has a score yet."
    section: str = "distributions"
    spec: dict = {}  # noqa: RUF012
    is_empty: bool = True


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("store")
    ReportStore(place, Size(2, 1, 2, 2)).tabulate()
    return place


class Site(ReportStore):
    """A copy of a store, and the site that is made of it."""

    def __init__(self, root: Path, store: Path) -> None:
        root.mkdir(exist_ok=True)
        shutil.copytree(store / "data", root / "data")
        self.layout = Layout(str(root / "data"))
        from daydream.store.membership import read_membership

        self.membership = read_membership(self.layout.membership("trial"))
        self.folder = Path(self.layout.report("trial")).parent

    @property
    def tables(self) -> ReportTables:
        return gather(self.layout, self.membership, 0.9)

    def write(self, *charts: FakeChart | EmptyChart) -> Outline:
        write_site(self.layout, self.membership, self.tables, charts)  # type: ignore[arg-type]
        return self.page("index.html")

    def page(self, name: str) -> Outline:
        return Outline((self.folder / name).read_text(encoding="utf-8"))

    def essay(self, gen_id: str) -> Outline:
        return self.page(f"essays/{gen_id}.html")


@pytest.fixture
def site(tmp_path: Path, made_once: Path) -> Site:
    return Site(tmp_path, made_once)


def rows_of(site: Site) -> list[EssayRow]:
    return essay_rows(site.tables)


def test_there_is_a_page_for_each_essay_and_an_anchor_for_each_evaluation(site: Site) -> None:
    site.write()
    for essay in site.ids("essay"):
        own = [m.gen_id for m in site.membership.stage("evaluation") if m.parent_gen_id == essay]
        assert own
        assert set(own) <= set(site.essay(essay).ids)


def test_an_essay_page_shows_the_rubric_that_its_judges_had(site: Site) -> None:
    template = Path(site.layout.template("evaluation", "judge-1"))
    template.parent.mkdir(parents=True)
    template.write_text("Score how <new> it is.\n{{ response }}")
    template.with_name("judge-1.system.txt").write_text("You are strict.")
    site.write()
    page = site.essay(site.ids("essay")[0])
    assert "Rubric: Question 1" in page.text and "Score how <new> it is." in page.text
    assert "You are strict." in page.text
    assert "Rubric: Question 0" not in page.text  # its file is gone


def test_the_most_disputed_essay_is_the_one_whose_judges_are_furthest_apart(site: Site) -> None:
    row = rows_of(site)[0]
    shares = [
        [score.score / 10 for score in of_template.values() if score.score is not None]
        for of_template in by_template(site, row.gen_id)
    ]
    assert row.apart == pytest.approx(max(max(own) - min(own) for own in shares))
    assert "#essays?sort=apart&down=1" in site.write().hrefs


def by_template(site: Site, essay: str) -> list[dict[str, ScoreRow]]:
    rows = [
        one for one in cohort_scores(site.layout, site.membership) if one.parent_gen_id == essay
    ]
    templates = dict.fromkeys(one.evaluation_template for one in rows)
    return [
        {one.evaluation_llm_model: one for one in rows if one.evaluation_template == template}
        for template in templates
    ]


def test_a_table_of_an_earlier_version_is_named_with_the_command_that_makes_it_again(
    site: Site,
) -> None:
    path = site.layout.summary("trial", "sensitivity", "parquet")
    old = pd.read_parquet(path).rename(columns={"mean_share": "mean"})
    old.to_parquet(path)
    with pytest.raises(CohortError, match=r"lacks mean_share.* snakemake -f .*sensitivity\.csv"):
        _ = site.tables


def test_every_link_from_every_page_leads_to_a_file_and_an_anchor_that_is_there(site: Site) -> None:
    site.fail("evaluation", site.ids("evaluation")[0], "ParseError", "no score")
    site.fail("draft", site.ids("draft")[1], "CallError", "refused")
    site.tabulate()
    site.write(FakeChart())
    for path in site.folder.rglob("*.html"):
        page = Outline(path.read_text(encoding="utf-8"))
        for href in page.hrefs:
            file, _, anchor = href.partition("#")
            if href.startswith("data:") or anchor.startswith("essays?"):
                continue
            target = (path.parent / file).resolve() if file else path
            assert target.is_file(), (path, href)
            if anchor:
                assert anchor in Outline(target.read_text(encoding="utf-8")).ids, (path, href)


def test_a_list_of_many_essays_has_several_pages_and_those_of_a_longer_one_go(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    essays = site.ids("essay")
    of_a_list = len(essays) // 2 + 1
    for length, pages in ((of_a_list, ["essays.html", "essays-2.html"]), (1000, ["essays.html"])):
        monkeypatch.setattr(site_module, "ESSAYS_OF_A_LIST", length)
        site.write()
        assert sorted(path.name for path in site.folder.glob("essays*.html")) == sorted(pages)
        hrefs = [site.page(name).hrefs for name in pages]
        listed = [href for of_page in hrefs for href in of_page if href.startswith("essays/")]
        assert listed == [f"essays/{essay}.html" for essay in essays]
        assert all(
            set(pages) - {own} <= set(of_page) for own, of_page in zip(pages, hrefs, strict=True)
        )


def test_headings_are_in_order_and_ids_are_unique(site: Site) -> None:
    site.write(FakeChart())
    for path in site.folder.rglob("*.html"):
        page = Outline(path.read_text(encoding="utf-8"))
        assert page.levels.count(1) == 1
        steps = zip(page.levels, page.levels[1:], strict=False)
        assert all(below - above <= 1 for above, below in steps), path
        assert len(page.ids) == len(set(page.ids)), path
        assert {"main", "header", "footer", "nav"} <= set(page.tags)


def test_the_tables_of_an_axis_stand_under_its_heading(site: Site) -> None:
    site.write(FakeChart("leaderboard_generation_model", section="leaderboard"))
    page = (site.folder / "index.html").read_text(encoding="utf-8")
    assert page.count("<h3>Generation models</h3>") == 1
    parts = page.split("<h3>Generation models</h3>")[1].split("<h3>")[0]
    tables = re.findall(r'<table class="sortable" id="([^"]+)"', parts)
    assert len(tables) == 3 and all(name.startswith("leaderboard_generation") for name in tables)
    assert tables[-1] == "leaderboard_generation_model" and "chart-leaderboard_generation" in parts


def test_of_one_template_nothing_is_said_twice(site: Site) -> None:
    assert {row[1].text for row in evaluators(site.tables).rows} > {"(all templates)"}
    for grid, name, column in (
        (reliability, "reliability", "scope"),
        (evaluators, "evaluator_effects", "evaluation_template"),
    ):
        table = site.tables.table(name)
        kept = table[table[column].isin(["overall", "", table[column].max()])]
        one = replace(site.tables, tables={**site.tables.tables, name: kept})
        assert len({row[1].text for row in grid(one).rows}) == 1


def test_of_many_pairs_those_with_the_smallest_p_are_shown(site: Site) -> None:
    table = site.tables.table("contrasts")
    last = table[table["evaluation_template"] == table["evaluation_template"].iloc[-1]].iloc[[0]]
    many = pd.concat([last.assign(p_holm=50.0 - n) for n in range(50)])
    (found,) = contrasts(replace(site.tables, tables={"contrasts": many}))
    assert [row[4].order for row in found.rows] == [1.0 + n for n in range(30)]
    assert "20 others" in found.note


def test_levels_of_which_people_rated_too_little_are_counted_and_not_listed(site: Site) -> None:
    shared = {"evaluation_template": "q", "minus": "", "n_human": 1, "judge_mean": 3, "note": "few"}
    shared |= {"human_mean": 4, "low": np.nan, "high": np.nan}
    rows = [
        {"axis": "overall", "level": "all", "corrected_mean": np.nan, **shared},
        {"axis": "generation_model", "level": "small", "corrected_mean": 3.5, **shared},
        {"axis": "generation_model", "level": "middle", "corrected_mean": np.nan, **shared},
    ]
    tables = replace(site.tables, tables={"human_corrected": pd.DataFrame(rows)})
    found = human_corrected(tables)
    assert found is not None and len(found.rows) == 2
    assert "too few rated essays for a number: 1," in found.note


def test_tables_have_captions_and_scopes(site: Site) -> None:
    site.write()
    page = (site.folder / "index.html").read_text(encoding="utf-8")
    tables = re.findall("<table.*?</table>", page, re.S)
    assert len(tables) >= 8
    for table in tables:
        assert "<caption>" in table
        assert "<th>" not in table
    assert 'scope="col"' in page and 'scope="row"' in page


def test_a_hostile_text_is_shown_and_never_becomes_markup(site: Site) -> None:
    essay, evaluation = site.ids("essay")[0], site.ids("evaluation")[0]
    site.write()
    plain = [
        path.read_text(encoding="utf-8").count("<script") for path in site.folder.rglob("*.html")
    ]
    for stage, gen_id, name in (
        ("essay", essay, "parsed.txt"),
        ("draft", site.ids("draft")[0], "prompt.txt"),
        ("evaluation", evaluation, "raw.txt"),
        ("evaluation", evaluation, "metadata.json"),
    ):
        site.file(stage, gen_id, name).write_text(HOSTILE)  # type: ignore[arg-type]
    site.raw("concepts_metadata.csv", 'concept_id,name,active\nbees,"<script>x</script>",true\n')
    index = site.write(FakeChart())
    page = site.essay(essay)
    assert "<script>alert(1)</script> {{ 7*7 }} {% raw %}" in page.text
    assert "onerror=alert(2)" in page.text and "img" not in page.tags
    assert "\x00" not in page.text and "\x07" not in page.text and "��" in page.text
    assert "<script>x</script>" in index.text
    hostile = [
        path.read_text(encoding="utf-8").count("<script") for path in site.folder.rglob("*.html")
    ]
    # The index has three scripts more when there are charts.
    assert sum(hostile) == sum(plain) + 3
    data = (site.folder / "data" / "essays.js").read_text(encoding="utf-8")
    charts = (site.folder / "data" / "charts.js").read_text(encoding="utf-8")
    assert "<" not in data + charts
    assert json.loads(charts.removeprefix("window.DAYDREAM_CHARTS = ").rstrip(";\n"))


def test_json_in_a_script_has_no_nan_no_markup_and_no_line_separator() -> None:
    text = as_json({"a": float("nan"), "b": "</script><!-- & \u2028\u2029", "c": [float("inf"), 1]})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"a": None, "b": "</script><!-- & \u2028\u2029", "c": [None, 1]}


def test_control_characters_are_replaced_and_long_texts_cut_with_a_word_on_it() -> None:
    assert display_text("a\x00b\x1b[31m\u202ec\r\nd\re\tf\n").text == "a�b�[31m�c\nd\ne\tf"
    assert display_text("x" * (MAX_CHARACTERS + 5)) == ("x" * MAX_CHARACTERS, 5)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n\n## A title ##\nand more", "A title"),
        ("", ""),
        ("***\n**Bold**", "Bold"),
        ("word " * 60, ("word " * 60)[:89].rstrip() + "…"),
    ],
)
def test_a_title_is_the_first_line_that_says_something(text: str, title: str) -> None:
    assert title_of(text) == title


def test_bytes_that_are_no_text_are_shown_as_far_as_they_go(site: Site) -> None:
    essay = site.ids("essay")[0]
    site.file("essay", essay).write_bytes(b"caf\xe9 and more \xff\n")
    site.write()
    assert "caf� and more �" in site.essay(essay).text


def test_a_score_stands_beside_its_scale_and_the_reasoning(site: Site) -> None:
    site.write()
    first = site.tables.scores.iloc[0]
    page = site.essay(first["parent_gen_id"])
    assert f"{first['score']:g} on 0 to 10 (share {first['score'] / 10:.2f})" in page.text
    assert "SCORE:" in page.text


def test_the_reasoning_of_an_answer_in_json_is_shown_as_text(site: Site) -> None:
    answer = json.dumps({"reasoning": "It is new.\nAnd sound.", "score": 4})
    member = next(iter(site.membership.stage("evaluation")))
    site.file("evaluation", member.gen_id, "raw.txt").write_text(answer)
    site.write()
    assert "It is new.\nAnd sound." in site.essay(member.parent_gen_id).text


def test_what_a_model_thought_before_its_answer_is_there(site: Site) -> None:
    member = next(iter(site.membership.stage("evaluation")))
    ledger = site.file("evaluation", member.gen_id, "attempts.jsonl")
    attempt = json.loads(ledger.read_text()) | {"reasoning": "Let me see."}
    ledger.write_text(json.dumps(attempt) + "\n")
    site.write()
    assert "Let me see." in site.essay(member.parent_gen_id).text


def test_a_failed_evaluation_shows_its_error_and_the_answer_that_was_not_used(site: Site) -> None:
    member = next(iter(site.membership.stage("evaluation")))
    site.fail("evaluation", member.gen_id, "ParseError", "no line has a score")
    site.tabulate()
    index = site.write()
    page = site.essay(member.parent_gen_id)
    assert "No score: ParseError: no line has a score" in page.text
    assert "SCORE:" in page.text
    assert "low coverage" in page.text
    assert f"essays/{member.parent_gen_id}.html#{member.gen_id}" in index.hrefs
    assert "snakemake --config allow_incomplete=true" in index.text


def test_a_failed_draft_is_told_on_the_pages_of_its_essays(site: Site) -> None:
    draft = site.ids("draft")[0]
    essays = [m.gen_id for m in site.membership.stage("essay") if m.parent_gen_id == draft]
    site.fail("draft", draft, "TruncatedError", "the answer was cut off")
    for essay in essays:
        shutil.rmtree(site.file("essay", essay).parent)
    site.tabulate()
    index = site.write()
    for essay in essays:
        page = site.essay(essay)
        assert "TruncatedError: the answer was cut off" in page.text
        assert "This essay was not made yet." in page.text
    assert f"essays/{essays[0]}.html" in index.hrefs
    assert f"Not made: {len(essays)} essays" in index.text


def test_a_foreign_directory_without_metadata_and_ledgers_works(site: Site) -> None:
    for name in ("metadata.json", "attempts.jsonl", "prompt.txt"):
        for path in Path(site.layout.under("gens")).rglob(name):
            path.unlink()
    Path(site.layout.combo_mappings).unlink()
    site.tabulate()
    index = site.write()
    page = site.essay(site.ids("essay")[0])
    assert "There is no prompt.txt." in page.text
    assert "There are no metadata of a call." in page.text
    assert "are not known here" in page.text
    assert "not recorded" in index.text
    assert all(row.cost_usd is None for row in rows_of(site))


def test_damaged_metadata_and_a_torn_ledger_are_passed_over(site: Site) -> None:
    for path in Path(site.layout.under("gens")).rglob("metadata.json"):
        path.write_text('{"usage": [1], "cost_usd": "much", "error": 7, "model": {"a": "b"}')
    for path in Path(site.layout.under("gens")).rglob("attempts.jsonl"):
        path.write_text('{"at": "2026", "reasoning": "to')
    site.write()
    for path in Path(site.layout.under("gens")).rglob("metadata.json"):
        path.write_text('{"usage": [1], "cost_usd": "much", "error": 7, "model": {"a": "b"}}')
    assert "Report on cohort" in site.write().text


def test_without_any_score_there_is_still_a_report(site: Site) -> None:
    for gen_id in site.ids("evaluation"):
        site.file("evaluation", gen_id).unlink()
    site.tabulate()
    index = site.write()
    assert "Agreement cannot be computed" in index.text
    assert f"0 of {len(site.ids('evaluation'))}" in index.text


def test_an_essay_row_has_the_mean_of_its_shares_its_counts_and_its_cost(site: Site) -> None:
    essay = site.ids("essay")[1]
    own = site.tables.scores[site.tables.scores["parent_gen_id"] == essay]
    site.fail("evaluation", own["gen_id"].iloc[0], "ParseError", "no score")
    site.tabulate()
    row = next(row for row in rows_of(site) if row.gen_id == essay)
    assert row.mean == pytest.approx(own["score"].iloc[1:].mean() / 10)
    assert (row.n_valid, row.n_expected, row.is_covered) == (len(own) - 1, len(own), False)
    costs = [
        json.loads(site.file(stage, gen_id, "metadata.json").read_text())["cost_usd"]
        for stage, gen_id in (
            ("essay", essay),
            ("draft", site.membership.member("essay", essay).parent_gen_id),
        )
    ]
    assert row.cost_usd == pytest.approx(sum(costs))


def test_a_copied_essay_costs_what_its_draft_costs(site: Site) -> None:
    copy = next(row for row in rows_of(site) if row.generation_template == "essay-0")
    draft = site.membership.member("essay", copy.gen_id).parent_gen_id
    fields = json.loads(site.file("draft", draft, "metadata.json").read_text())
    assert copy.cost_usd == pytest.approx(fields["cost_usd"])


def test_the_leaderboard_leads_to_the_essays_of_a_row_and_marks_ties(site: Site) -> None:
    index = site.write()
    assert "#essays?generation_model=small" in index.hrefs
    ranking = site.tables.table("ranking")
    assert ranking["tied"].any()
    assert "1 (1 to 2)" in index.text


def test_the_pages_of_essays_that_left_go_and_what_is_not_ours_stays(site: Site) -> None:
    site.write()
    old = site.folder / "essays" / "e_old.html"
    old.write_text(f"<!DOCTYPE html>\n{MARK}\n")
    strangers = [site.folder / name for name in ("essays/mine.html", "figures/x.svg", "note.txt")]
    for path in strangers:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    site.write()
    assert not old.exists()
    assert [path.read_text() for path in strangers] == ["mine"] * 3


def test_the_index_is_written_last(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from daydream.report import site as module

    written: list[str] = []
    original = module.write_text
    monkeypatch.setattr(
        module,
        "write_text",
        lambda path, text: (written.append(Path(path).name), original(path, text)),
    )
    site.write(FakeChart())
    assert written[-1] == "index.html"
    assert written.count("index.html") == 1


def test_making_it_again_gives_the_same_bytes(site: Site) -> None:
    site.write()
    first = {path: path.read_bytes() for path in site.folder.rglob("*.*")}
    site.write()
    assert {path: path.read_bytes() for path in site.folder.rglob("*.*")} == first


def test_the_data_of_a_chart_stand_below_it_as_a_table(site: Site) -> None:
    index = site.write(FakeChart())
    assert "data-cost_score" in index.ids
    assert "What it cost & why." in index.text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00001234, "0.000012"),
        (-0.5, "\N{MINUS SIGN}0.5"),
        (12345.6, "12,346"),
        (0.30123, "0.3012"),
    ],
)
def test_the_data_of_a_chart_have_no_exponents(value: float, text: str) -> None:
    spec = {"datasets": {"d": [{"cost": value}, {"cost": 2}]}}
    grid = chart_data("cost", "Cost", spec)
    assert grid is not None
    assert [row[0].text for row in grid.rows] == [text, "2"]


def test_neighbours_follow_the_order_of_the_cohort(site: Site) -> None:
    site.write()
    ids = site.ids("essay")
    first, second, last = (site.essay(one) for one in (ids[0], ids[1], ids[-1]))
    assert f"{ids[1]}.html" in first.hrefs
    assert {f"{ids[0]}.html", f"{ids[2]}.html"} <= set(second.hrefs)
    assert f"{ids[-2]}.html" in last.hrefs
    assert f"1 of {len(ids)} in the order of the cohort" in first.text


@pytest.fixture(scope="module")
def compared_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("compared")
    ReportStore(place, Size(2, 1, 2, 2, rings=1)).tabulate()
    return place


@pytest.fixture
def compared(tmp_path: Path, compared_once: Path) -> Site:
    return Site(tmp_path, compared_once)


def test_comparisons_are_shown_when_the_cohort_has_some_and_only_then(
    site: Site, tmp_path: Path, compared_once: Path
) -> None:
    compared = Site(tmp_path / "compared", compared_once)
    assert comparisons(site.tables, {}) == []
    names = [grid.name for grid in comparisons(compared.tables, {})]
    assert names[-2:] == ["pairwise_essay", "position_bias"]
    # A cohort that compares no essays any more may still have the tables.
    kept = replace(site.tables, tables=compared.tables.tables)
    assert comparisons(kept, {}) == []
    assert "Comparisons" not in site.write().text
    assert all("Comparisons" not in site.essay(essay).text for essay in site.ids("essay"))


def test_the_report_carries_its_tables_and_none_of_what_is_gone(
    site: Site, compared_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daydream.results.carried.PACKED_FROM", 10_000)
    own = site.folder / "data" / "notes.csv"
    stale = site.folder / "data" / "pairwise_ranking.csv.gz"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    stale.write_text("of an earlier cohort")
    index = site.write()
    linked = {href for href in index.hrefs if href.startswith("data/")}
    carried = {f"data/{path.name}" for path in own.parent.glob("*") if path.suffix != ".js"}
    assert linked == carried - {"data/notes.csv"} and own.read_text() == "mine"
    assert not stale.exists()
    scores = Path(site.layout.scores("trial")).read_bytes()
    packed = own.parent / "parsed_scores.csv.gz"
    assert len(scores) > 10_000 and gzip.decompress(packed.read_bytes()) == scores
    ranking = Path(site.layout.summary("trial", "ranking")).read_bytes()
    assert (own.parent / "ranking.csv").read_bytes() == ranking
    assert f"ranking.csv {size(len(ranking))}" in index.text
    assert f"parsed_scores.csv.gz {size(packed.stat().st_size)}" in index.text
    assert "the large ones are compressed" in index.text
    outside = [href for href in index.hrefs if href.startswith("..")]
    assert not outside and not [href for href in site.page("cohorts.html").hrefs if "../" in href]
    compared = Site(tmp_path / "compared", compared_once)
    compared.write()
    assert (compared.folder / "data" / "pairwise_ranking.csv").exists()


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1234, "1.2 kB"), (12_345, "12 kB"), (3.4e9, "3.4 GB")],
)
def test_sizes_are_said_as_a_person_reads_them(count: int, text: str) -> None:
    assert size(count) == text


def test_the_ranking_by_comparisons_leads_to_the_pages_of_the_essays(compared: Site) -> None:
    index = compared.write()
    essays = compared.ids("essay")
    assert {f"essays/{essay}.html#comparisons" for essay in essays} <= set(index.hrefs)
    assert "data/parsed_comparisons.csv" in index.hrefs
    grids = {grid.name: grid for grid in comparisons(compared.tables, {essays[0]: "A title"})}
    ranked = grids["pairwise_essay"].rows
    assert len(ranked) == len(essays)
    assert sum(row[1].text == "A title" for row in ranked) == 1
    (overall, *_) = grids["position_bias"].rows
    assert overall[0].text == "(all judges and templates)"
    assert overall[1].text.endswith("%") and " to " in overall[2].text


def test_the_page_of_an_essay_has_its_comparisons_from_its_own_side(compared: Site) -> None:
    first = compared.membership.member("comparison", compared.ids("comparison")[0])
    one, other = first.parents
    orders = [
        member.gen_id
        for member in compared.membership.stage("comparison")
        if set(member.parents) == {one, other} and member.llm_model_id == first.llm_model_id
    ]
    for gen_id, verdict in zip(orders, "AB", strict=True):
        compared.file("comparison", gen_id).write_text(f"{verdict}\n")
    compared.file("comparison", orders[0], "raw.txt").write_text("The <b>first</b> is better.")
    compared.write()
    winner, loser = compared.essay(one), compared.essay(other)
    assert set(orders) <= set(winner.ids) & set(loser.ids)
    assert f"{other}.html#comparisons" in winner.hrefs
    assert f"../../../gens/comparison/{orders[0]}/prompt.txt" in winner.files
    assert f"Won against {other}" in winner.text
    assert f"Lost against {one}" in loser.text
    assert "The <b>first</b> is better." in winner.text and "b" not in winner.tags
    assert "Shown first: won" in winner.text and "Shown second: lost" in loser.text


@pytest.mark.parametrize(
    ("verdicts", "end"),
    [("AA", "Tied with"), (("tie", "B"), "Tied with"), ("A", "Undecided against")],
)
def test_orders_that_differ_are_a_tie_and_one_alone_decides_nothing(
    compared: Site, verdicts: tuple[str, ...], end: str
) -> None:
    first, second, *_ = compared.ids("comparison")
    one, other = compared.membership.member("comparison", first).parents
    assert compared.membership.member("comparison", second).parents == (other, one)
    compared.fail("comparison", second, "ParseError", "no line has a verdict")
    for gen_id, verdict in zip((first, second), verdicts, strict=False):
        compared.file("comparison", gen_id).write_text(verdict)
    compared.write()
    page = compared.essay(one)
    assert f"{end} {other}" in page.text
    assert ("no line has a verdict" in page.text) is (len(verdicts) == 1)


def test_links_headings_and_ids_hold_on_pages_with_comparisons(compared: Site) -> None:
    compared.fail("comparison", compared.ids("comparison")[0], "ParseError", "no verdict")
    compared.tabulate()
    index = compared.write()
    assert "1 comparison: ParseError" in index.text
    for page in (index, *map(compared.essay, compared.ids("essay"))):
        assert len(page.ids) == len(set(page.ids))
        steps = zip(page.levels, page.levels[1:], strict=False)
        assert all(after <= before + 1 for before, after in steps)
    for href in index.hrefs:
        file, _, anchor = href.partition("#")
        if file.startswith("essays/") and anchor:
            assert anchor in compared.page(file).ids, href


def test_a_chart_that_is_empty_gives_its_reason_instead(site: Site) -> None:
    index = site.write(FakeChart(), EmptyChart())
    assert "Scores of each: No evaluation has a score yet." in index.text
    assert index.ids.count("chart-cost_score") == 1
    assert "chart-score_distribution" not in index.ids


def test_of_many_ties_the_count_is_told_and_of_few_the_names(site: Site) -> None:
    table = site.tables.table("ranking").copy()
    rows = table[table["axis"] == "generation_model"].index
    table.loc[rows[0], ["n_tied", "tied_with"]] = [3, "small middle large"]
    table.loc[rows[1], ["n_tied", "tied_with"]] = [40, "small middle large ..."]
    changed = replace(site.tables, tables={**site.tables.tables, "ranking": table})
    few, many = (row[-1].text for row in leaderboards(changed)["Generation models"][0].rows)
    assert few == "The small model; The middle model; The large model"
    assert many == "40 others"
