"""The charts: what they show is what the tables say, whatever the tables are."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.experiment.combinations import Combo
from daydream.experiment.short_names import shorten
from daydream.parsers import ScoreRange
from daydream.report.charts.agreement import agreement_range
from daydream.report.charts.base import extent, labels
from daydream.report.charts.figures import FIGURES, svg, write_figures
from daydream.report.charts.labels import Dot, placed, text_width
from daydream.report.charts.registry import Chart, every_chart
from daydream.report.data import ReportTables
from daydream.report.names import Names
from daydream.results.analyses import ANALYSIS, typed
from daydream.results.coverage import with_coverage
from daydream.store.record import Generation
from tests.support.marks import NO_WARNINGS
from tests.support.workspace import ROOT, Workspace

pytestmark = [pytest.mark.thorough, NO_WARNINGS]

DRAWN = (
    "evaluator_agreement_analysis",
    "variance_components",
    "evaluator_effects",
    "ranking",
)
SVG = "{http://www.w3.org/2000/svg}"
MAX_MARKS = 2000  # more make a page slow


def scored(
    combos=3,
    drafts=2,
    essays=2,
    models=("ant", "bee", "cow"),
    judges=("ida", "joe"),
    templates=("t",),
    replicates=1,
):
    """A row per evaluation, whole scores from 0 to 10."""
    rng = np.random.default_rng(0)
    level = {name: rng.normal(0, 1) for name in (*models, *judges)}
    rows = []
    for combo in range(combos):
        for draft in range(drafts):
            for style in range(essays):
                for model in models:
                    names = (f"c{combo}", f"d{draft}", f"s{style}", model)
                    origin = ("_".join(("e", *names)), *names)
                    base = 5 + level[model] + rng.normal(0, 1)
                    rows += [
                        (*origin, template, judge, r, score(base + level[judge], rng))
                        for template in templates
                        for judge in judges
                        for r in range(1, replicates + 1)
                    ]
    columns = ["combo_id", "draft_template", "generation_template", "generation_model"]
    judged = ["evaluation_template", "evaluation_llm_model", "replicate", "score"]
    frame = pd.DataFrame(rows, columns=["parent_gen_id", *columns, *judged])
    ids = [f"v_{n}" for n in range(len(frame))]
    return frame.assign(gen_id=ids, cohort_id="trial", error="")


def made(frame, cost=0.01, **parts):
    """What the essays took: draft and essay cost the same, more for later models."""
    rows = []
    for essay in frame.drop_duplicates("parent_gen_id").itertuples():
        place = sorted(frame["generation_model"].unique()).index(essay.generation_model) + 1
        taken = {"prompt_tokens": 10 * place, "completion_tokens": 90 * place}
        taken["cost_usd"] = None if cost is None else cost * place
        blank = dict.fromkeys(Generation._fields)
        same = {"llm_model_id": essay.generation_model, "status": "done", "mode": "llm", **taken}
        parent = f"d{essay.parent_gen_id}"
        rows.append(Generation(**{**blank, **same, "stage": "draft", "gen_id": parent}))
        own = {"stage": "essay", "gen_id": essay.parent_gen_id, "parent_gen_id": parent}
        rows.append(Generation(**{**blank, **same, **own, **parts}))
    return pd.DataFrame(rows, columns=Generation._fields)


def gathered(frame, scales=None, cost=0.01, models=None):
    scales = scales or {}
    found = {name: with_coverage(typed(ANALYSIS[name](frame, scales)), 0.8) for name in DRAWN}
    names = Names(combos={}, concepts={}, models=models or {}, templates={})
    return ReportTables("trial", frame, found, scales, made(frame, cost), names, 0.8)


def score(mean, rng):
    return float(np.clip(round(mean + rng.normal()), 0, 10))


def unscored(frame, where):
    return frame.assign(score=frame["score"].mask(where))


@pytest.fixture(scope="module")
def frame():
    return scored()


@pytest.fixture(scope="module")
def tables(frame):
    return gathered(frame)


def chart(tables: ReportTables, name: str) -> Chart:
    return next(one for one in every_chart(tables) if one.name == name)


def rows_of(found: Chart, field: str) -> list[dict]:
    """The different rows of a chart's data that have a value of a field."""
    parts = found.spec["datasets"].values()
    rows = [row for part in parts for row in part if row.get(field) is not None]
    return list({json.dumps(row, sort_keys=True): row for row in rows}.values())


def charts(tables: ReportTables) -> tuple[Chart, ...]:
    return tuple(one for one in every_chart(tables) if not one.is_empty)


def texts_in(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def test_there_is_a_chart_for_every_figure_and_each_is_valid_and_has_its_data_in_it(tables):
    found = list(every_chart(tables))
    assert [(one.name, one.title, one.section) for one in found] == list(FIGURES)
    assert [one.name for one in charts(tables)] == [one.name for one in found]
    for one in found:
        assert vl_convert.vegalite_to_vega(one.spec, vl_version="6.4")["marks"]
        assert '"url"' not in json.dumps(one.spec)
        assert one.caption.endswith(".") and one.caption in one.spec["description"]


def test_a_chart_leaves_ground_and_text_to_the_theme_of_the_page(tables):
    for one in charts(tables):
        assert one.spec["background"] == "transparent"
        assert set(one.spec["config"]) == {"view"}
        fixed = json.dumps(one.spec)
        assert "labelColor" not in fixed and "titleColor" not in fixed


@pytest.mark.parametrize(
    "by", ["generation_model", "draft_template", "generation_template", "combo_id"]
)
def test_the_leaderboard_shows_the_rows_of_the_ranking_with_their_counts(tables, by):
    ranking = tables.table("ranking")
    expected = ranking[ranking["axis"] == by]
    rows = rows_of(chart(tables, f"leaderboard_{by}"), "mean")
    assert [row["key"] for row in rows] == list(expected["level"])
    columns = {"mean": "adjusted_share", "low": "low_share", "high": "high_share"}
    for column in ("mean", "low", "high", "n_valid", "n_expected"):
        values = [np.nan if row[column] is None else row[column] for row in rows]
        of = columns.get(column, column)
        assert values == pytest.approx(list(expected[of]), abs=1e-6, nan_ok=True)
    n_valid, n_expected = expected["n_valid"].iloc[0], expected["n_expected"].iloc[0]
    assert rows[0]["scores"] == f"{n_valid}/{n_expected}"


def test_ties_are_shown_as_the_ranks_that_are_possible(tables):
    ranking = tables.table("ranking").copy()
    places = ranking["axis"] == "generation_model"
    ranking.loc[places, ["rank_low", "rank_high"]] = [[1, 2], [1, 2], [3, 3]]
    tied = replace(tables, tables={**tables.tables, "ranking": ranking})
    rows = rows_of(chart(tied, "leaderboard_generation_model"), "mean")
    assert [row["ranks"] for row in rows] == ["1-2", "1-2", "3"]


def test_of_many_keys_the_best_are_shown_and_the_caption_says_so():
    many = gathered(scored(combos=45, drafts=1, essays=1, models=("ant",)))
    found = chart(many, "leaderboard_combo_id")
    assert len(rows_of(found, "mean")) == 40
    assert "The best 40 of 45 are shown." in found.caption


def test_a_mean_of_too_few_scores_is_marked_and_a_key_without_any_is_told(frame):
    is_ant, is_first = frame["generation_model"] == "ant", frame["combo_id"] == "c0"
    is_cow = frame["generation_model"] == "cow"
    tables = gathered(unscored(frame, (is_ant & is_first) | is_cow))
    found = chart(tables, "leaderboard_generation_model")
    covered = {row["key"]: row["coverage_ok"] for row in rows_of(found, "mean")}
    assert covered == {"ant": False, "bee": True}
    assert "A hollow dot rests on fewer than 80% of the scores asked for." in found.caption
    assert "Not shown, as without any score: 1." in found.caption


def test_a_level_of_few_drafts_has_a_dot_without_a_line():
    tables = gathered(scored(combos=1, drafts=1, essays=1))
    found = chart(tables, "leaderboard_generation_model")
    assert {row.get("low") for row in rows_of(found, "mean")} == {None}
    assert "Without a line: fewer than five drafts, which give no interval." in found.caption


def test_the_heat_map_shows_the_mean_share_and_the_counts_of_each_cell(frame, tables):
    expected = frame.groupby(["combo_id", "generation_template", "generation_model"])["score"]
    rows = rows_of(chart(tables, "heat_map_essay_template"), "n_expected")
    found = {(row["combo"], row["template"], row["model"]): row for row in rows}
    assert len(found) == len(rows) == len(expected)
    for key, score in expected:
        assert found[key]["share"] == pytest.approx(score.mean() / 10, abs=1e-6)
        assert (found[key]["n_valid"], found[key]["n_expected"]) == (len(score), len(score))
        assert found[key]["coverage_ok"] is True


def test_cells_under_min_coverage_are_hatched_and_cells_without_a_score_have_no_colour(frame):
    is_ant, is_first = frame["generation_model"] == "ant", frame["combo_id"] == "c0"
    half = is_ant & is_first & (frame["evaluation_llm_model"] == "ida")
    none = is_ant & (frame["combo_id"] == "c1")
    found = chart(gathered(unscored(frame, half | none)), "heat_map_essay_template")
    cells = {(r["combo"], r["model"]): r for r in rows_of(found, "n_expected")}
    assert cells["c0", "ant"]["coverage_ok"] is False
    assert cells["c1", "ant"]["share"] is None
    assert cells["c2", "ant"]["coverage_ok"] is True
    assert "Pale and hatched" in found.caption and "no score" in found.caption
    assert '"!datum.coverage_ok"' in json.dumps(found.spec)


def test_the_heat_map_of_many_combinations_shows_both_ends_and_says_so():
    frame = scored(combos=120, drafts=1, models=("ant", "bee"), judges=("ida",))
    found = chart(gathered(frame), "heat_map_essay_template")
    means = frame.groupby("combo_id")["score"].mean().sort_values(ascending=False, kind="stable")
    assert {row["combo"] for row in rows_of(found, "share")} == {*means.index[:20]} | {
        *means.index[-20:]
    }
    assert "Of 120 combinations the 20 best and the 20 lowest are shown." in found.caption


def test_two_evaluators_are_drawn_against_each_other_and_more_as_correlations(frame, tables):
    two = chart(tables, "evaluator_correlation")
    assert sum(row["n"] for row in rows_of(two, "one")) == frame["parent_gen_id"].nunique()
    wide = frame.pivot(index="parent_gen_id", columns="evaluation_llm_model", values="score")
    r = wide["ida"].corr(wide["joe"])
    assert f"their correlation is {r:.2f} over {len(wide)} pairs" in two.caption

    more = scored(judges=("ida", "joe", "kim"))
    wide = more.pivot(index="parent_gen_id", columns="evaluation_llm_model", values="score")
    pairs = rows_of(chart(gathered(more), "evaluator_correlation"), "one")
    assert {(p["one"], p["other"]) for p in pairs} == {
        ("joe", "ida"),
        ("kim", "ida"),
        ("kim", "joe"),
    }
    for pair in pairs:
        assert pair["r"] == pytest.approx(wide[pair["one"]].corr(wide[pair["other"]]), abs=1e-6)
        assert pair["n"] == len(wide)


def test_evaluators_without_a_common_essay_are_not_compared(frame):
    ida = frame["evaluation_llm_model"] == "ida"
    apart = gathered(unscored(frame, ida == (frame["combo_id"] == "c0")))
    names = {one.name for one in charts(apart)}
    assert not names & {"evaluator_correlation", "agreement_range", "evaluator_severity"}


RANGES = st.lists(st.integers(0, 1000).map(lambda n: n / 100), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(ranges=RANGES | st.lists(st.integers(0, 10).map(float), min_size=1, max_size=40))
def test_every_essay_is_in_a_bar_of_its_own_class_of_agreement(ranges):
    empty = Names(combos={}, concepts={}, models={}, templates={})
    columns = {"pair_difference": ranges, "evaluation_template": "t", "chance_difference": 3.0}
    table = pd.DataFrame(columns | {"coverage_ok": True})
    tables = ReportTables(
        "trial",
        pd.DataFrame({"score": [1.0]}),
        {"evaluator_agreement_analysis": table},
        {},
        pd.DataFrame(),
        empty,
        0.8,
    )
    spec = agreement_range(tables).chart.to_dict()
    (bars,) = spec["datasets"].values()
    classes = [(0, 1, "high"), (1, 2, "moderate"), (2, 3, "low"), (3, 11, "poor")]
    for low, high, name in classes:
        expected = sum(low < one <= high or (one == 0 and name == "high") for one in ranges)
        assert sum(bar["n"] for bar in bars if bar["agreement"] == name) == expected
    assert sum(bar["share"] for bar in bars) == pytest.approx(1, abs=1e-4)


def test_severity_is_that_of_the_table_overall_and_by_template(tables):
    effects = tables.table("evaluator_effects")
    rows = rows_of(chart(tables, "evaluator_severity"), "severity")
    for overall, template in ((True, ""), (False, "t")):
        expected = effects[effects["evaluation_template"] == template]
        found = {row["name"]: row for row in rows if row["overall"] is overall}
        assert set(found) == set(expected["evaluation_llm_model"])
        for row in expected.itertuples():
            bar = found[row.evaluation_llm_model]
            assert bar["severity"] == pytest.approx(row.severity, abs=1e-6)
            assert bar["n_valid"] == row.n_valid


def test_the_distribution_counts_every_score_once_and_tells_how_many_there_are(frame):
    lost = frame.index < 3
    found = chart(gathered(unscored(frame, lost)), "score_distribution")
    for judge, part in frame.assign(lost=lost).groupby("evaluation_llm_model"):
        valid = part[~part["lost"]]
        bars = [r for r in rows_of(found, "share") if r["evaluator"] == judge]
        assert {r["what"]: r["n"] for r in bars} == {
            f"{score:g}": n for score, n in valid["score"].value_counts().items()
        }
        assert sum(r["share"] for r in bars) == pytest.approx(1, abs=1e-4)
        (panel,) = (r for r in rows_of(found, "counts") if r["evaluator"] == judge)
        assert panel["counts"] == f"{len(valid)}/{len(part)}"
        assert panel["mean"] == pytest.approx(valid["score"].mean(), abs=1e-6)


def test_templates_with_different_scales_are_put_on_one_and_the_caption_says_so():
    frame = scored(templates=("t", "hundred"))
    on_hundred = frame["evaluation_template"] == "hundred"
    mixed = frame.assign(score=frame["score"].mask(on_hundred, frame["score"] * 10))
    found = chart(gathered(mixed, {"hundred": ScoreRange(0, 100)}), "score_distribution")
    assert "every score was put on this one" in found.caption
    assert "from 0 to 10" in found.caption
    assert max(row["to"] for row in rows_of(found, "to")) <= 10.5


def test_variance_shares_are_those_of_the_table_and_what_is_unknown_says_why(tables):
    table = tables.table("variance_components").set_index("component")
    rows = rows_of(chart(tables, "variance_shares"), "component")
    assert {row["component"] for row in rows} == set(table.index)
    for row in rows:
        expected = table.loc[row["component"]]
        if pd.isna(expected["share"]):
            assert row["share"] is None
            assert row["text"] == shorten(expected["note"], 60)
        else:
            assert row["share"] == pytest.approx(expected["share"], abs=1e-6)


def test_the_cost_of_an_essay_is_with_its_draft_and_stands_against_the_ranking(tables):
    ranking = tables.table("ranking").set_index(["axis", "level"])["adjusted_share"][
        "generation_model"
    ]
    found = chart(tables, "cost_score")
    rows = {row["key"]: row for row in rows_of(found, "spent") if row["low"] is not None}
    assert {key: row["spent"] for key, row in rows.items()} == pytest.approx(
        {"ant": 0.02, "bee": 0.04, "cow": 0.06}
    )
    assert {key: row["mean"] for key, row in rows.items()} == pytest.approx(
        ranking.to_dict(), abs=1e-6
    )
    assert "USD" in found.caption


@pytest.mark.parametrize("cost", [0.0, None])
def test_without_costs_tokens_are_shown_and_the_caption_says_so(frame, cost):
    found = chart(gathered(frame, cost=cost), "cost_score")
    spent = {row["key"]: row["spent"] for row in rows_of(found, "spent")}
    assert spent == {"ant": 200, "bee": 400, "cow": 600}
    assert "tokens (prompt and answer) are shown instead" in found.caption


def test_a_copied_essay_costs_what_its_draft_did(frame, tables):
    copied = {"mode": "copy", "cost_usd": 0.0, "prompt_tokens": None, "completion_tokens": None}
    with_copies = replace(tables, generations=made(frame, **copied))
    spent = {r["key"]: r["spent"] for r in rows_of(chart(with_copies, "cost_score"), "spent")}
    assert spent == pytest.approx({"ant": 0.01, "bee": 0.02, "cow": 0.03})
    without = replace(tables, generations=made(frame, **{**copied, "cost_usd": None}, cost=None))
    spent = {r["key"]: r["spent"] for r in rows_of(chart(without, "cost_score"), "spent")}
    assert spent == {"ant": 100, "bee": 200, "cow": 300}


def test_without_costs_and_tokens_there_is_no_chart_of_them(frame, tables):
    unknown = made(frame, None).assign(prompt_tokens=None, completion_tokens=None)
    found = chart(replace(tables, generations=unknown), "cost_score")
    assert found.is_empty and "Neither costs nor tokens" in found.caption


DEGENERATE = {
    "no rows": lambda: scored().head(0),
    "no scores": lambda: scored().assign(score=np.nan),
    "one score": lambda: unscored(scored(), scored().index > 0),
    "one evaluation": lambda: scored(1, 1, 1, ("ant",), ("ida",)),
    "one evaluator": lambda: scored(judges=("ida",)),
    "one model": lambda: scored(models=("ant",)),
    "all alike": lambda: scored().assign(score=7.0),
    "a score beyond the scale": lambda: scored().assign(score=11.0),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_whatever_there_is_every_chart_can_be_made_or_says_why_not(case):
    for one, figure in zip(every_chart(gathered(DEGENERATE[case]())), FIGURES, strict=True):
        assert one.name == figure.name and one.caption and one.spec["datasets"]


def test_without_scores_there_are_no_charts_and_without_tables_no_errors(tables):
    assert charts(gathered(scored().assign(score=np.nan))) == ()
    bare = replace(tables, tables={}, generations=tables.generations.head(0))
    assert {one.section for one in charts(bare)} == {"heat map", "agreement", "distributions"}


def test_five_thousand_evaluations_make_small_charts():
    frame = scored(30, 2, 3, tuple("abcdefg"), ("ida", "joe"), ("t", "u"))
    assert len(frame) > 5000
    for one in charts(gathered(frame)):
        assert len(json.dumps(one.spec)) < 400_000
        scene = vl_convert.vegalite_to_scenegraph(one.spec, vl_version="6.4")["scenegraph"]
        assert 0 < marks(scene) <= MAX_MARKS, one.name


def marks(node) -> int:
    """Marks that stand for data, in what Vega draws."""
    is_data = node.get("role") == "mark" and node.get("marktype") != "group"
    items = node.get("items") or []
    return (len(items) if is_data else 0) + sum(marks(item) for item in items)


@settings(max_examples=200)
@given(names=st.lists(st.text(max_size=60), unique=True, max_size=8), most=st.integers(12, 40))
def test_labels_are_short_and_on_one_line_and_no_two_are_alike(names, most):
    keys = [f"m{n}" for n in range(len(names))]
    called = Names({}, {}, dict(zip(keys, names, strict=True)), {})
    frame = pd.DataFrame()
    tables = ReportTables("trial", frame, {}, {}, frame, called, 0.8)
    found = labels(tables, "generation_model", keys, most)
    assert list(found) == keys
    assert len(set(found.values())) == len(keys)
    for label in found.values():
        assert 0 < len(label) <= most
        assert label == label.strip() and not set(label) & set("\x00\n\r\t\x1b\ud800\uffff")


@pytest.mark.parametrize(
    ("most", "label"),
    [
        (50, "Combinatorial creativity + Default mode network"),
        (42, "Combinatorial… + Default mode…"),
        (20, "Combi…ty + Default…"),
    ],
)
def test_of_a_combination_every_concept_is_shortened_alike(most, label):
    concepts = {"a": "Combinatorial creativity", "b": "Default mode network", "c": "Tides"}
    called = Names({"x": Combo("x", ("a", "b"), "paragraph", 2)}, concepts, {}, {})
    frame = pd.DataFrame()
    tables = ReportTables("trial", frame, {}, {}, frame, called, 0.8)
    assert labels(tables, "combo_id", ["x"], most) == {"x": label}


@pytest.mark.parametrize(
    ("text", "most", "label"),
    [
        ("Chess openings as a language", 24, "Chess openings as a…"),
        ("combo_v1_8eb3419b7ea4", 15, "combo_v1_8…7ea4"),  # ids differ at their ends
        ("The claude-sonnet-4.6 model", 24, "The claude-sonnet…model"),
        ("Extraordinary claims of evidence", 12, "…of evidence"),
        ("Claims that are extraordinary", 12, "Claims that…"),
        ("openai-gpt-4.1-mini-2025-04-14", 27, "openai-gpt-4.1-mini…04-14"),
        ("associative_wandering_long_form", 25, "associative…form"),
    ],
)
def test_a_name_is_cut_between_words_unless_little_of_it_would_be_left(text, most, label):
    assert shorten(text, most) == label


@given(numbers=st.lists(st.floats(-2, 3), max_size=6))
def test_an_axis_covers_its_numbers_and_has_a_width(numbers):
    low, high = extent(numbers)
    assert high - low >= 0.049
    assert all(low - 1e-5 <= number <= high + 1e-5 for number in numbers)


SPOTS = st.tuples(st.integers(0, 460), st.integers(0, 300), st.integers(0, 60))


@settings(max_examples=60, deadline=None)
@given(spots=st.lists(SPOTS, min_size=1, max_size=5))
def test_labels_of_some_dots_do_not_cover_each_other(spots):
    dots = [Dot(x, y, y - h, y + h, f"model-{n}") for n, (x, y, h) in enumerate(spots)]
    boxes = []
    for dot, place in zip(dots, placed(dots, 460, 300), strict=True):
        start = place.x - text_width(dot.text) if place.is_left else place.x
        boxes.append((start, place.y))
    width = text_width("model-0")
    for n, (x, y) in enumerate(boxes):
        assert all(abs(x - a) >= width - 1e-6 or abs(y - b) >= 13 - 1e-6 for a, b in boxes[:n])


def test_ids_that_look_like_markup_are_escaped_in_a_well_formed_picture():
    evil = "<script>alert(1)</script> & \x00\x1b ]]>"
    frame = scored(models=("ant", evil), judges=("ida", "<b>&amp;"), combos=2)
    tables = gathered(frame, models={"ant": "Ant & Bee <i> \ud800"})
    for one in every_chart(tables):
        picture = svg(one)
        root = ElementTree.fromstring(picture)
        assert root.tag == f"{SVG}svg"
        assert not [e for e in root.iter() if "script" in str(e.tag).lower()]
    texts = texts_in(svg(chart(tables, "leaderboard_generation_model")))
    assert "Ant & Bee <i> \ufffd" in texts
    assert any(text.startswith("<script>") for text in texts)


def without_blanks(text: str) -> str:
    return "".join(text.split())


def test_a_picture_has_title_caption_and_counts_in_letters(tables):
    found = chart(tables, "leaderboard_generation_model")
    texts = texts_in(svg(found))
    assert found.title in texts
    assert without_blanks(found.caption) in without_blanks("".join(texts))
    assert {"ant", "bee", "cow", "rank", "scores", "24/24"} <= set(texts)


def test_every_figure_is_written_and_one_without_data_says_why(tmp_path):
    outputs = [str(tmp_path / f"{figure.name}.svg") for figure in FIGURES]
    write_figures(every_chart(gathered(scored().assign(score=np.nan))), outputs)
    for figure, output in zip(FIGURES, outputs, strict=True):
        texts = texts_in(Path(output).read_text(encoding="utf-8"))
        assert figure.title in texts
        assert "No evaluation has a score yet." in texts


def test_every_figure_has_a_caption_for_the_report_of_snakemake():
    for figure in FIGURES:
        assert (ROOT / "report" / f"{figure.name}.rst").read_text(encoding="utf-8").strip()


def test_the_snakefile_learns_the_names_of_the_figures_without_the_libraries_that_draw():
    code = (
        "import sys, daydream.report.charts.figures; "
        "print(sorted({'altair', 'pandas', 'numpy', 'vl_convert'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


NO_NETWORK = """
import socket

def refused(self, address):
    raise AssertionError(f"no network here: {address}")

socket.socket.connect = socket.socket.connect_ex = refused
"""


@pytest.mark.parametrize("name", ["report.html", "report.zip"])
def test_the_report_of_snakemake_has_the_figures_and_needs_no_network(
    finished: Workspace, tmp_path: Path, name: str
) -> None:
    offline = tmp_path / "offline"
    offline.mkdir()
    (offline / "sitecustomize.py").write_text(NO_NETWORK)
    finished.run("--report", name, env={"PYTHONPATH": str(offline)})
    told = finished.files("data/8_report/trial/figures")
    assert told == {f"data/8_report/trial/figures/{figure.name}.svg" for figure in FIGURES}
    if name.endswith(".html"):
        page = (finished.root / name).read_text(encoding="utf-8")
        for figure in FIGURES:
            assert figure.title in page
        assert "Drafts are resampled" in page and "come up with an idea" in page
    else:
        assert (finished.root / name).stat().st_size > 100_000
