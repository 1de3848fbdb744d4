"""`slice: k/n` narrows a run to whole chains; n such runs make the cohort, and each call once."""

from __future__ import annotations

import pytest

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Run, Workspace

CALLS = 6 + 6 + 12  # drafts, essays that are no copies, evaluations


@pytest.fixture
def cohort(work: Workspace) -> Workspace:
    """A cohort of six chains, known and not made."""
    work.concepts(("bees", "tides", "chess", "fjord"))
    work.run("cohort")
    return work


def made(work: Workspace, stage: str) -> set[str]:
    return {path.parent.name for path in work.data.glob(f"gens/{stage}/*/parsed.txt")}


def run_slice(work: Workspace, part: str, *targets: str, ok: bool = True) -> Run:
    return work.run(*targets, "--config", f"slice={part}", ok=ok)


def test_a_slice_makes_its_own_chains_from_the_draft_to_the_scores(
    cohort: Workspace, server: MockServer
) -> None:
    run = run_slice(cohort, "2/3")
    drafts = set(cohort.ids("draft")[1::3])
    essays = {m["gen_id"] for m in cohort.members("essay") if m["parent_gen_id"] in drafts}
    scores = {m["gen_id"] for m in cohort.members("evaluation") if m["parent_gen_id"] in essays}
    assert made(cohort, "draft") == drafts
    assert made(cohort, "essay") == essays
    assert made(cohort, "evaluation") == scores
    assert server.paid == CALLS / 3
    assert "Slice 2/3 of cohort trial: 8 generation(s) to buy" in run.stderr
    assert not (cohort.data / "5_parsing").exists()


def test_slices_one_after_the_other_make_what_one_run_makes(
    cohort: Workspace, server: MockServer
) -> None:
    for part in ("3/3", "1/3", "2/3"):
        run_slice(cohort, part, "evaluation")
    assert server.paid == CALLS
    cohort.run("results_processing")
    assert server.paid == CALLS
    assert len(cohort.scores()) == 12


def test_a_slice_reports_its_own_failures_only(cohort: Workspace, server: MockServer) -> None:
    server.fault(Fault.status(400), containing="[novelty]", times=None)
    first = run_slice(cohort, "1/3", ok=False)
    server.clear_rules()
    assert "4 generation(s) failed" in first.stderr
    second = run_slice(cohort, "2/3")
    assert "failed" not in second.stderr


def test_a_slice_makes_no_table(cohort: Workspace, server: MockServer) -> None:
    run = run_slice(cohort, "1/3", "report", ok=False)
    assert "slice=1/3 makes generations only" in run.output
    assert "Traceback" not in run.output
    assert server.received == 0


def test_a_slice_of_a_cohort_that_is_not_made_says_what_to_type(work: Workspace) -> None:
    run = run_slice(work, "1/3", ok=False)
    assert "snakemake cohort" in run.output
    assert not work.files("data/cohorts")


def test_a_slice_does_not_make_a_changed_cohort_again(cohort: Workspace) -> None:
    before = (cohort.data / "cohorts/trial/membership.csv").read_bytes()
    run = cohort.run("--config", "slice=1/3", "k_max=1", ok=False)
    assert "made for something else" in run.output
    run = cohort.run("-F", "--config", "slice=1/3", ok=False)
    assert "-R generate_draft generate_essay generate_evaluation" in run.output
    assert (cohort.data / "cohorts/trial/membership.csv").read_bytes() == before


def test_a_forced_slice_buys_its_own_part_once(cohort: Workspace, server: MockServer) -> None:
    for part in ("1/2", "2/2"):
        run_slice(cohort, part)
    server.reset()
    run_slice(cohort, "2/2", "evaluation", "-R", "generate_evaluation")
    assert server.paid == 6


def test_more_slices_than_an_endpoint_takes_calls_are_refused(
    cohort: Workspace, server: MockServer
) -> None:
    run = run_slice(cohort, "1/17", ok=False)
    assert "endpoints.mock.max_concurrency is 16" in run.output
    assert "17 slices" in run.output
    assert server.received == 0


def test_comparisons_are_made_in_slices_once_all_essays_are(
    work: Workspace, server: MockServer
) -> None:
    work.compare()
    work.run("cohort")
    for part in ("1/2", "2/2"):
        run_slice(work, part, "evaluation")
    before = server.paid
    for part in ("1/2", "2/2"):
        run_slice(work, part, "comparison")
    assert server.paid - before == len(work.members("comparison")) > 0
    work.run("evaluation", "comparison")
    assert server.paid - before == len(work.members("comparison"))
