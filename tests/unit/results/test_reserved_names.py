"""Templates that are called like the rows on all templates."""

import numpy as np
import pandas as pd
import pytest

from daydream.parsers.score import ScoreRange
from daydream.results import human
from daydream.results.analyses import rankings
from daydream.results.cohort_differences import cohort_differences
from daydream.results.final_results import final_results
from daydream.results.reserved_names import named_apart
from daydream.results.statistics.reliability import reliability
from tests.unit.results.statistics.designs import Sizes, cohort

TABLE = "human_agreement"


def scores_of(names: tuple[str, str]) -> pd.DataFrame:
    """Two templates with different means, two judges."""
    rng = np.random.default_rng(3)
    parts = [
        cohort(rng, Sizes(combos=4, models=2, judges=2)).assign(evaluation_template=name)
        for name in names
    ]
    second = parts[1].assign(score=parts[1]["score"] - 2, gen_id="w" + parts[1]["gen_id"])
    extra = {"error": "", "error_stage": "", "error_kind": "", "replicate": 1}
    return pd.concat([parts[0], second]).assign(**extra)


def test_a_template_called_all_or_overall_does_not_share_its_rows_with_all_of_them() -> None:
    plain = scores_of(("one", "two"))
    clash = scores_of(("all", "overall"))
    scales = {"all": ScoreRange(0, 10), "overall": ScoreRange(0, 10)}
    frame, apart = named_apart(clash, scales)
    assert set(apart) == {"all (template)", "overall (template)"}
    names = {"one": "all (template)", "two": "overall (template)"}
    for make in (
        lambda scores: final_results(scores, scales).drop(columns="std_dev"),
        lambda scores: rankings(scores, apart)[["evaluation_template", "level", "mean", "n_valid"]],
        lambda scores: reliability(scores, apart, n_boot=20)[["scope", "value", "n_valid"]],
    ):
        pd.testing.assert_frame_equal(make(plain).replace(names), make(frame))


def test_two_cohorts_are_compared_under_a_template_called_all_and_under_their_composite() -> None:
    first, second = (scores_of(names) for names in (("all", "two"), ("all", "two")))
    second = second.assign(score=second["score"] - 1)
    scales = {"all": ScoreRange(0, 20)}
    found = {one.template: one for one in cohort_differences(first, second, scales)}
    assert set(found) == {"all (template)", "two", "all"}
    assert found["all (template)"].scale.high == 20
    assert found["all (template)"].difference == pytest.approx(-1)


def test_people_rate_under_a_template_called_all(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = scores_of(("all", "two"))
    essays = scores.drop_duplicates("parent_gen_id").set_index("parent_gen_id")
    rated = [("me", essay, "all", n % 9, "") for n, essay in enumerate(essays.index)]
    made: dict[str, pd.DataFrame] = {}
    given = {
        "read_scores": scores,
        "read_membership": None,
        "read_ratings": rated,
        "origins": essays.assign(draft=essays["draft_gen_id"]),
        "selection_note": "",
        "names_in": {},
    }
    for name, value in given.items():
        monkeypatch.setattr(human, name, lambda *_, value=value: value)
    monkeypatch.setattr(human, "write_tables", lambda make, *_: made.update({"": make(TABLE)}))
    human.make_human("", [], "", 0.8, [])
    assert set(made[""]["evaluation_template"]) == {"all (template)"}
    assert made[""]["n"].eq(len(essays)).all()


def test_other_names_stay_as_they_are() -> None:
    scores = scores_of(("one", "two"))
    assert named_apart(scores, {})[0] is scores
