"""The next cohort after a look at the scores, and essays that become concepts."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from daydream.errors import CatalogError, CohortError, SpecError
from daydream.experiment.rounds import Round, next_round, promote
from daydream.experiment.settings import Settings, load_config
from daydream.experiment.spec import read_spec
from daydream.store.layout import Layout
from daydream.store.membership import CONTROL, Member, Membership
from tests.support.workspace import Workspace

SCORE_COLUMNS = ("parent_gen_id", "generation_model", "evaluation_template", "score")


class Store:
    """Cohorts with scores, written by hand: no call and no workflow."""

    def __init__(self, root: Path) -> None:
        self.work = Workspace(root, "http://localhost")
        self.layout = Layout(str(self.work.data))

    def cohort(self, name: str, scores: Mapping[str, Sequence[str]], replicates: int = 1) -> None:
        """Essays with their scores under ``novelty``, whose scale is 0 to 9, blank for none."""
        essays = [Member("essay", essay, name, "d", "c", "copy", "writer", 1) for essay in scores]
        evaluations = [
            Member("evaluation", f"{essay}_{n}", name, essay, "c", "novelty", "writer", n)
            for essay in scores
            for n in range(1, replicates + 1)
        ]
        draft = Member("draft", "d", name, "", "c", "plain", "writer", 1)
        Membership(name, [draft, *essays, *evaluations]).write(self.layout.membership(name))
        rows = [(e, "writer", "novelty", score) for e, found in scores.items() for score in found]
        self.scores(name, rows)

    def scores(self, name: str, rows: Sequence[Sequence[str]]) -> None:
        path = Path(self.layout.scores(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([SCORE_COLUMNS, *rows])

    def next(self, cohort: str, n: int, name: str | None = None) -> Round:
        values = {"cohort": cohort, "data_root": str(self.work.data)}
        settings = Settings.from_config(load_config(values=values))
        return next_round(cohort, n, name, settings, self.layout)

    def essay(self, gen_id: str, text: str) -> str:
        path = Path(self.layout.parsed("essay", gen_id))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return gen_id

    def kept(self, cohort: str) -> tuple[str, ...]:
        return read_spec(Path(self.layout.spec(cohort))).essays


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_the_best_are_kept_with_twice_the_replicates_and_every_judge(store: Store) -> None:
    store.work.models({"second": "judges", "writer": "both"})
    scores = {"c": ["4", "4"], "a": ["3", "5"], "b": ["9", ""], "d": ["", ""]}
    store.cohort("june", scores, replicates=2)
    made = store.next("june", 2)
    path = store.layout.spec("june_2")
    assert made == Round("june_2", path, 2, 4, 4, ("writer", "second"))
    spec = read_spec(Path(path))
    assert spec.essays == ("b", "a")  # a and c have one mean: the first id
    assert spec.axes["evaluation_replicate"] == (1, 2, 3, 4)
    assert spec.axes["evaluation_llm"] == ("writer", "second")
    assert [(look.cohort, look.kept, look.of) for look in spec.looks] == [("june", 2, 4)]


def test_essays_are_ranked_by_scores_as_shares_of_their_scales_and_controls_are_not(
    store: Store,
) -> None:
    catalog = store.work.raw("evaluation_templates.csv")
    catalog.write_text(catalog.read_text() + "wide,wide,,in_last_line,llm,true,0,100\n")
    store.cohort("june", {"a": [], "b": []})
    rows = [("a", "writer", "novelty", "8"), ("b", "writer", "wide", "50")]
    store.scores("june", [*rows, ("x", f"{CONTROL}empty", "novelty", "9")])
    store.next("june", 2)
    assert store.kept("june_2") == ("a", "b")


def test_a_round_that_is_there_stays_and_another_one_needs_a_name(store: Store) -> None:
    store.cohort("june_9", {"a": ["1"], "b": ["2"]})
    made = store.next("june_9", 1)
    assert made.cohort == "june_10" and store.next("june_9", 1) == made
    with pytest.raises(SpecError, match=r"asks for something else.*--name"):
        store.next("june_9", 2)
    assert store.kept("june_10") == ("b",)
    assert store.next("june_9", 2, "both").cohort == "both"
    assert store.kept("both") == ("b", "a")


def test_earlier_looks_and_exclusions_of_judges_stay_with_a_third_round(store: Store) -> None:
    spec = Path(store.layout.spec("june"))
    spec.parent.mkdir(parents=True)
    spec.write_text(
        "axes: {evaluation_llm: [writer]}\n"
        "rules: {exclude: [{self_judging: true}, {same_provider: true, draft_llm: writer}]}\n"
        "looks: [{cohort: may, kept: 2, of: 5}]\n"
    )
    store.cohort("june", {"a": ["1"], "b": ["2"]})
    store.next("june", 1)
    following = read_spec(Path(store.layout.spec("june_2")))
    assert [look.cohort for look in following.looks] == ["may", "june"]
    assert [(e.self_judging, e.same_provider, e.levels) for e in following.exclude] == [
        (True, False, {})
    ]


def test_without_scores_nothing_is_written_and_the_command_is_named(store: Store) -> None:
    with pytest.raises(SpecError, match="snakemake results_processing --config cohort=june"):
        store.next("june", 1)
    store.cohort("june", {"a": [""]})
    with pytest.raises(SpecError, match=r"no essay has a score.*daydream failures"):
        store.next("june", 1)
    assert not Path(store.layout.spec("june_2")).exists()


def test_scores_that_were_cut_choose_no_essays(store: Store) -> None:
    store.cohort("june", {"a": ["1"], "b": ["2"]})
    path = Path(store.layout.scores("june"))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(CohortError, match="1 rows, and cohort june 2 evaluations"):
        store.next("june", 1)


def test_a_promoted_essay_is_a_row_an_article_and_a_paragraph(store: Store) -> None:
    title = "## **A long title of many words that goes on and on and past the sixty characters**"
    text = f"{title}\n\nFirst body.\nStill first.\n\nSecond."
    concepts = store.work.raw("concepts_metadata.csv")
    concepts.write_text("active,note,concept_id,name\ntrue,,bees,Bees")  # no end of line
    essay = store.essay("e1", f"\n{text}\n")
    [done] = promote([essay, essay], "june", store.layout)
    name = "A long title of many words that goes on and on and past the ..."
    assert (done.concept_id, done.name, done.is_new) == ("e1", name, True)
    assert concepts.read_text().splitlines()[1:] == ["true,,bees,Bees", f"true,,e1,{name}"]
    assert Path(store.layout.description("article", "e1")).read_text() == text
    paragraph = Path(store.layout.description("paragraph", "e1")).read_text()
    assert paragraph == "First body.\nStill first."
    header, row = store.work.raw("concepts/provenance.csv").read_text().splitlines()
    assert header == "concept_id,essay,cohort_id,promoted_at"
    assert row.startswith("e1,e1,june,20") and row.endswith("+00:00")


def test_the_origin_of_a_promoted_essay_is_a_cohort_that_has_it(store: Store) -> None:
    store.cohort("june", {"e1": ["9"]})
    store.cohort("may", {"e2": ["9"], "e1": ["9"]})
    for essay in ("e1", "e2"):
        store.essay(essay, "Title")
    promote(["e1"], "may", store.layout)
    promote(["e2"], "a cohort that was never made", store.layout)
    _, *rows = store.work.raw("concepts/provenance.csv").read_text().splitlines()
    assert [row.split(",")[1:3] for row in rows] == [["e1", "may"], ["e2", "may"]]


def test_essays_of_the_same_title_are_told_apart(store: Store) -> None:
    for essay in ("e1", "e2", "e3"):
        store.essay(essay, "# The bees\n\nBody.")
    names = [done.name for done in promote(["e1", "e2", "e3"], "june", store.layout)]
    assert names == ["The bees (2)", "The bees (3)", "The bees (4)"]  # the workspace has The bees


def test_an_essay_that_is_a_concept_already_stays_as_it_is(store: Store) -> None:
    store.essay("e1", "A title\n\nBody.")
    promote(["e1"], "june", store.layout)
    concepts = store.work.raw("concepts_metadata.csv")
    concepts.write_text(concepts.read_text().replace("e1,A title", "e1,A better name"))
    before = concepts.read_text()
    [done] = promote(["e1"], "july", store.layout)
    assert (done.name, done.is_new) == ("A better name", False)
    assert concepts.read_text() == before
    assert "july" not in store.work.raw("concepts/provenance.csv").read_text()


@pytest.mark.parametrize(("text", "message"), [(None, "there is no essay e2"), (" \n", "is empty")])
def test_one_essay_that_cannot_be_promoted_leaves_all_as_they_were(
    store: Store, text: str | None, message: str
) -> None:
    store.essay("e1", "Title\n\nBody.")
    if text is not None:
        store.essay("e2", text)
    before = store.work.raw("concepts_metadata.csv").read_text()
    with pytest.raises(SpecError, match=f"{message}.*Nothing was promoted"):
        promote(["e1", "e2"], "june", store.layout)
    assert store.work.raw("concepts_metadata.csv").read_text() == before
    assert not Path(store.layout.description("article", "e1")).exists()


def test_a_concepts_file_without_its_columns_is_refused_before_anything_is_written(
    store: Store,
) -> None:
    store.essay("e1", "Title\n\nBody.")
    store.work.raw("concepts_metadata.csv").write_text("id,title\n")
    with pytest.raises(CatalogError, match=r"concepts_metadata\.csv"):
        promote(["e1"], "june", store.layout)
    assert not Path(store.layout.description("article", "e1")).exists()
