"""Thinking that a server leaves in an answer reaches no essay and no score, and none is lost."""

from __future__ import annotations

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

DRAFT = "One thing.\nAnother thing.\nWhat they make together."


def test_thinking_under_any_tags_stays_out_of_the_texts_and_in_the_ledger(
    work: Workspace, server: MockServer
) -> None:
    work.models({"writer": "both"}, thinking_tags="<plan> [NOTES]")
    answer = f"[THINK]why bees[/THINK]\n<PLAN>three lines</PLAN>\n{DRAFT}\n<think>done?</think>"
    server.answer(with_=answer, containing="Connect these")
    work.run("results_processing")
    for gen_id in work.ids("draft"):
        assert work.gen("draft", gen_id).read_text().strip() == DRAFT
        assert work.ledger("draft", gen_id)[0]["reasoning"] == "why bees\n\nthree lines\n\ndone?"
    later = [call.prompt for call in server.calls if "Connect these" not in call.prompt]
    assert later
    assert not any("why bees" in p or "three lines" in p or "done?" in p for p in later)


def test_thoughts_without_an_answer_are_kept_told_once_and_not_bought_again(
    work: Workspace, server: MockServer
) -> None:
    server.answer(with_="<think>I weigh both sides.</think>", containing="Judge")
    run = work.run("results_processing", ok=False)
    assert server.paid == 3 + 3 + 6
    assert "the model thought (4 words, kept in the ledger) and gave no answer" in run.output
    for gen_id in work.ids("evaluation"):
        assert [line["reasoning"] for line in work.ledger("evaluation", gen_id)] == [
            "I weigh both sides."
        ]
    server.reset()
    work.run("results_processing", ok=False)
    assert server.received == 0

    server.clear_rules()
    work.run("-R", "generate_evaluation", "--", "results_processing")
    assert server.paid == 6
    assert all(row["score"] for row in work.scores())


def test_a_tag_that_is_none_is_refused_before_the_first_call(
    work: Workspace, server: MockServer
) -> None:
    work.models({"writer": "both"}, thinking_tags="plan")
    run = work.run(ok=False)
    assert "llm_models.csv, row 2, column 'thinking_tags': 'plan' is not a tag" in run.output
    assert server.received == 0
