"""One generation is shown with everything that it comes from and that came from it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from daydream.cli.show import show
from daydream.errors import CohortError
from daydream.experiment.cohort import write_cohort
from daydream.experiment.settings import load_config
from daydream.store.index import find_id
from daydream.store.layout import Stage
from daydream.store.ledger import Ledger
from daydream.store.membership import Member, Membership
from daydream.workflow.project import Project
from tests.support.workspace import Workspace
from tests.unit.store.test_spending import ANSWER

IDS = ["d_abc1", "d_abd2", "e_abc1", "e_abc12", "v_zzz9"]


class Trial:
    """A cohort on disk in which one draft, its essays and an evaluation each are made."""

    def __init__(self, root: Path) -> None:
        self.work = Workspace(root, "http://127.0.0.1:9/v1")
        values = self.work.config | {"data_root": str(self.work.data)}
        self.project = Project(load_config(values=values))
        self.roster: Membership = write_cohort(self.project.design)
        self.draft = next(iter(self.roster.stage("draft")))
        self.copy, self.essay = self.children("essay", self.draft)
        self.judged = self.children("evaluation", self.essay)[0]
        self.put(self.draft, prompt="Connect bees.", raw="A raw idea.", parsed="A parsed idea.")
        self.put(self.copy, mode="copy", parsed="A parsed idea.")
        self.put(self.essay, prompt="Write on.", raw="An essay.", parsed="An essay.")
        self.put(self.judged, prompt="Judge.", raw="Bold.\nSCORE: 7", parsed="7.0\n")

    def children(self, stage: Stage, parent: Member) -> list[Member]:
        return [m for m in self.roster.stage(stage) if m.parent_gen_id == parent.gen_id]

    def folder(self, member: Member) -> Path:
        return Path(self.project.layout.generation(member.stage, member.gen_id))

    def put(self, member: Member, mode: str = "llm", **texts: str) -> None:
        self.folder(member).mkdir(parents=True, exist_ok=True)
        metadata = {**member._asdict(), "mode": mode, "status": "ok", "fingerprint": "f1"}
        if mode == "llm":
            metadata |= {"model": "lab/writer", "usage": ANSWER.usage, "cost_usd": 0.25}
        self.facts(member, **metadata)
        for name, text in texts.items():
            (self.folder(member) / f"{name}.txt").write_text(text, encoding="utf-8")

    def facts(self, member: Member, **fields: object) -> None:
        (self.folder(member) / "metadata.json").write_text(json.dumps(fields))

    def fail(self, member: Member) -> None:
        (self.folder(member) / "parsed.txt").unlink()
        error = {"kind": "ParseError", "message": "no score in '7'"}
        self.facts(member, **member._asdict(), error=error)

    def show(self, wanted: str) -> str:
        lines = show(self.project.layout, self.project.design.catalog, wanted)
        return "\n".join(lines)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def test_an_evaluation_is_shown_with_its_whole_lineage(trial: Trial) -> None:
    text = trial.show(trial.judged.gen_id)
    for part in (
        "bees: The bees",
        "tides: The tides",
        f"draft {trial.draft.gen_id}",
        "Connect bees.",
        "A parsed idea.",
        f"essay {trial.essay.gen_id}",
        "Write on.",
        "An essay.",
        f"evaluation {trial.judged.gen_id}",
        "score 7 (from 0 to 9)",
        "Bold.\nSCORE: 7",
        "30 tokens in, 20 out, 0.25 USD",
    ):
        assert text.count(part) >= 1, part
    order = [text.index(m.gen_id) for m in (trial.draft, trial.essay, trial.judged)]
    assert order == sorted(order)
    assert trial.copy.gen_id not in text


def test_a_draft_is_shown_with_its_essays_and_their_scores(trial: Trial) -> None:
    text = trial.show(trial.draft.gen_id)
    rows = text[text.index("essays of") :].splitlines()[2:]
    assert [row.split()[0] for row in rows] == [trial.copy.gen_id, trial.essay.gen_id]
    assert rows[1].endswith(" 7") and rows[0].endswith(" -")
    assert "SCORE: 7" not in text


def test_an_essay_is_shown_with_its_evaluations_and_their_reasoning(trial: Trial) -> None:
    text = trial.show(trial.essay.gen_id)
    assert "Connect bees." in text and f"evaluations of {trial.essay.gen_id}" in text
    assert "Bold.\nSCORE: 7" in text and "score 7 (from 0 to 9)" in text


def test_a_copied_essay_does_not_repeat_its_draft(trial: Trial) -> None:
    text = trial.show(trial.copy.gen_id)
    assert text.count("A parsed idea.") == 1
    assert "word for word" in text


def test_what_is_not_made_yet_is_shown_as_such(trial: Trial) -> None:
    unmade = list(trial.roster.stage("draft"))[1]
    text = trial.show(unmade.gen_id)
    assert "not made" in text and "template plain, model writer, replicate 1" in text


def test_a_failure_is_shown_with_the_answer_that_was_not_used(trial: Trial) -> None:
    trial.fail(trial.draft)
    text = trial.show(trial.draft.gen_id)
    assert "failed: ParseError: no score in '7'" in text
    assert "answer, not used" in text and "A raw idea." in text


def test_the_thoughts_before_the_answer_in_use_are_shown(trial: Trial) -> None:
    with Ledger.open(str(trial.folder(trial.judged))) as ledger:
        for fingerprint, reasoning in (("f0", "Old."), ("f1", "First."), ("f1", "Second.")):
            ledger.append(replace(ANSWER, fingerprint=fingerprint, reasoning=reasoning))
    text = trial.show(trial.judged.gen_id)
    assert "Second." in text and "First." not in text and "Old." not in text


def test_an_answer_without_token_counts_has_an_unknown_price(trial: Trial) -> None:
    trial.facts(trial.draft, **trial.draft._asdict(), model="m", usage={}, cost_usd=0.0)
    text = trial.show(trial.draft.gen_id)
    assert "? tokens in, ? out, price unknown" in text


def test_damaged_metadata_do_not_hide_a_lineage_that_a_cohort_knows(trial: Trial) -> None:
    for member in (trial.draft, trial.essay, trial.judged):
        (trial.folder(member) / "metadata.json").write_bytes(b"\xff{")
    text = trial.show(trial.judged.gen_id)
    assert "bees: The bees" in text and "A parsed idea." in text and "score 7" in text


def test_a_generation_of_no_cohort_is_shown_from_the_store(trial: Trial) -> None:
    Path(trial.project.layout.membership("trial")).unlink()
    text = trial.show(trial.judged.gen_id)
    assert "bees: The bees" in text and "A parsed idea." in text and "score 7" in text
    assert trial.copy.gen_id in trial.show(trial.draft.gen_id)


def test_a_lost_parent_is_said_to_be_lost(trial: Trial) -> None:
    Path(trial.project.layout.membership("trial")).unlink()
    (trial.folder(trial.judged) / "metadata.json").unlink()
    text = trial.show(trial.judged.gen_id)
    assert "The essay of" in text and "is not in the store" in text
    assert "Concepts: unknown" in text and "Bold." in text


def test_a_generation_that_claims_to_be_its_own_parent_ends(trial: Trial) -> None:
    Path(trial.project.layout.membership("trial")).unlink()
    metadata = trial.essay._replace(parent_gen_id=trial.essay.gen_id)._asdict()
    trial.facts(trial.essay, **metadata)
    assert "An essay." in trial.show(trial.essay.gen_id)


def test_what_a_model_wrote_cannot_steer_the_terminal(trial: Trial) -> None:
    trial.put(trial.draft, parsed="\x1b[2Jgone\x07 caf\u00e9\ttab")
    text = trial.show(trial.draft.gen_id)
    assert "\x1b" not in text and "\x07" not in text
    assert "caf\u00e9\ttab" in text


def test_the_beginning_of_an_id_is_enough() -> None:
    assert find_id("d_abd", IDS) == "d_abd2"
    assert find_id("v", IDS) == "v_zzz9"


def test_a_whole_id_wins_over_longer_ones() -> None:
    assert find_id("e_abc1", IDS) == "e_abc1"


@pytest.mark.parametrize("path", ["data/gens/draft/d_abd2/parsed.txt", "gens/draft/d_abd2/"])
def test_a_path_into_its_folder_will_do(path: str) -> None:
    assert find_id(path, IDS) == "d_abd2"


def test_an_ambiguous_beginning_names_the_candidates() -> None:
    with pytest.raises(CohortError, match="2 generations begin with 'd_a': d_abc1, d_abd2"):
        find_id("d_a", IDS)
    many = [f"d_{n}" for n in range(20)]
    with pytest.raises(CohortError, match="and 15 more"):
        find_id("d_", many)


def test_an_unknown_id_brings_suggestions() -> None:
    with pytest.raises(CohortError, match=r"no generation 'v_zzy9'\. Did you mean v_zzz9\?"):
        find_id("v_zzy9", IDS)
    with pytest.raises(CohortError, match=r"membership\.csv"):
        find_id("qqqq", IDS)
    with pytest.raises(CohortError, match="Make some: snakemake"):
        find_id("d_1", [])


class Compared(Trial):
    """The same with comparisons, of which one between essays of two drafts is made."""

    def __init__(self, root: Path) -> None:
        Workspace(root, "http://127.0.0.1:9/v1").compare()
        super().__init__(root)
        self.other_draft = list(self.roster.stage("draft"))[1]
        self.other = self.children("essay", self.other_draft)[1]
        self.put(self.other_draft, prompt="Connect tides.", raw="Raw.", parsed="Another draft.")
        self.put(self.other, prompt="Write on.", raw="Rival.", parsed="A rival essay.")
        key = ("trial", self.essay.gen_id, self.essay.combo_id, "closer", "writer", 1)
        self.met = Member("comparison", "c_met", *key, self.other.gen_id)
        self.put(self.met, prompt="Compare.", raw="Rival wins.\nVERDICT: B", parsed="B\n")


def test_a_comparison_is_shown_with_both_essays_and_where_they_come_from(tmp_path: Path) -> None:
    trial = Compared(tmp_path)
    text = trial.show("c_met")
    for part in ("A parsed idea.", "An essay.", "Another draft.", "A rival essay."):
        assert text.count(part) == 1, part
    assert f"A is {trial.essay.gen_id}, B is {trial.other.gen_id}" in text
    assert "verdict B" in text and "Rival wins." in text
    assert text.count("Concepts (") == 2
    ids = [trial.draft, trial.essay, trial.other_draft, trial.other, trial.met]
    order = [text.index(f"==== {m.stage} {m.gen_id} ") for m in ids]
    assert order == sorted(order)


def test_an_essay_is_shown_with_whom_it_met_and_who_won(tmp_path: Path) -> None:
    trial = Compared(tmp_path)
    lost, won = trial.show(trial.essay.gen_id), trial.show(trial.other.gen_id)
    for text, other, words in (
        (lost, trial.other, ["lost", "first"]),
        (won, trial.essay, ["won", "second"]),
    ):
        (row,) = [line.split() for line in text.splitlines() if line.startswith("c_met")]
        assert row[1] == other.gen_id and row[-3:-1] == words
        assert "Rival wins." not in text
    assert "SCORE: 7" in lost
    assert "comparisons of" not in Trial.show(trial, trial.draft.gen_id)


def test_an_essay_of_a_cohort_without_comparisons_shows_none(trial: Trial) -> None:
    assert "comparison" not in trial.show(trial.essay.gen_id)
