"""A run that has its generations made in slices; here its jobs are processes of this host."""

from __future__ import annotations

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import Run, Workspace

CALLS = 6 + 6 + 12  # drafts, essays that are no copies, evaluations


@pytest.fixture
def cohort(work: Workspace) -> Workspace:
    """A cohort of six chains that is not made."""
    work.concepts(("bees", "tides", "chess", "fjord"))
    return work


def submit(work: Workspace, *arguments: str, ok: bool = True) -> Run:
    return work.run(*arguments, "--set-scatter", "slices=2", ok=ok)


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
    run = submit(cohort, "results_processing", "-R", "generate_evaluation")
    assert server.paid == 12
    assert slices(run) == 2
