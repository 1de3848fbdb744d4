"""Answers to requests that had another shape in an earlier version are used, for free."""

from __future__ import annotations

import shutil
from pathlib import Path

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import ROOT, Workspace


def on_a_scale(work: Workspace, low: int, high: int) -> None:
    """Evaluations by grammar on another scale than 0 to 9."""
    work.config["endpoints"]["mock"]["structured"] = ["grammar"]
    path = work.raw("evaluation_templates.csv")
    text = path.read_text().replace("score_max\n", "score_max,structured\n")
    path.write_text(text.replace(",0,9\n", f",{low},{high},grammar\n"))


def test_answers_to_the_grammar_of_an_earlier_version_are_not_bought_again(
    work: Workspace, server: MockServer, tmp_path: Path
) -> None:
    on_a_scale(work, 1, 5)
    server.answer(with_="It is known.\nSCORE: 3", containing="Judge")
    work.copy_workflow(tmp_path / "earlier")
    source = tmp_path / "earlier" / "daydream" / "llm" / "structured.py"
    today = source.read_text()
    earlier = today.replace('{"grammar": score_grammar(scale)}', '{"grammar": SCORE_GRAMMAR}')
    assert earlier != today
    source.write_text(earlier)
    work.run("results_processing")
    judged = [call for call in server.calls if "Judge" in call.prompt]
    assert len(judged) == 6
    assert all("[0-9]" in call.body["grammar"] for call in judged)

    work.snakefile = ROOT / "Snakefile"
    server.reset()
    for gen_id in work.ids("evaluation"):
        work.gen("evaluation", gen_id).unlink()
    shutil.rmtree(work.data / "5_parsing")
    work.run("results_processing")
    assert server.received == 0
    assert all(work.gen("evaluation", gen_id).exists() for gen_id in work.ids("evaluation"))
    assert [row["score"] for row in work.scores()] == ["3.0"] * 6
    config = str(work.root / "config.yaml")
    assert main(["verify", "--configfile", config, "--directory", str(work.root)]) == 0

    work.run("-R", "generate_evaluation", "--", "results_processing")
    assert server.paid == 6
    assert all('"5" | "4"' in call.body["grammar"] for call in server.calls)
