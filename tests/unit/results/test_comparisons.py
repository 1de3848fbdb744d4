"""A comparison is a row, read from its parsed.txt; the two orders of a pair belong together."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from daydream.errors import CohortError
from daydream.results.comparisons import ComparisonRow, cohort_comparisons
from daydream.results.coverage import with_coverage
from daydream.results.pairwise import (
    bias_table,
    make_pairwise,
    origins,
    outcomes,
    pairwise_ranking,
    read_comparisons,
)
from daydream.results.parquet import read_parquet
from daydream.results.scores import write_rows
from daydream.store.layout import Layout
from daydream.store.membership import Member, Membership

COHORT = "trial"


def essay(number: int, model: str, combo: str = "c1") -> list[Member]:
    """A draft and its essay."""
    key = (COHORT, "", combo, "free", model, number)
    draft = Member("draft", f"d_{number}", *key)
    child = draft._replace(
        stage="essay", gen_id=f"e_{number}", parent_gen_id=draft.gen_id, template_id="long"
    )
    return [draft, child]


def meet(one: int, other: int, *, judge: str = "judge", replicate: int = 1) -> list[Member]:
    """Both orders of a pair."""
    orders = ((f"e_{one}", f"e_{other}"), (f"e_{other}", f"e_{one}"))
    return [
        Member(
            "comparison",
            f"c_{first}_{second}_{judge}_{replicate}",
            COHORT,
            first,
            "c1",
            "closer",
            judge,
            replicate,
            second,
        )
        for first, second in orders
    ]


ESSAYS = [*essay(1, "gpt"), *essay(2, "gpt", "c2"), *essay(3, "llama"), *essay(4, "llama", "c2")]


class Trial:
    """A cohort on disk, whose verdicts a test writes."""

    def __init__(self, root: Path, *comparisons: Member) -> None:
        self.layout = Layout(str(root))
        self.roster = Membership(COHORT, [*ESSAYS, *comparisons])
        for stage in ("draft", "essay"):
            for gen_id in self.roster.by_stage[stage]:  # type: ignore[index]
                self.put(stage, gen_id, "A text.")

    def put(self, stage: str, gen_id: str, text: str, name: str = "parsed.txt") -> None:
        path = Path(self.layout.root, "gens", stage, gen_id, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def judge(self, *verdicts: str) -> Trial:
        members = self.roster.stage("comparison")
        for member, verdict in zip(members, verdicts, strict=True):
            if verdict:
                self.put("comparison", member.gen_id, f"{verdict}\n")
        return self

    def rows(self) -> list[ComparisonRow]:
        return list(cohort_comparisons(self.layout, self.roster))

    def frame(self) -> pd.DataFrame:
        path = self.layout.comparisons(COHORT)
        write_rows(path, ComparisonRow, self.rows())
        return read_comparisons(path)

    def ranking(self, by: str) -> pd.DataFrame:
        table = pairwise_ranking(self.frame(), self.roster)
        return table[table["axis"] == by].set_index("level")


# Rows


def test_the_winner_is_the_essay_that_the_letter_stands_for(tmp_path: Path) -> None:
    rows = Trial(tmp_path, *meet(1, 2), *meet(2, 3)).judge("A", "A", "B", "tie").rows()
    assert [row.winner_gen_id for row in rows] == ["e_1", "e_2", "e_3", ""]
    assert [row.verdict for row in rows] == ["A", "A", "B", "tie"]
    assert rows[0].comparison_response_path == "gens/comparison/c_e_1_e_2_judge_1/raw.txt"
    assert not any(row.error for row in rows)


def test_a_missing_verdict_is_told_with_the_first_failure_on_its_way(tmp_path: Path) -> None:
    trial = Trial(tmp_path, *meet(1, 2), *meet(2, 3)).judge("", "", "B", "A")
    Path(trial.layout.parsed("essay", "e_2")).unlink()
    failure = {"error": {"kind": "TruncatedError", "message": "cut off"}}
    trial.put("essay", "e_2", json.dumps(failure), "metadata.json")
    failed = {"error": {"kind": "ParseError", "message": "no verdict"}}
    first, second, *_ = trial.rows()
    assert first.error == second.error == "essay e_2: TruncatedError: cut off"
    assert (first.verdict, first.winner_gen_id) == ("", "")
    trial.put("essay", "e_2", "A text.")
    trial.put("comparison", first.gen_id, json.dumps(failed), "metadata.json")
    first, second, *_ = trial.rows()
    assert first.error == "ParseError: no verdict"
    assert second.error == "parsed.txt is missing"


@pytest.mark.parametrize("text", ["", "C", "a", "A B", "\x00"])
def test_what_is_no_verdict_is_an_error(tmp_path: Path, text: str) -> None:
    trial = Trial(tmp_path, *meet(1, 2)).judge("A", "A")
    trial.put("comparison", "c_e_1_e_2_judge_1", text)
    first, second = trial.rows()
    assert not first.verdict and "A, B, tie" in first.error
    assert second.verdict == "A"


# The ranking


def test_both_orders_decide_and_disagreement_is_a_tie(tmp_path: Path) -> None:
    trial = Trial(tmp_path, *meet(1, 2), *meet(2, 3), *meet(3, 1))
    ranking = trial.judge("A", "B", "A", "A", "tie", "tie").ranking("essay")
    assert ranking.loc["e_1", ["wins", "losses", "ties"]].to_list() == [1, 0, 1]
    assert ranking.loc["e_2", ["wins", "losses", "ties"]].to_list() == [0, 1, 1]
    assert ranking.loc["e_3", ["wins", "losses", "ties"]].to_list() == [0, 0, 2]
    assert ranking.index[0] == "e_1" and ranking.loc["e_1", "rank"] == 1
    assert (ranking["low"] < ranking["strength"]).all()
    assert (ranking["strength"] < ranking["high"]).all()
    assert ranking["strength"].sum() == pytest.approx(0)


def test_an_essay_is_shown_with_its_origin_and_another_key_with_itself_only(tmp_path: Path) -> None:
    trial = Trial(tmp_path, *meet(1, 3)).judge("A", "B")
    row = trial.ranking("essay").loc["e_3"]
    origin = ["combo_id", "draft_template", "generation_template", "generation_model"]
    assert row[origin].to_list() == ["c1", "free", "long", "llama"]
    row = trial.ranking("generation_model").loc["gpt"]
    assert row[origin].to_list() == ["", "", "", "gpt"]


def test_comparisons_within_a_key_are_left_out(tmp_path: Path) -> None:
    trial = Trial(tmp_path, *meet(1, 2), *meet(1, 3), *meet(2, 4))
    trial.judge("A", "B", "A", "B", "A", "B")
    models = trial.ranking("generation_model")
    assert models["wins"].to_dict() == {"gpt": 2, "llama": 0}
    assert models["n_expected"].to_dict() == {"gpt": 4, "llama": 4}
    combos = trial.ranking("combo_id")
    assert combos["n_expected"].to_dict() == {"c1": 2, "c2": 2}
    assert trial.ranking("draft_template").empty  # there is only one


def test_verdicts_on_different_pairs_of_two_models_are_never_put_together(tmp_path: Path) -> None:
    """Pair 1-3 lacks one order and 2-4 the other one: neither counts, whatever their models."""
    trial = Trial(tmp_path, *meet(1, 3), *meet(2, 4)).judge("A", "", "", "B")
    models = trial.ranking("generation_model")
    assert models[["wins", "losses", "ties"]].to_numpy().sum() == 0
    assert models["n_valid"].to_dict() == {"gpt": 2, "llama": 2}
    rows = outcomes(trial.frame(), origins(trial.roster), "generation_model")
    assert rows["judge"].nunique() == 2


def test_a_model_has_an_interval_if_its_essays_come_from_two_drafts(tmp_path: Path) -> None:
    trial = Trial(tmp_path, *meet(1, 3), *meet(2, 3), *meet(1, 4)).judge(*"ABABBA")
    models = trial.ranking("generation_model")
    assert models[["low", "high"]].notna().all(axis=None)
    sibling = [m._replace(parent_gen_id="d_1") if m.gen_id == "e_2" else m for m in ESSAYS]
    trial.roster = Membership(COHORT, [*sibling, *trial.roster.stage("comparison")])
    models = trial.ranking("generation_model")
    assert models.loc["gpt", ["low", "high"]].isna().all()
    assert models["note"].to_dict() == {"gpt": "one draft: no interval", "llama": ""}
    assert models.loc["llama", ["low", "high"]].notna().all()
    assert models["strength"].notna().all()
    assert trial.ranking("essay")[["low", "high"]].notna().all(axis=None)


def test_replicates_and_judges_count_one_by_one(tmp_path: Path) -> None:
    members = [
        m for j in ("judge", "other") for r in (1, 2) for m in meet(1, 3, judge=j, replicate=r)
    ]
    trial = Trial(tmp_path, *members).judge("A", "B", "A", "B", "A", "A", "B", "A")
    ranking = trial.ranking("essay")
    assert ranking.loc["e_1", ["wins", "losses", "ties"]].to_list() == [2, 1, 1]


def test_too_few_verdicts_are_flagged(tmp_path: Path) -> None:
    trial = Trial(tmp_path, *meet(1, 2), *meet(2, 3)).judge("A", "B", "A", "")
    table = with_coverage(pairwise_ranking(trial.frame(), trial.roster), 0.8)
    covered = table[table["axis"] == "essay"].set_index("level")["coverage_ok"]
    assert covered.to_dict() == {"e_1": True, "e_2": False, "e_3": False}
    notes = table[table["axis"] == "essay"].set_index("level")["note"]
    unknown = "no pair with a verdict in both orders"
    assert notes.to_dict() == {"e_1": "", "e_2": "", "e_3": unknown}


# Position bias


def test_the_share_of_first_places_is_told_overall_by_judge_and_by_template(tmp_path: Path) -> None:
    members = [*meet(1, 2), *meet(1, 2, judge="other")]
    trial = Trial(tmp_path, *members).judge("A", "A", "A", "B")
    bias = bias_table(trial.frame(), trial.roster)
    shares = {(row.axis, row.level): row.first_share for row in bias.itertuples()}
    assert shares == {
        ("overall", "all"): 0.75,
        ("evaluation_llm_model", "judge"): 1.0,
        ("evaluation_llm_model", "other"): 0.5,
        ("comparison_template", "closer"): 0.75,
    }
    by_judge = bias[bias["axis"] == "evaluation_llm_model"].set_index("level")["note"]
    assert by_judge.to_dict() == {
        "judge": "",
        "other": "no two orders of a pair disagree: no test",
    }
    lost = Trial(tmp_path / "lost", *meet(1, 2)).judge("", "")
    assert set(bias_table(lost.frame(), lost.roster)["note"]) == {"no verdicts"}


# Files


def test_the_tables_are_written_in_both_forms_with_types_even_without_a_row(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.roster.write(trial.layout.membership(COHORT))
    for judged in (False, True):
        if judged:
            trial = Trial(tmp_path, *meet(1, 3)).judge("A", "A")
            trial.roster.write(trial.layout.membership(COHORT))
        trial.frame()
        outputs = [
            trial.layout.summary(COHORT, table, form)
            for table in ("pairwise_ranking", "position_bias")
            for form in ("csv", "parquet")
        ]
        scores, membership = trial.layout.comparisons(COHORT), trial.layout.membership(COHORT)
        make_pairwise(scores, membership, 0.8, outputs)
        for csv_path, parquet in (outputs[:2], outputs[2:]):
            table = read_parquet(parquet)
            assert list(pd.read_csv(csv_path).columns) == table.column_names
            assert bool(table.num_rows) == judged
            assert str(table.schema.field("n_valid").type) == "int64"
            assert str(table.schema.field("low").type) == "double"
            assert str(table.schema.field(0).type) in ("string", "large_string")


def test_a_table_without_its_source_names_it(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"parsed_comparisons\.csv does not exist"):
        read_comparisons(str(tmp_path / "parsed_comparisons.csv"))
