"""Comparisons are a stage that a researcher may switch on; the mock server counts the calls."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from daydream.cli.main import main
from daydream.results.parquet import read_parquet
from tests.support.mock_server import MockServer
from tests.support.workspace import DRAFT, Workspace

# 3 drafts, 6 essays; two rings of 6 essays are at most 12 pairs, fewer where two rings share one.
ESSAYS = 6
BASE_CALLS = 12
TABLES = ("pairwise_ranking", "position_bias")
FILES = {"5_parsing/trial/parsed_comparisons"} | {f"6_summary/trial/{t}" for t in TABLES}


def paid(server: MockServer, work: Workspace, *arguments: str) -> int:
    """Run, and return how many calls this run made."""
    before = server.received
    work.run(*arguments)
    return server.received - before


def comparisons(work: Workspace) -> list[dict[str, str]]:
    return work.table("5_parsing/trial/parsed_comparisons.csv")


def pairs_of(work: Workspace) -> set[frozenset[str]]:
    rows = work.members("comparison")
    return {frozenset((row["parent_gen_id"], row["second_gen_id"])) for row in rows}


def prefers(prompt: str, model: str) -> str:
    """A judge that finds the same text better wherever it stands, and calls equals a tie."""
    first, second = re.findall(r"<<(.*?)>>", prompt, re.DOTALL)
    verdict = "TIE" if first == second else "A" if first > second else "B"
    return f"I read both.\n\n**VERDICT: {verdict}**"


@pytest.fixture(scope="module")
def compared_once(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("compared")
    with MockServer() as server:
        server.answer(with_=prefers, containing="VERDICT")
        work = Workspace(place, server.base_url)
        work.take_over(finished_once)
        work.compare()
        work.run()
    return place


@pytest.fixture
def compared(work: Workspace, server: MockServer, compared_once: Path) -> Workspace:
    """The finished experiment with comparisons switched on and made."""
    work.take_over(compared_once)
    server.answer(with_=prefers, containing="VERDICT")
    return work


def test_each_pair_is_asked_in_both_orders_by_each_template_judge_and_replicate(
    finished: Workspace, server: MockServer
) -> None:
    work = finished
    work.compare(["closer", "braver"])
    work.models({"writer": "both", "judge": "judges"})
    work.replicates(comparison=2)
    work.run("comparison")
    rows, pairs = work.members("comparison"), pairs_of(work)
    assert server.paid == server.received == len(rows) == len(pairs) * 2 * 2 * 2 * 2
    assert ESSAYS <= len(pairs) <= 2 * ESSAYS
    key = ("parent_gen_id", "second_gen_id", "template_id", "llm_model_id", "replicate")
    assert len({tuple(row[name] for name in key) for row in rows}) == len(rows)
    assert all(row["gen_id"].startswith("c_") for row in rows)
    assert set(Counter(row["parent_gen_id"] for row in rows)) == set(work.ids("essay"))
    assert paid(server, work, "comparison") == 0


def test_the_prompt_shows_the_first_essay_as_a_and_the_second_as_b(compared: Workspace) -> None:
    row = compared.members("comparison")[0]
    first = compared.gen("essay", row["parent_gen_id"]).read_text()
    second = compared.gen("essay", row["second_gen_id"]).read_text()
    prompt = compared.gen("comparison", row["gen_id"], "prompt.txt").read_text()
    assert f"<<{first}>>\n<<{second}>>" in prompt
    assert compared.gen("comparison", row["gen_id"]).read_text() in ("A\n", "B\n", "tie\n")
    assert compared.metadata("comparison", row["gen_id"])["second_gen_id"] == row["second_gen_id"]


def test_the_tables_say_who_won_and_a_second_run_has_nothing_to_do(
    compared: Workspace, server: MockServer
) -> None:
    work = compared
    rows = comparisons(work)
    assert len(rows) == len(pairs_of(work)) * 2
    for row in rows:
        named = {"A": row["first_gen_id"], "B": row["second_gen_id"], "tie": ""}
        assert row["winner_gen_id"] == named[row["verdict"]] and not row["error"]
        assert (work.data / row["comparison_response_path"]).is_file()
    ranking = work.table("6_summary/trial/pairwise_ranking.csv")
    essays = [row for row in ranking if row["axis"] == "essay"]
    texts = {i: work.gen("essay", i).read_text() for i in work.ids("essay")}
    assert {row["level"] for row in essays} == set(texts)
    assert all(row["combo_id"] and row["generation_template"] for row in essays)
    assert texts[essays[0]["level"]] == max(texts.values())
    assert {row["axis"] for row in ranking} == {"essay", "combo_id", "generation_template"}
    overall, *_ = work.table("6_summary/trial/position_bias.csv")
    assert (overall["axis"], float(overall["first_share"])) == ("overall", 0.5)
    for name in FILES:
        parquet = str(work.data / f"{name}.parquet")
        assert read_parquet(parquet).num_rows == len(work.table(f"{name}.csv")) > 0
    assert "Nothing to be done" in work.run().output
    assert server.received == 0


def test_two_orders_that_disagree_are_a_tie_and_the_place_that_always_wins_is_reported(
    finished: Workspace, server: MockServer
) -> None:
    finished.compare()
    server.answer(with_="The first one.\nVERDICT: A", containing="VERDICT")
    finished.run("results_analysis")
    ranking = finished.table("6_summary/trial/pairwise_ranking.csv")
    assert all((row["wins"], row["losses"]) == ("0", "0") for row in ranking)
    assert all(int(row["ties"]) > 0 and float(row["strength"]) == 0 for row in ranking)
    bias = finished.table("6_summary/trial/position_bias.csv")
    assert {row["axis"] for row in bias} == {
        "overall",
        "evaluation_llm_model",
        "comparison_template",
    }
    assert {float(row["first_share"]) for row in bias} == {1.0}
    assert {row["coverage_ok"] for row in bias} == {"True"}


def test_an_edited_draft_template_brings_only_the_comparisons_of_its_essays_again(
    work: Workspace, server: MockServer
) -> None:
    work.templates("draft", ["plain", "odd"], text=DRAFT)
    work.compare()
    work.run("comparison")
    drafts = {row["gen_id"] for row in work.members("draft") if row["template_id"] == "odd"}
    touched = {row["gen_id"] for row in work.members("essay") if row["parent_gen_id"] in drafts}
    meet = [
        row
        for row in work.members("comparison")
        if touched & {row["parent_gen_id"], row["second_gen_id"]}
    ]
    assert len(touched) == 6 and 0 < len(meet) < len(work.members("comparison"))
    work.edit(work.raw("templates/draft/odd.txt"), "Another way. " + DRAFT)
    assert paid(server, work, "comparison") == 3 + 3 + len(meet)


def test_an_edited_comparison_template_brings_every_comparison_and_nothing_else_again(
    compared: Workspace, server: MockServer
) -> None:
    template = compared.raw("templates/comparison/closer.txt")
    compared.edit(template, "Strictly! " + template.read_text())
    assert paid(server, compared, "comparison") == len(compared.ids("comparison"))


def test_a_new_model_adds_its_verdicts_and_one_that_left_takes_its_rows_along(
    compared: Workspace, server: MockServer
) -> None:
    count = len(compared.ids("comparison"))
    compared.models({"writer": "both", "judge": "judges"})
    assert paid(server, compared, "results_processing") == ESSAYS + count
    assert len(comparisons(compared)) == 2 * count
    compared.models({"writer": "both"})
    assert paid(server, compared, "results_processing") == 0
    assert len(comparisons(compared)) == count


def test_one_essay_more_keeps_most_pairs(compared: Workspace, server: MockServer) -> None:
    old = pairs_of(compared)
    compared.templates(
        "essay", ["copy", "longer", "wild"], text="Write an essay.\n{{ draft_block }}"
    )
    # Three essays more, and an evaluation of each.
    calls = paid(server, compared, "evaluation", "comparison")
    new = pairs_of(compared) - old
    assert calls == 3 + 3 + 2 * len(new)
    assert len(new) <= 3 * 4 and len(old - pairs_of(compared)) <= 3 * 2


def test_without_templates_nothing_tells_of_comparisons(
    finished: Workspace, server: MockServer
) -> None:
    work = finished
    cohort = work.data / "cohorts/trial"
    before = {path.name: path.read_bytes() for path in cohort.iterdir()}
    work.compare()
    table = work.raw("comparison_templates.csv")
    table.write_text(table.read_text().replace("true", "false"))
    output = work.run().output
    assert server.received == 0
    assert {path.name: path.read_bytes() for path in cohort.iterdir()} == before
    assert b"second_gen_id" not in before["membership.csv"]
    assert b"comparison" not in before["manifest.json"]
    assert not [name for name in work.files("data") if "pairwise" in name or "bias" in name]
    assert not [name for name in work.files("data") if "comparisons" in name or "gens/comp" in name]
    progress = [line for line in output.splitlines() if "comparison" in line]
    assert not progress
    assert "comparison_templates.csv has no active row" in work.run("comparison").output


def test_switched_off_again_the_tables_go_and_the_answers_stay(
    compared: Workspace, server: MockServer
) -> None:
    count = len(compared.ids("comparison"))
    table = compared.raw("comparison_templates.csv")
    compared.edit(table, table.read_text().replace("true", "false"))
    assert paid(server, compared) == 0
    assert not [name for name in compared.files("data") if "pairwise" in name or "_bias" in name]
    compared.compare()
    compared.edit(table, table.read_text())
    assert paid(server, compared) == 0
    assert len(comparisons(compared)) == count


def test_an_answer_without_a_verdict_is_a_row_with_its_reason(
    finished: Workspace, server: MockServer
) -> None:
    finished.compare()
    server.answer(with_=prefers, containing="VERDICT")
    server.answer(with_="Both are fine.", containing="VERDICT", times=1)
    output = finished.run("comparison", ok=False).output
    assert "1 x comparison: ParseError: no verdict" in output
    calls = server.received
    finished.run("results_analysis", "--config", "allow_incomplete=true")
    assert server.received == calls
    (lost,) = [row for row in comparisons(finished) if not row["verdict"]]
    assert lost["error"].startswith("ParseError: no verdict") and not lost["winner_gen_id"]
    overall, *_ = finished.table("6_summary/trial/position_bias.csv")
    assert int(overall["n_valid"]) == int(overall["n_expected"]) - 1
    ranking = finished.table("6_summary/trial/pairwise_ranking.csv")
    short = {row["level"] for row in ranking if row["n_valid"] != row["n_expected"]}
    assert {lost["first_gen_id"], lost["second_gen_id"]} <= short


def test_resample_asks_again_for_a_verdict(finished: Workspace, server: MockServer) -> None:
    finished.compare()
    server.answer(with_="Both are fine.", containing="VERDICT", times=1)
    finished.run("comparison", "--config", "resample=1")
    assert server.received == len(finished.ids("comparison")) + 1


def test_a_shape_is_asked_for_where_the_endpoint_knows_it(
    finished: Workspace, server: MockServer
) -> None:
    finished.compare()
    table = finished.raw("comparison_templates.csv")
    header, *rows = table.read_text().splitlines()
    table.write_text("\n".join([f"{header},structured", *(f"{row},grammar" for row in rows)]))
    finished.config["endpoints"]["mock"]["structured"] = ["json_schema"]
    finished.run("comparison")
    shape = server.calls[-1].body["response_format"]["json_schema"]["schema"]
    assert shape["properties"]["verdict"]["enum"] == ["A", "B"]
    parsed = {finished.gen("comparison", i).read_text() for i in finished.ids("comparison")}
    assert parsed == {"A\n", "B\n"}


def test_selected_essays_are_compared_with_each_other(
    finished: Workspace, server: MockServer
) -> None:
    finished.compare()
    chosen = finished.ids("essay")[:3]
    tasks = finished.data / "2_tasks"
    tasks.mkdir()
    (tasks / "selected_essays.txt").write_text("\n".join(chosen))
    assert paid(server, finished, "evaluation", "comparison") == 3 * 2
    assert pairs_of(finished) == {frozenset(set(chosen) - {i}) for i in chosen}


def test_more_pairs_per_essay_make_only_the_new_ones(
    compared: Workspace, server: MockServer
) -> None:
    old = pairs_of(compared)
    calls = paid(server, compared, "comparison", "--config", "pairs_per_essay=4")
    assert old < pairs_of(compared)
    assert calls == 2 * len(pairs_of(compared) - old)


def test_every_command_knows_comparisons(
    compared: Workspace, server: MockServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(*arguments: str) -> str:
        compared.command()  # writes the configuration
        place = ("-d", str(compared.root), "--configfile", str(compared.root / "config.yaml"))
        assert main([*arguments, *place]) == 0
        return capsys.readouterr().out

    count, row = len(compared.ids("comparison")), compared.members("comparison")[0]
    status = json.loads(say("status", "--json"))["rows"][-1]
    assert (status["stage"], status["done"]) == ("comparison", count)
    spent = json.loads(say("spend", "--json"))["rows"][-1]
    assert (spent["stage"], spent["answers"]) == ("comparison", count)
    shown = say("show", row["gen_id"])
    assert f"A is {row['parent_gen_id']}, B is {row['second_gen_id']}" in shown
    asked = 'SELECT count(*) FROM parsed_comparisons SEMI JOIN generations USING ("gen_id")'
    assert say("query", "--csv", asked).splitlines()[1] == str(count)
    assert say("query", "--csv", "SELECT count(*) FROM pairwise_ranking").splitlines()[1] != "0"
    compared.gen("comparison", row["gen_id"]).unlink()
    assert "1 prompt(s) rendered" in say("prompts", "comparison")
    assert "1 paid answers are used" in say("plan", "comparison")
    compared.gen("comparison", row["gen_id"], "raw.txt").unlink()
    failed = {"error": {"kind": "ParseError", "message": "no verdict"}}
    compared.gen("comparison", row["gen_id"], "metadata.json").write_text(json.dumps(failed))
    assert say("failures", "--targets").strip() == compared.target("comparison", row["gen_id"])
    assert server.received == 0


def test_comparisons_go_in_batches_like_everything_else(
    finished: Workspace, server: MockServer
) -> None:
    finished.compare()
    finished.config["batch"] = True
    finished.config["endpoints"]["mock"] |= {
        "batch": True,
        "batch_wait_s": 0.5,
        "batch_poll_s": 0.1,
    }
    finished.run("comparison")
    count = len(finished.ids("comparison"))
    assert {call.via for call in server.calls} == {"batch"}
    assert server.paid == sum(batch.lines for batch in server.batches) == count


def test_a_spent_budget_stops_comparisons_and_a_larger_one_goes_on(
    finished: Workspace, server: MockServer
) -> None:
    finished.compare()
    # The store has 12 calls already.
    output = finished.run("comparison", "--config", f"budget_calls={BASE_CALLS + 5}", ok=False)
    assert server.received == 5
    left = len(finished.ids("comparison")) - 5
    assert f"Left to buy: {left} comparison(s)." in output.output
    assert paid(server, finished, "comparison", "--config", "budget_calls=500") == left


def test_a_forced_comparison_is_bought_again_and_an_edited_parser_costs_nothing(
    compared: Workspace, server: MockServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    gen_id = compared.ids("comparison")[0]
    assert paid(server, compared, "-f", compared.target("comparison", gen_id)) == 1
    compared.copy_workflow(tmp_path_factory.mktemp("copy") / "workflow")
    compared.run("comparison")
    parser = compared.snakefile.parent / "daydream/parsers/verdict.py"
    compared.edit(parser, parser.read_text() + "# mended\n")
    output = compared.run("comparison").output
    assert "generate_comparison" in output and "generate_evaluation" not in output
    assert server.received == 1


def test_lost_times_of_files_cost_nothing(compared: Workspace, server: MockServer) -> None:
    compared.forget()
    assert paid(server, compared) == 0
