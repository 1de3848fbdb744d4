"""A run that has its generations made in slices; here its jobs are processes of this host."""

from __future__ import annotations

import pytest

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Run, Workspace

CALLS = 6 + 6 + 12  # drafts, essays that are no copies, evaluations


@pytest.fixture
def cohort(work: Workspace) -> Workspace:
    """A cohort of six chains that is not made."""
    work.concepts(("bees", "tides", "chess", "fjord"))
    work.config["slice_min"] = 1
    return work


def submit(work: Workspace, *arguments: str, ok: bool = True, count: int = 2) -> Run:
    return work.run(*arguments, "--set-scatter", f"slices={count}", ok=ok)


def slices(run: Run) -> int:
    """How many slices a run has had made."""
    counts = [line.split()[1] for line in run.output.splitlines() if "generate_slice " in line]
    return int(counts[-1]) if counts else 0


def test_slices_are_made_and_then_the_tables(cohort: Workspace, server: MockServer) -> None:
    cohort.run("cohort")
    run = submit(cohort, "results_processing")
    assert slices(run) == 2
    assert server.paid == CALLS
    assert len(cohort.scores()) == 12
    assert "Cohort trial: 24 generation(s) to buy" in run.stderr

    server.reset()
    assert slices(submit(cohort, "results_processing")) == 0
    assert server.received == 0

    target = cohort.target("evaluation", cohort.ids("evaluation")[3])
    submit(cohort, "-f", target)
    assert server.paid == 1

    server.reset()
    run = submit(cohort, "results_processing", "-R", "generate_evaluation", count=1)
    assert server.paid == 12
    assert slices(run) == 1  # and not a job for each generation

    server.reset()
    submit(cohort, "evaluation", "-F")
    assert server.paid == CALLS


def test_with_allow_incomplete_the_tables_are_made_and_the_failure_is_told(
    cohort: Workspace, server: MockServer
) -> None:
    cohort.config["allow_incomplete"] = True
    server.fault(Fault.status(400), containing="[novelty]", times=1)
    run = submit(cohort, "results_processing", ok=False)
    assert server.paid == CALLS - 1
    assert [row["score"] != "" for row in cohort.scores()].count(False) == 1
    assert "1 generation(s) failed" in run.stderr
    assert "What to type next" in run.stderr
    assert "evaluations 11/12 | 2 of 2 slices made" in run.stderr


def test_a_failed_slice_holds_the_tables_up_and_is_told(
    cohort: Workspace, server: MockServer
) -> None:
    server.fault(Fault.status(400), containing="[novelty]", times=1)
    run = submit(cohort, "results_processing", ok=False)
    assert server.paid == CALLS - 1
    assert not (cohort.data / "5_parsing").exists()
    assert "1 generation(s) failed" in run.stderr
    assert slices(submit(cohort, "results_processing")) == 1
    assert server.paid == CALLS


def test_essays_that_were_selected_and_comparisons_are_made_in_slices(
    cohort: Workspace, server: MockServer
) -> None:
    cohort.run("generation_essays")
    chosen = cohort.ids("essay")[:6]
    (cohort.data / "2_tasks").mkdir()
    (cohort.data / "2_tasks" / "selected_essays.txt").write_text("\n".join(chosen) + "\n")
    cohort.compare()
    cohort.config["cohort"] = "chosen"
    server.reset()
    submit(cohort, "evaluation", "comparison")
    comparisons = cohort.members("comparison", "chosen")
    assert server.paid == 6 + len(comparisons)
    assert comparisons
