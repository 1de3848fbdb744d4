"""Long checks, not part of `make test`: `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


@pytest.mark.slow
def test_the_embedded_model_leaves_no_score_unparsed_in_200_evaluations(
    tmp_path: Path, server: MockServer
) -> None:
    endpoints = {
        "mock": {"base_url": server.base_url},
        "embedded": {"engine": "llama.cpp", "max_concurrency": 4},
    }
    work = Workspace(tmp_path, server.base_url, {"endpoints": endpoints, "k_max": 1})
    work.concepts(tuple(f"concept-{number}" for number in range(200)))
    work.templates("essay", ["copy"], text="")
    work.write(
        "llm_models.csv",
        "id,model,provider,display_name,for_generation,for_evaluation,specialization,endpoint\n"
        "writer,lab/writer,lab,writer,true,false,,mock\n"
        "judge,SmolLM2,lab,judge,false,true,,embedded\n",
    )
    path = work.raw("evaluation_templates.csv")
    header, row = path.read_text().splitlines()
    path.write_text(f"{header},structured\n{row},grammar\n")
    work.run(timeout_s=1500)
    scores = work.scores()
    assert len(scores) == 200
    assert [row["error"] for row in scores if row["error"]] == []
    assert len({row["score"] for row in scores}) > 1
