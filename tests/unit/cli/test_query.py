"""SQL over a cohort: which views there are, what is in them, and what is said of an error."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daydream.cli.main import main
from daydream.cli.query import Result, aligned, as_csv, query
from daydream.errors import CohortError, QueryError
from daydream.results.comparisons import ComparisonRow, cohort_comparisons
from daydream.results.names import ANALYSIS_TABLES, SUMMARY_TABLES
from daydream.results.parquet import arrow_table, write_parquet
from daydream.results.scores import ScoreRow, cohort_scores
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

DRAFT = Member("draft", "d_1", "trial", "", "007", "free", "gpt", 1)
ESSAY = Member("essay", "e_1", "trial", "d_1", "007", "longer", "gpt", 1)
EVALUATIONS = [
    Member("evaluation", f"v_{n}", "trial", "e_1", "007", "novelty", "judge", n) for n in (1, 2, 3)
]
FAMILY = Membership("trial", [DRAFT, ESSAY, *EVALUATIONS])
Ask = Callable[[str], Result]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """v_1 is scored, v_2 failed, v_3 was not tried."""
    layout = Layout(str(tmp_path / "data"))
    answer = {"usage": {"prompt_tokens": 20, "completion_tokens": 5}, "cost_usd": 0.25}
    answer |= {"latency_s": 1.5, "finish_reason": "stop", "returned_model": "gpt-of-today"}
    store(layout, DRAFT, "A draft.", **answer)
    store(layout, ESSAY, "An essay.", mode="copy")
    store(layout, EVALUATIONS[0], "7.0\n", usage={"prompt_tokens": 30}, cost_usd=None)
    store(layout, EVALUATIONS[1], None, error={"kind": "ParseError", "message": "no score"})
    rows = list(cohort_scores(layout, FAMILY))
    write_parquet(made(layout.scores("trial", "parquet")), arrow_table(ScoreRow, rows))
    return layout


def made(path: str) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return path


def store(layout: Layout, member: Member, parsed: str | None, **fields: Any) -> None:
    folder = Path(layout.generation(member.stage, member.gen_id))
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text(json.dumps(fields))
    if parsed is not None:
        (folder / "parsed.txt").write_text(parsed)


@pytest.fixture
def ask(layout: Layout) -> Ask:
    return lambda sql: query(layout, FAMILY, sql)


def test_ids_are_text_and_scores_are_numbers(ask: Ask) -> None:
    found = ask("SELECT combo_id, score, replicate FROM parsed_scores ORDER BY replicate")
    assert found.columns == ["combo_id", "score", "replicate"]
    assert found.rows == [("007", 7.0, 1), ("007", None, 2), ("007", None, 3)]


def test_missing_scores_are_counted_and_not_averaged(ask: Ask) -> None:
    assert ask("SELECT count(*), count(score), avg(score) FROM parsed_scores").rows == [(3, 1, 7)]


def test_a_generation_has_what_its_answer_took(ask: Ask) -> None:
    (draft,) = ask("SELECT * FROM generations WHERE stage = 'draft'").rows
    assert draft[:9] == ("draft", "d_1", "", "007", "free", "gpt", 1, "done", "llm")
    assert draft[9:16] == (0.25, 20, 5, 1.5, "stop", "gpt-of-today", None)


def test_a_copy_costs_nothing(ask: Ask) -> None:
    (essay,) = ask("SELECT mode, cost_usd, prompt_tokens FROM generations WHERE mode = 'copy'").rows
    assert essay == ("copy", 0, None)


def test_what_is_not_known_of_a_generation_is_null(ask: Ask) -> None:
    found = ask("SELECT cost_usd, prompt_tokens, completion_tokens FROM Generations")
    assert found.rows[2:4] == [(None, 30, None), (None, None, None)]


def test_a_generation_is_done_failed_or_missing(ask: Ask) -> None:
    sql = "SELECT gen_id, status FROM generations WHERE stage = 'evaluation' ORDER BY gen_id"
    assert ask(sql).rows == [("v_1", "done"), ("v_2", "failed"), ("v_3", "missing")]


def test_damaged_metadata_is_a_row_without_facts(layout: Layout, ask: Ask) -> None:
    (Path(layout.generation("draft", "d_1")) / "metadata.json").write_text('{"usage": [1], "cost')
    assert ask("SELECT cost_usd FROM generations LIMIT 1").rows == [(None,)]


def test_views_can_be_joined(ask: Ask) -> None:
    sql = "SELECT m.combo_id FROM membership m JOIN generations g USING (gen_id) WHERE cost_usd > 0"
    assert ask(sql).rows == [("007",)]


def test_the_views_are_those_that_were_made(layout: Layout, ask: Ask) -> None:
    names = {name for (name,) in ask("SHOW TABLES").rows}
    assert names == {"membership", "generations", "parsed_scores"}
    for table in (*SUMMARY_TABLES, *ANALYSIS_TABLES):
        path = made(layout.summary("trial", table, "parquet"))
        write_parquet(path, arrow_table(Member, []))
    names |= {*SUMMARY_TABLES, *ANALYSIS_TABLES}
    assert {name for (name,) in ask("SHOW TABLES").rows} == names


def test_a_table_that_was_not_made_says_how(ask: Ask) -> None:
    with pytest.raises(QueryError, match=r"Not made yet: final_results.* Make them: snakemake"):
        ask("FROM final_results")


def test_a_misspelt_table_gets_the_list_of_those_that_there_are(ask: Ask) -> None:
    with pytest.raises(QueryError, match="Tables: membership, generations, parsed_scores"):
        ask("FROM parsed")


def test_a_damaged_table_is_named(layout: Layout, ask: Ask) -> None:
    Path(layout.scores("trial", "parquet")).write_bytes(b"PAR1 no more")
    with pytest.raises(CohortError, match=r"snakemake -f .*parsed_scores.parquet"):
        ask("FROM membership")


@pytest.mark.parametrize(
    "sql", ["SELEC 1", "SELECT nothing FROM membership", "SELECT 1 +", "", "-- ?", "SELECT ?", "\0"]
)
def test_sql_that_cannot_be_run_is_an_error_for_a_person(ask: Ask, sql: str) -> None:
    with pytest.raises(QueryError):
        ask(sql)


def test_a_variable_of_this_program_is_no_table(ask: Ask) -> None:
    with pytest.raises(QueryError, match="does not exist"):
        ask("FROM members")


def test_a_table_for_a_terminal_is_aligned_with_numbers_to_the_right() -> None:
    result = Result(["model", "n", "mean"], [("gpt", 12, 1 / 3), ("a", 3, None)])
    assert list(aligned(result)) == [
        "model   n      mean",
        "gpt    12  0.333333",
        "a       3         -",
        "(2 rows)",
    ]


def test_long_and_broken_texts_stay_in_their_line() -> None:
    header, row, count = aligned(Result(["error"], [("no score\nin " + 80 * "x",)]))
    assert (header, len(row), count) == ("error", 60, "(1 row)")
    assert row.startswith("no score in xx") and row.endswith("...")


def test_csv_cuts_and_rounds_nothing() -> None:
    result = Result(["error", "score"], [("a, b\n" + 80 * "x", 1 / 3), (None, None)])
    text = "\n".join(as_csv(result))
    assert list(csv.reader(io.StringIO(text))) == [
        ["error", "score"],
        ["a, b\n" + 80 * "x", str(1 / 3)],
        ["", ""],
    ]


def test_no_rows_still_have_a_header() -> None:
    assert list(aligned(Result(["a", "b"], []))) == ["a  b", "(0 rows)"]
    assert list(as_csv(Result(["a", "b"], []))) == ["a,b"]


def test_the_command_asks_a_finished_experiment(
    finished: Workspace, server: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    finished.command()
    place = ("-d", str(finished.root), "--configfile", str(finished.root / "config.yaml"))
    assert main(["query", "SELECT count(*) AS n FROM final_results", "--csv", *place]) == 0
    rows = len(finished.table("6_summary/trial/final_results.csv"))
    assert capsys.readouterr().out == f"n\n{rows}\n"
    sql = "SELECT stage, count(*) n, sum(prompt_tokens) > 0 paid FROM generations GROUP BY ALL"
    assert main(["query", f"{sql} ORDER BY n, stage", *place]) == 0
    output = capsys.readouterr().out.splitlines()
    assert [line.split() for line in output] == [
        ["stage", "n", "paid"],
        ["draft", "3", "True"],
        ["essay", "6", "True"],
        ["evaluation", "6", "True"],
        ["(3", "rows)"],
    ]
    assert main(["query", "SELECT * FORM ranking", *place]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: Parser Error: ") and error.count("\n") == 1
    assert server.received == 0


def test_comparisons_are_views_of_a_cohort_that_has_them_and_of_no_other(layout: Layout) -> None:
    other = ESSAY._replace(gen_id="e_2", replicate=2)
    comparison = Member("comparison", "c_1", "trial", "e_1", "007", "closer", "judge", 1, "e_2")
    membership = Membership("trial", [DRAFT, ESSAY, other, comparison])
    rows = list(cohort_comparisons(layout, membership))
    path = made(layout.comparisons("trial", "parquet"))
    write_parquet(path, arrow_table(ComparisonRow, rows))
    asked = query(layout, membership, "SELECT first_gen_id, second_gen_id FROM parsed_comparisons")
    assert asked.rows == [("e_1", "e_2")]
    assert query(layout, membership, "SELECT max(second_gen_id) FROM membership").rows == [("e_2",)]
    with pytest.raises(QueryError, match=r"Not made yet: .*pairwise_ranking, position_bias"):
        query(layout, membership, "FROM pairwise_ranking")
    assert "second_gen_id" not in query(layout, FAMILY, "FROM membership").columns
    with pytest.raises(QueryError) as caught:
        query(layout, FAMILY, "FROM nothing")
    assert "pairwise" not in str(caught.value) and "comparisons" not in str(caught.value)
