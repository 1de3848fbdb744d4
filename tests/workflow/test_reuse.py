"""Never pay twice for the same answer, never lose one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Workspace

CALLS = 12


def calls(server: MockServer, work: Workspace, *arguments: str) -> int:
    """Run, and return how many calls this run made."""
    before = server.received
    work.run(*arguments)
    return server.received - before


def test_a_forced_target_makes_one_call_and_the_ledger_keeps_both_answers(
    finished: Workspace, server: MockServer
) -> None:
    work = finished
    server.answer(with_="Seen again.\nSCORE: 4", containing="Judge")
    one, other = work.ids("evaluation")[:2]
    (old,) = work.answers("evaluation", one)
    target = work.target("evaluation", one)
    assert calls(server, work, "-f", target) == 1
    assert work.answers("evaluation", one) == [old, "Seen again.\nSCORE: 4"]
    assert float(work.gen("evaluation", one).read_text()) == 4
    assert calls(server, work, "-f", "./" + target) == 1
    assert calls(server, work, "-f", target, "--config", "reuse=always") == 0
    assert calls(server, work, "-f", target, "--config", "reuse=never") == 1
    assert len(work.answers("evaluation", one)) == 4
    assert len(work.answers("evaluation", other)) == 1
    # Tables follow, for free.
    assert calls(server, work, "results_processing") == 0
    assert {row["gen_id"]: row["score"] for row in work.scores()}[one] == "4.0"


def test_a_forced_target_may_be_an_absolute_path(finished: Workspace, server: MockServer) -> None:
    one = finished.ids("evaluation")[0]
    target = str(finished.root / finished.target("evaluation", one))
    assert calls(server, finished, "-f", target, "--config", f"data_root={finished.data}") == 1


def test_a_forced_rule_calls_again_for_all_its_jobs_and_unchanged_answers_stop_there(
    finished: Workspace, server: MockServer
) -> None:
    assert calls(server, finished, "evaluation", "-R", "generate_evaluation") == 6
    assert calls(server, finished, "evaluation", "-R", "generate_draft") == 3
    again = ("evaluation", "-R", "generate_evaluation", "--config", "reuse=always")
    assert calls(server, finished, *again) == 0
    assert calls(server, finished, "evaluation", "-F") == CALLS
    assert all(len(finished.answers("evaluation", i)) == 3 for i in finished.ids("evaluation"))
    assert all(len(finished.answers("draft", i)) == 3 for i in finished.ids("draft"))


def test_a_force_asks_again_only_for_what_it_names(finished: Workspace, server: MockServer) -> None:
    one, other = finished.ids("evaluation")[:2]
    finished.gen("evaluation", other).unlink()
    target = finished.target("evaluation", one)
    assert calls(server, finished, "evaluation", "-R", target) == 1
    assert len(finished.answers("evaluation", one)) == 2
    assert len(finished.answers("evaluation", other)) == 1


def test_a_forced_call_that_fails_loses_nothing(finished: Workspace, server: MockServer) -> None:
    one = finished.ids("evaluation")[0]
    score = finished.gen("evaluation", one).read_text()
    server.fault(Fault.status(400, message="Not today."), times=None)
    refused = finished.run("-f", finished.target("evaluation", one), ok=False)
    assert "Not today." in refused.output
    assert server.paid == 0
    server.clear_rules()
    assert calls(server, finished, "evaluation") == 0
    assert finished.gen("evaluation", one).read_text() == score


def test_a_fresh_copy_in_any_order_of_times_makes_no_call(
    finished: Workspace, server: MockServer
) -> None:
    before = {row["gen_id"]: row["score"] for row in finished.scores()}
    finished.forget()
    assert calls(server, finished, "results_processing") == 0
    for path in finished.data.rglob("parsed.txt"):
        path.unlink()
    finished.forget()
    assert calls(server, finished, "results_processing") == 0
    assert {row["gen_id"]: row["score"] for row in finished.scores()} == before
    assert "Nothing to be done" in finished.run("results_processing").output


def test_reuse_never_pays_for_a_lost_file_and_auto_does_not(
    finished: Workspace, server: MockServer
) -> None:
    one = finished.ids("evaluation")[0]
    finished.gen("evaluation", one).unlink()
    assert calls(server, finished, "evaluation") == 0
    finished.gen("evaluation", one).unlink()
    assert calls(server, finished, "evaluation", "--config", "reuse=never") == 1


def test_no_answer_in_a_ledger_is_paid_again_after_kills_at_any_moment(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.25
    work.config["endpoints"]["mock"]["max_concurrency"] = 2
    settled: dict[str, int] = {}
    lost = 0
    for moment in (1, 6, 11):
        received = server.received
        _kill_when(work, lambda moment=moment: server.paid >= moment)
        answered = _answered(work)
        lost += server.received - received - len(answered - settled.keys())
        settled |= {prompt: server.paid_by_prompt[prompt] for prompt in answered}
    assert len(settled) >= 4
    server.latency_s = 0.0
    work.run("results_processing")
    assert settled == {prompt: server.paid_by_prompt[prompt] for prompt in settled}
    assert server.received == CALLS + lost
    # At each kill two calls were under way, and two answers at most had come and were not written.
    assert lost <= 3 * (2 + 2)
    assert len(work.scores()) == 6 and all(row["score"] for row in work.scores())


def test_what_a_ledger_held_at_a_kill_is_paid_once(work: Workspace, server: MockServer) -> None:
    server.latency_s = 0.2
    _kill_when(work, lambda: server.paid >= 6)
    settled = _answered(work)
    assert settled
    # The kill tore a line off: once behind an answer, once where there is none.
    for ledger in work.data.rglob("attempts.jsonl"):
        with ledger.open("a") as file:
            file.write('{"at": "2026-01-01T00:00:00", "outcome": "ans')
    server.latency_s = 0.0
    work.run("results_processing")
    assert all(server.paid_by_prompt[prompt] == 1 for prompt in settled)
    assert server.received <= CALLS + 6
    for stage in ("draft", "evaluation"):
        for gen_id in work.ids(stage):
            path = work.gen(stage, gen_id, "attempts.jsonl")
            path.write_text(path.read_text() + '{"outcome": "answer", "tex')
    work.forget()
    assert calls(server, work, "results_processing") == 0


def test_a_kill_among_the_tables_is_mended_for_free(work: Workspace, server: MockServer) -> None:
    scores = work.data / "5_parsing" / "trial" / "parsed_scores.csv"
    _kill_when(work, scores.exists)
    assert server.received == CALLS
    assert calls(server, work) == 0
    assert len(work.table("6_summary/trial/final_results.csv")) > 0
    assert "Nothing to be done" in work.run().output


def _kill_when(work: Workspace, moment: Callable[[], bool]) -> None:
    running = work.start()
    deadline = time.monotonic() + 60
    while not moment() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert moment(), f"it ended before: {running.poll()}"
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    time.sleep(0.5)


def _answered(work: Workspace) -> set[str]:
    ledgers = (path for path in work.data.rglob("attempts.jsonl"))
    folders = [path.parent for path in ledgers if '"outcome": "answer"' in path.read_text()]
    return {(folder / "prompt.txt").read_text() for folder in folders}


def test_a_mended_parser_scores_the_old_answers_again_for_free(
    work: Workspace, server: MockServer, tmp_path: Path
) -> None:
    work.copy_workflow(tmp_path / "repository")
    work.run("results_processing")
    before = {row["gen_id"]: float(row["score"]) for row in work.scores()}
    parser = tmp_path / "repository" / "daydream" / "parsers" / "score.py"
    halves = "{n: (lambda t, s, p=p: p(t, s) / 2) for n, p in SCORE_PARSERS.items()}"
    work.edit(parser, f"{parser.read_text()}\nSCORE_PARSERS = {halves}\n")
    # It counts for what is still to be made, and is no reason to buy these once more.
    work.config["stages"] = {"evaluation": {"temperature": 0.9}}
    output = work.run("results_processing").stderr
    assert "nothing is to be bought" in output
    after = {row["gen_id"]: float(row["score"]) for row in work.scores()}
    assert after == {gen_id: score / 2 for gen_id, score in before.items()}
    assert server.received == CALLS


def test_two_runs_at_once_never_pay_twice_for_one_prompt(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.2
    runs = [
        work.start_making("evaluation"),
        work.start_making("evaluation", "--config", "cohort=second"),
    ]
    outputs = [run.communicate(timeout=120)[0] for run in runs]
    assert set(server.paid_by_prompt.values()) == {1}
    assert server.received == CALLS
    assert [run.returncode for run in runs] == [0, 0], "\n".join(outputs)[-4000:]
    assert calls(server, work, "evaluation") == 0


def test_two_runs_of_one_cohort_at_once_never_pay_twice_for_one_prompt(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.2
    runs = [work.start_making("evaluation") for _ in range(2)]
    outputs = [run.communicate(timeout=120)[0] for run in runs]
    assert set(server.paid_by_prompt.values()) == {1}
    assert server.received == CALLS
    assert [run.returncode for run in runs] == [0, 0], "\n".join(outputs)[-4000:]


def test_jobs_as_processes_know_what_is_forced_and_what_is_not(
    work: Workspace, server: MockServer
) -> None:
    work.concepts(("bees", "tides"))
    mode = ("--workflow-profile", "none", "-j", "2", "--rerun-triggers", "mtime", "--keep-going")
    assert calls(server, work, "evaluation", *mode) == 1 + 1 + 2
    one, other = work.ids("evaluation")
    work.gen("evaluation", other).unlink()
    assert calls(server, work, "-f", work.target("evaluation", one), *mode) == 1
    assert calls(server, work, "evaluation", *mode) == 0
    assert [len(work.answers("evaluation", i)) for i in (one, other)] == [2, 1]
