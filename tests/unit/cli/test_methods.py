"""Every number of the methods paragraph is what a query of the tables gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from daydream.cli.methods import _judges_of_an_essay, methods, rendered
from daydream.cli.queried_text import Ask, Writer
from daydream.cli.query import opened, query
from daydream.errors import CohortError
from daydream.results.parquet import arrow_table, write_parquet
from daydream.results.scores import ScoreRow
from tests.support.report_store import ReportStore, Size

pytestmark = pytest.mark.thorough  # a store with every table

LOST = 2
NAMES = r"\b\d{4}-\d\d-\d\d\b|\(Holm, 1979\)|[a-z/-]+-\d+(?:-\d+)?"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ReportStore:
    """5 combinations, 2 models, 2 judges, 2 templates, two scores lost."""
    made = ReportStore(tmp_path_factory.mktemp("store"), Size(5, 1, 2, 2))
    for gen_id in made.ids("evaluation")[:LOST]:
        made.fail("evaluation", gen_id, "ParseError", "no score: 'none'")
    made.tabulate()
    layout = made.layout
    write_parquet(layout.scores("trial", "parquet"), arrow_table(ScoreRow, made.scores))
    return made


@pytest.fixture
def ask(store: ReportStore) -> Iterator[Ask]:
    with opened(store.layout, store.membership, with_generations=True) as run:
        yield lambda sql: run(sql).rows


def test_the_paragraph_says_what_the_cohort_is(ask: Ask) -> None:
    text = " ".join(methods(ask)[0])
    assert "5 combinations of concepts went to 2 generation models (middle, small)" in text
    assert "10 drafts and 20 essays" in text
    assert "drafts by small as lab/small-2026-01: 5 answers on 2026-03-04" in text
    assert "2 judges (judge-one, judge-two)" in text and "judge-0 from 0 to 10" in text
    assert "Of 80 evaluations asked for, 78 have a score and 2 have none" in text
    assert "Reasons: evaluation ParseError (2)" in text
    assert "generation models: 1, on same combination" in text
    assert "once each" in text and "An essay went to" not in text  # every judge had every essay


def test_each_number_is_the_cell_that_its_query_gives(ask: Ask, store: ReportStore) -> None:
    paragraphs, numbers = methods(ask)
    assert len(numbers) > 20
    for number in numbers:
        ((value,),) = query(store.layout, store.membership, number.sql).rows
        places = len(number.text.partition(".")[2])
        assert f"{float(value):.{places}f}" == number.text, number
    # The paragraph has no other numbers, but for those in dates, names and a reference.
    text = re.sub(NAMES, "", " ".join(paragraphs))
    assert re.findall(r"(?<![\w.-])\d+(?:\.\d+)?", text) == [one.text for one in numbers]


def test_counts_are_those_of_the_csv_that_anybody_can_open(ask: Ask, store: ReportStore) -> None:
    scores = pd.read_csv(store.layout.scores("trial"))
    known = {number.sql: number.text for number in methods(ask)[1]}
    for column in ("combo_id", "parent_gen_id", "draft_gen_id", "evaluation_llm_model"):
        sql = f"SELECT count(DISTINCT {column}) FROM parsed_scores"
        assert known[sql] == str(scores[column].nunique())
    assert known["SELECT count(score) FROM parsed_scores"] == str(scores["score"].count())


def test_sources_are_commands_that_can_be_typed(ask: Ask) -> None:
    lines = list(rendered(ask, with_sources=True))
    commands = [line for line in lines if "daydream query" in line]
    assert len(commands) == len(methods(ask)[1])
    assert all(line.endswith('"') and line.count('"') == 2 for line in commands)
    assert any("--sources" in line for line in rendered(ask, with_sources=False))
    chosen = rendered(ask, True, lambda command: f"{command} --cohort trial")
    assert all(line.endswith(" --cohort trial") for line in chosen if "daydream query" in line)


def test_what_was_not_made_is_left_out_and_without_scores_there_is_nothing(tmp_path: Path) -> None:
    bare = ReportStore(tmp_path, Size(2, 1, 1, 1))
    layout, membership = bare.layout, bare.membership
    nothing_made = pytest.raises(CohortError, match="snakemake results_analysis")
    with opened(layout, membership, with_generations=True) as run, nothing_made:
        methods(lambda sql: run(sql).rows)
    rows = [ScoreRow("v", "e", "trial", "c", "d", "g", "m", "t", "j", 1, 3.0, "", "", "")]
    write_parquet(layout.scores("trial", "parquet"), arrow_table(ScoreRow, rows))
    with opened(layout, membership, with_generations=False) as run:
        text = " ".join(methods(lambda sql: run(sql).rows)[0])
    assert "Analysis." not in text and "Reliability." not in text
    assert text.startswith("Texts. 1 combination of concepts went to 1 generation model (m)")


def test_judges_that_were_not_asked_about_every_essay_are_counted_by_essay() -> None:
    tables = duckdb.connect()
    tables.execute("CREATE TABLE controls (control TEXT)")
    tables.execute("CREATE TABLE parsed_scores (parent_gen_id TEXT, evaluation_llm_model TEXT)")
    tables.execute("INSERT INTO parsed_scores VALUES ('e1', 'a'), ('e2', 'b'), ('e2', 'c')")
    writer = Writer(lambda sql: tables.execute(sql).fetchall())
    assert list(_judges_of_an_essay(writer)) == ["An essay went to 1 to 2 of them."]
    assert [tables.execute(one.sql).fetchone() for one in writer.numbers] == [(1,), (2,)]
