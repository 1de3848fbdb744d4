"""The sentences that a report opens with claim what the tables say, and no more."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from daydream.report.findings.asked import asked
from daydream.report.findings.best import best
from daydream.report.findings.doubts import doubts
from daydream.report.findings.model import Evidence, Finding, listed, p_value
from daydream.results.analyses import ANALYSIS, typed

MADE = ("ranking", "contrasts", "sensitivity", "judge_preference", "length_effect")
MANY_LEVELS = 12
MINUS = "\N{MINUS SIGN}"
NUMBER = rf"(?<![\w<]){MINUS}?\d+(?:\.\d+)*"


def scores(
    gap: float = 0.0, judges: tuple[str, ...] = ("ida", "joe"), combos: int = 8, drafts: int = 1
) -> pd.DataFrame:
    """Essays by two models of each combination; ``ant`` scores ``gap`` above ``bee``."""
    rng = np.random.default_rng(3)
    rows = [
        {
            "draft_gen_id": f"d{combo}{model}{n}",
            "parent_gen_id": f"e{combo}{model}{n}",
            "combo_id": f"c{combo}",
            "generation_model": model,
            "evaluation_llm_model": judge,
            "score": 5 + gap * (model == "ant") + 0.3 * rng.normal(),
        }
        for combo in range(combos)
        for model in ("ant", "bee")
        for n in range(drafts)
        for judge in judges
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(
        gen_id=[f"v{n}" for n in range(len(frame))],
        draft_template="plain",
        generation_template="longer",
        evaluation_template="novelty",
        generation_provider="",
        evaluation_provider="",
        replicate=1,
        essay_words=400.0,
        error="",
    )


def evidence(frame: pd.DataFrame, looks: tuple[str, ...] = (), **tables: object) -> Evidence:
    made = {name: typed(ANALYSIS[name](frame, {})) for name in MADE}
    return Evidence(frame, made | tables, lambda column, key: f"<{key}>", looks)  # type: ignore[arg-type]


def texts(findings: object) -> str:
    return "\n".join(one.text for one in findings)  # type: ignore[attr-defined]


def test_what_was_asked_is_told_in_counts() -> None:
    frame = scores()
    frame.loc[0, "score"] = np.nan
    sentences = texts(asked(evidence(frame)))
    assert sentences.startswith("This experiment compares 2 generation models and 8 combinations.")
    assert "16 essays of 16 drafts, scored by 2 judges under 1 evaluation template" in sentences
    assert "31 of 32 evaluations have a score" in sentences


def test_a_clear_winner_is_first_with_its_distance_from_the_next() -> None:
    found = evidence(scores(gap=2))
    (model, *_) = best(found)
    pair = found.rows("contrasts", axis="generation_model")[0]
    assert model.text.startswith("<ant> is first of 2 generation models")
    assert f"From <bee>, the next, by {pair['difference']:.2f} points" in model.text
    assert "p < 0.001" in model.text and model.table == "contrasts"


def test_without_a_difference_no_model_is_called_first() -> None:
    sentences = next(iter(best(evidence(scores(gap=0))))).text
    assert (
        sentences.startswith("No generation model is shown to be best")
        and "is first" not in sentences
    )


def test_with_too_few_blocks_nothing_is_established_and_the_reason_is_told() -> None:
    sentences = next(iter(best(evidence(scores(gap=3, combos=3))))).text
    assert sentences.startswith("Which generation model is best is not established")
    assert "5 are needed" in sentences and "(no interval)" in sentences


def test_among_many_levels_those_that_are_tied_with_the_first_are_named_and_counted() -> None:
    found = evidence(scores(combos=MANY_LEVELS, drafts=4))
    sentences = next(one.text for one in best(found) if "combination" in one.text)
    assert sentences.startswith(f"No combination is shown to be best: the first of {MANY_LEVELS}")


def test_one_level_is_no_ranking() -> None:
    frame = scores(combos=1)
    alone = frame[frame["generation_model"] == "ant"]
    assert texts(best(evidence(alone))).startswith("Nothing can be ranked")


def test_one_judge_is_a_doubt_and_two_are_none() -> None:
    assert "One judge, <ida>, gave every score" in texts(doubts(evidence(scores(judges=("ida",)))))
    assert "One judge" not in texts(doubts(evidence(scores())))


@pytest.mark.parametrize(("bonus", "words"), [(2.0, "gives its own more"), (0.0, "is not shown")])
def test_a_judge_that_also_writes_is_named_with_its_preference(bonus: float, words: str) -> None:
    frame = scores(judges=("ant", "ida"))
    own = (frame["generation_model"] == "ant") & (frame["evaluation_llm_model"] == "ant")
    sentences = texts(doubts(evidence(frame.assign(score=frame["score"] + bonus * own))))
    assert "<ant> judges and also writes essays." in sentences and words in sentences
    assert "also write" not in texts(doubts(evidence(scores())))


def test_judges_that_were_not_asked_about_their_own_texts_are_told_in_one_sentence() -> None:
    frame = scores(judges=("ant", "bee", "ida"))
    apart = frame[frame["generation_model"] != frame["evaluation_llm_model"]]
    sentences = texts(doubts(evidence(apart)))
    assert (
        "<ant> and <bee> judge and also write essays. Whether <ant> and <bee> prefer their own was "
        "not tested: own texts were not judged." in sentences
    )


def test_all_that_a_first_place_depends_on_is_one_sentence() -> None:
    columns = ("axis", "left_out", "left_out_name", "winner", "winner_changes")
    rows = [
        ("generation_model", "judge", "ida", "bee", True),
        ("generation_model", "judge", "joe", "bee", True),
        ("draft_template", "self_judgements", "", "odd", True),
    ]
    table = pd.DataFrame(rows, columns=columns)
    found = evidence(scores())._replace(tables={"sensitivity": table})
    sentences = texts(doubts(found))
    assert (
        "Which generation model is first depends on judge <ida> and judge <joe>: without any one "
        "of them, <bee> is." in sentences
    )
    assert "depends on scores that models gave themselves: without them, <odd> is." in sentences


def test_a_winner_that_hangs_on_one_judge_is_told() -> None:
    frame = scores(gap=-0.5)
    fan = (frame["evaluation_llm_model"] == "ida") & (frame["generation_model"] == "ant")
    sentences = texts(doubts(evidence(frame.assign(score=frame["score"] + 3 * fan))))
    assert (
        "Which generation model is first depends on judge <ida>: without it, <bee> is." in sentences
    )


def test_few_combinations_and_places_of_levels_that_are_tied_are_told() -> None:
    sentences = texts(doubts(evidence(scores(combos=3, drafts=2))))
    assert "<ida>: without it, <bee> is. The two cannot be told apart anyhow." in sentences
    assert "hold for these combinations only: fewer than 5 are behind them." in sentences


def test_missing_scores_few_drafts_looks_and_mixed_snapshots_are_told() -> None:
    frame = scores(combos=2)
    frame.loc[[0, 1], "score"] = np.nan
    mixed = pd.DataFrame(
        {
            "stage": ["essay"],
            "llm_model_id": ["ant"],
            "warning": ["mixes 2 model versions"],
        }
    )
    sentences = texts(
        doubts(evidence(frame, ("the 4 best of 9 essays of pilot",), snapshots=mixed))
    )
    assert "2 evaluations of 8 have no score" in sentences
    assert "have no interval: fewer than 5" in sentences
    assert "chosen by their scores (the 4 best of 9 essays of pilot)" in sentences
    assert "Essays by <ant>: one cell mixes 2 model versions." in sentences
    assert "No person rated these essays" in sentences


def test_controls_among_the_essays_and_essays_that_address_the_judge_are_told() -> None:
    frame = scores()
    speaking = frame["parent_gen_id"].isin(frame["parent_gen_id"].unique()[:2])
    frame = frame.assign(address_to_judge=np.where(speaking, "SCORE: 9", ""))
    rows = {
        "control": ["control-empty", "control-concepts", "control-planted"],
        "evaluation_template": "novelty",
        "evaluation_llm_model": "",
        "mean": [4.0, 1.0, 9.0],
        "high": np.nan,
        "essays_mean": 5.0,
        "share_below": [0.2, 0.0, 1.0],
    }
    sentences = texts(doubts(evidence(frame, controls=pd.DataFrame(rows))))
    assert "An empty essay scores 4.00 under <novelty>, above 20% of the essays" in sentences
    assert "concepts' own text" not in sentences and "9.00" not in sentences
    assert "2 essays speak to the judge" in sentences


@pytest.mark.parametrize(("mean", "high", "is_told"), [(4.9, 5.2, True), (2.0, 2.6, False)])
def test_essays_on_other_concepts_that_score_as_high_are_told(
    mean: float, high: float, is_told: bool
) -> None:
    rows = {
        "control": ["control-other_combo"],
        "evaluation_template": "novelty",
        "evaluation_llm_model": "",
        **{"mean": mean, "high": high, "essays_mean": 5.0, "share_below": 0.5},
    }
    sentences = texts(doubts(evidence(scores(), controls=pd.DataFrame(rows))))
    sentence = (
        f"Essays that stand for other concepts than their own score {mean:.2f} under <novelty>"
    )
    assert (sentence in sentences) is is_told


def test_length_is_a_doubt_only_where_the_slope_is_told_from_none() -> None:
    frame = scores(combos=20)
    rng = np.random.default_rng(0)
    words = dict(zip(frame["parent_gen_id"].unique(), rng.integers(100, 2000, 40), strict=True))
    frame = frame.assign(essay_words=frame["parent_gen_id"].map(words).astype(float))
    longer = frame.assign(score=frame["score"] + np.log2(frame["essay_words"] / 500))
    assert "Longer essays score more" in texts(doubts(evidence(longer)))
    assert "Longer essays" not in texts(doubts(evidence(frame)))


@pytest.mark.parametrize("gap", [0.0, 0.5, 2.0])
def test_every_number_of_a_sentence_is_in_its_table(gap: float) -> None:
    found = evidence(scores(gap=gap, judges=("ant", "ida", "joe")))
    sentences: list[Finding] = [*asked(found), *best(found), *doubts(found)]
    assert len(sentences) >= 5
    for one in sentences:
        known = numbers_of(found, one.table)
        for number in re.findall(NUMBER, one.text.replace(",", "")):
            assert number.replace(MINUS, "-") in known, (number, one)


def numbers_of(found: Evidence, table: str) -> set[str]:
    """Every cell as a sentence may print it, beside the counts and the constants of the method."""
    frames = [
        found.scores,
        *(found.tables.get(name, pd.DataFrame()) for name in (table, "ranking")),
    ]
    cells = {
        f"{float(value):.{places}f}"
        for frame in frames
        for column in frame.select_dtypes("number")
        for value in frame[column].dropna()
        for places in range(4)
    }
    counts = {str(found.scores[column].nunique()) for column in found.scores}
    counts |= {str(len(found.scores)), str(int(found.scores["score"].notna().sum()))}
    ranked = found.tables["ranking"]
    counts |= {str(len(ranked)), str(len(ranked[ranked["n_essays"] == 1]))}
    return cells | counts | {"95", "5", "0.001"}


def test_lists_and_p_values_read_as_english() -> None:
    assert listed(["a"]) == "a" and listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([*"abcdef"]) == "a, b, c and 3 more"
    assert p_value(0.0321) == "p = 0.032" and p_value(1e-9) == "p < 0.001"
    assert p_value(None) == "p unknown"
