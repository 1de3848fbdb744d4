"""The analyses through the real snakemake command, held against numbers computed by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from daydream.results.names import ANALYSIS_TABLES, SUMMARY_TABLES
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

# 6 essays, each scored by two evaluators: 3 + 3 + 12 calls.
CALLS = 18


@pytest.fixture
def judged(work: Workspace, server: MockServer) -> Workspace:
    """An experiment in which judge gives every essay a 4 and critic a 7, from 0 to 9."""
    work.models({"writer": "writes", "judge": "judges", "critic": "judges"})
    server.answer(with_="SCORE: 4", model="lab/judge")
    server.answer(with_="SCORE: 7", model="lab/critic")
    return work


def rows(work: Workspace, table: str, **where: str) -> list[dict[str, str]]:
    found = work.table(f"6_summary/trial/{table}.csv")
    return [row for row in found if all(row[key] == value for key, value in where.items())]


def test_the_analyses_are_made_alone_with_the_numbers_that_a_person_gets(
    judged: Workspace, server: MockServer
) -> None:
    judged.run("results_analysis")
    assert server.paid == CALLS
    tables = (*ANALYSIS_TABLES, "snapshots")  # for what a call costs
    made = {f"{table}.{form}" for table in tables for form in ("csv", "parquet")}
    assert {name.rsplit("/", 1)[1] for name in judged.files("data/6_summary")} == made

    agreement = rows(judged, "evaluator_agreement_analysis")
    assert len(agreement) == 6
    # 3 of 9 points are 3.33 of 10, above the last limit of 3.
    assert {(r["mean"], r["range"], r["agreement_class"]) for r in agreement} == {
        ("5.5", "3.0", "poor_agreement")
    }
    kinds = [row["analysis_type"] for row in rows(judged, "comprehensive_variance_analysis")]
    assert sorted(kinds) == ["model_variance"] * 6 + ["overall_variance"] * 6
    # Disagreement in essays: 3^2 = 9; between any two of 12 scores: 72 x 9 / 132; 1 - 11 / 6.
    alphas = rows(judged, "reliability", measure="krippendorff_alpha")
    assert {row["scope"]: row["value"] for row in alphas} == {
        "overall": "-0.833333",
        "novelty": "-0.833333",
    }
    severity = {
        row["evaluation_llm_model"]: row["severity"]
        for row in rows(judged, "evaluator_effects", evaluation_template="")
    }
    assert severity == {"judge": "-0.333333", "critic": "0.333333"}
    (ranked,) = rows(judged, "ranking", axis="generation_model")
    assert (ranked["level"], ranked["mean"], ranked["rank"]) == ("writer", "5.5", "1")
    assert [row["letters"] for row in rows(judged, "ranking", axis="combo_id")] == ["a"] * 3
    assert {row["share"] for row in rows(judged, "d_study")} == {"0.05", "0.1", "0.2"}
    (evaluator,) = rows(judged, "variance_components", component="evaluation_llm_model")
    assert float(evaluator["share"]) == pytest.approx(1, abs=0.001)

    (judged.data / "6_summary" / "trial" / "ranking.parquet").unlink()
    assert "analysis_tables" in judged.run("-n", "results_analysis").output


def test_an_evaluator_that_never_scored_is_in_the_tables_and_marked_as_not_covered(
    judged: Workspace, server: MockServer
) -> None:
    server.answer(with_="I would rather not say.", model="lab/critic")
    targets = ("results_summary", "results_analysis")
    judged.run("evaluation", ok=False)
    judged.run(*targets, "--config", "allow_incomplete=true")
    assert server.received == CALLS
    for table in (*SUMMARY_TABLES, *ANALYSIS_TABLES):
        beside = pd.read_parquet(judged.data / "6_summary" / "trial" / f"{table}.parquet")
        path = judged.data / "6_summary" / "trial" / f"{table}.csv"
        assert path.read_text().splitlines()[0] == ",".join(beside.columns)
        assert len(rows(judged, table)) == len(beside)
    for table in ("evaluator_agreement_analysis", "comprehensive_variance_analysis", "reliability"):
        assert rows(judged, table) == []
    critic, judge = (
        rows(judged, "evaluator_effects", evaluation_template="", evaluation_llm_model=name)[0]
        for name in ("critic", "judge")
    )
    assert (critic["n_expected"], critic["n_valid"], critic["coverage_ok"]) == ("6", "0", "False")
    assert (critic["unparsed_share"], critic["mean_share"]) == ("1.0", "")
    assert (judge["n_valid"], judge["coverage_ok"]) == ("6", "True")
    (overall,) = rows(judged, "final_results", analysis="overall")
    assert (overall["n_expected"], overall["n_valid"]) == ("12", "6")
    assert overall["coverage_ok"] == "False"

    config = ("--config", "allow_incomplete=true", "min_coverage=0.5")
    judged.run(*targets, *config, "-R", "summary_tables", "analysis_tables")
    (overall,) = rows(judged, "final_results", analysis="overall")
    assert overall["coverage_ok"] == "True"
    assert server.received == CALLS
