from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.cluster import CONCEPTS, Cluster
from tests.support.slurm import Slurm, why_not
from tests.support.workspace import Workspace


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A real Slurm for the tests of a file."""
    if reason := why_not():
        pytest.skip(reason)
    with Slurm(tmp_path_factory.mktemp("slurm") / "cluster") as running:
        yield running


@pytest.fixture
def cluster(work: Workspace, slurm: Slurm) -> Cluster:
    """A cohort of six chains, known and not made."""
    work.concepts(CONCEPTS)
    work.run("cohort")
    return Cluster(work, slurm)
