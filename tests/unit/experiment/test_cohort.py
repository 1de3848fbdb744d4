"""A cohort is everything that an experiment asks for, under an id that says what that is."""

from __future__ import annotations

import dataclasses
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from daydream.errors import CatalogError, CohortError
from daydream.experiment.cohort import Design, write_cohort
from daydream.experiment.combinations import Combo, read_mappings
from daydream.experiment.model import Catalog, Concept, Model, Template
from daydream.experiment.pairing import ring_pairs
from daydream.experiment.settings import Settings, load_config
from daydream.store.ids import combo_id, generation_id, sha256
from daydream.store.layout import STAGES, Layout
from daydream.store.membership import Member, read_membership
from tests.support.workspace import Workspace


@pytest.fixture
def data(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, "http://127.0.0.1:9/v1")


def design(data: Workspace, **config: Any) -> Design:
    values = data.config | {"data_root": str(data.data), "cohort": None} | config
    settings = Settings.from_config(load_config(values=values))
    return Design.load(settings, Layout(str(data.data)))


def members(data: Workspace, **config: Any) -> dict[str, list[Member]]:
    membership = list(design(data, **config).members())
    return {stage: [m for m in membership if m.stage == stage] for stage in STAGES}


def test_a_cohort_is_the_product_of_its_axes(data: Workspace) -> None:
    data.models({"a": "both", "b": "writes", "c": "judges"})
    data.templates("draft", ["plain", "map"], text="{{ concepts }}")
    data.replicates(draft=2, essay=3, evaluation=4)
    found = members(data)
    drafts = 3 * 2 * 2 * 2  # combos, templates, writers, replicates
    essays = drafts * (1 + 3)  # a copy exists once, the other one three times
    assert len(found["draft"]) == drafts
    assert len(found["essay"]) == essays
    assert len(found["evaluation"]) == essays * 1 * 2 * 4


def test_an_essay_is_written_by_the_model_of_its_draft(data: Workspace) -> None:
    data.models({"a": "both", "b": "writes"})
    found = members(data)
    writer = {m.gen_id: m.llm_model_id for m in found["draft"]}
    assert all(m.llm_model_id == writer[m.parent_gen_id] for m in found["essay"])


def test_every_child_has_a_parent_and_its_combo(data: Workspace) -> None:
    found = members(data)
    by_id = {m.gen_id: m for stage in STAGES for m in found[stage]}
    assert all(m.parent_gen_id == "" for m in found["draft"])
    for stage, parent in (("essay", "draft"), ("evaluation", "essay")):
        for m in found[stage]:
            assert by_id[m.parent_gen_id].stage == parent
            assert by_id[m.parent_gen_id].combo_id == m.combo_id


def test_no_generation_is_there_twice(data: Workspace) -> None:
    data.replicates(draft=2, essay=2, evaluation=3)
    counts = Counter(m.gen_id for group in members(data).values() for m in group)
    assert set(counts.values()) == {1}


def test_parents_come_before_children(data: Workspace) -> None:
    seen = {""}
    for member in design(data).members():
        assert member.parent_gen_id in seen
        seen.add(member.gen_id)


def test_each_id_is_made_of_what_the_row_says(data: Workspace) -> None:
    for m in design(data).members():
        parent = m.combo_id if m.stage == "draft" else m.parent_gen_id
        key = (parent, m.template_id, m.llm_model_id, m.replicate)
        assert m.gen_id == generation_id(m.stage, *key)


def test_two_cohorts_share_the_generations_that_both_ask_for(data: Workspace) -> None:
    one = {m.gen_id for m in design(data, cohort="one").members()}
    data.models({"writer": "both", "second": "both"})
    two = {m.gen_id for m in design(data, cohort="two").members()}
    assert one < two


def test_a_row_more_adds_only_what_is_missing(data: Workspace) -> None:
    before = {m.gen_id for m in design(data).members()}
    data.replicates(evaluation=2)
    after = list(design(data).members())
    new = [m for m in after if m.gen_id not in before]
    assert before < {m.gen_id for m in after}
    assert {(m.stage, m.replicate) for m in new} == {("evaluation", 2)}


# The cohort's id


def test_a_name_in_the_configuration_is_the_id(data: Workspace) -> None:
    assert design(data, cohort="trial").cohort_id == "trial"
    assert all(m.cohort_id == "trial" for m in design(data, cohort="trial").members())


def test_without_a_name_the_id_is_the_same_each_time(data: Workspace) -> None:
    name = design(data).cohort_id
    assert name.startswith("cohort_")
    assert design(data).cohort_id == name


def test_the_id_does_not_depend_on_the_order_of_rows(data: Workspace) -> None:
    data.models({"a": "both", "b": "both", "c": "judges"})
    data.templates("draft", ["plain", "map", "list"], text="{{ concepts }}")
    data.replicates(draft=2, evaluation=3)
    before = design(data)
    shuffler = random.Random(3)
    for path in data.raw("").glob("*.csv"):
        header, *rows = path.read_text().splitlines()
        shuffler.shuffle(rows)
        path.write_text("\n".join([header, *reversed(rows)]) + "\n")
    after = design(data)
    assert after.cohort_id == before.cohort_id
    assert {m.gen_id for m in after.members()} == {m.gen_id for m in before.members()}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.concepts(("bees", "tides", "chess", "fjord")),
        lambda data: data.models({"writer": "both", "judge": "judges"}),
        lambda data: data.models({"other": "both"}),
        lambda data: data.templates("draft", ["plain", "map"], text="x"),
        lambda data: data.templates("evaluation", ["novelty", "depth"], text="x"),
        lambda data: data.replicates(evaluation=2),
    ],
)
def test_whatever_is_asked_for_besides_is_another_cohort(data: Workspace, change: Any) -> None:
    before = design(data).cohort_id
    change(data)
    assert design(data).cohort_id != before


@pytest.mark.parametrize(
    "config",
    [{"k_max": 3}, {"description_level": "article"}, {"filters": {"concepts": ["bees", "tides"]}}],
)
def test_another_configuration_of_combos_is_another_cohort(data: Workspace, config: Any) -> None:
    assert design(data, **config).cohort_id != design(data).cohort_id


def test_what_changes_no_generation_changes_no_cohort(data: Workspace) -> None:
    before = design(data).cohort_id
    data.write("replication_config.csv", "stage,replicates\ndraft,1\nessay,1\nevaluation,1\n")
    data.write(
        "concepts_metadata.csv",
        "concept_id,name,active\nbees,Bees!,1\nmoss,Moss,0\ntides,Tides,1\nchess,Chess,1\n",
    )
    assert design(data, allow_incomplete=True, reuse="never").cohort_id == before


# Writing it


def test_writing_makes_manifest_membership_and_dictionary(data: Workspace) -> None:
    made = design(data, cohort="trial")
    membership = write_cohort(made)
    assert read_membership(made.layout.membership("trial")).by_stage == membership.by_stage
    manifest = json.loads(Path(made.layout.manifest("trial")).read_text())
    written = Path(made.layout.membership("trial")).read_text()
    seal = {"rows": written.count("\n") - 1, "sha256": sha256(written)}
    assert manifest == {"cohort_id": "trial", **made.manifest, "membership": seal}
    assert set(read_mappings(made.layout)) == {c.combo_id for c in made.combos}


def test_the_manifest_is_sorted_and_says_what_is_asked_for(data: Workspace) -> None:
    data.models({"zeta": "both", "alpha": "both"})
    manifest = design(data).manifest
    assert list(manifest) == sorted(manifest)
    assert manifest["generation_models"] == ["alpha", "zeta"]
    assert manifest["evaluation_models"] == ["alpha", "zeta"]
    assert manifest["draft_templates"] == ["plain"]
    assert manifest["replicates"] == {"draft": 1, "essay": 1, "evaluation": 1}
    assert manifest["combos"] == sorted(manifest["combos"])


def test_writing_twice_changes_no_byte(data: Workspace) -> None:
    made = design(data, cohort="trial")
    write_cohort(made)
    paths = [made.layout.manifest("trial"), made.layout.membership("trial")]
    before = [Path(p).read_bytes() for p in [*paths, made.layout.combo_mappings]]
    write_cohort(design(data, cohort="trial"))
    assert [Path(p).read_bytes() for p in [*paths, made.layout.combo_mappings]] == before


def test_a_combo_that_collides_writes_no_cohort(data: Workspace) -> None:
    tasks = data.data / "2_tasks"
    tasks.mkdir()
    (tasks / "selected_combo_mappings.csv").write_text("combo_id,concept_id\nmine,bees\n")
    write_cohort(design(data, cohort="first"))
    (tasks / "selected_combo_mappings.csv").write_text("combo_id,concept_id\nmine,tides\n")
    made = design(data, cohort="second")
    with pytest.raises(CohortError, match="mine"):
        write_cohort(made)
    assert not Path(made.layout.membership("second")).exists()


def test_too_few_concepts_are_told_when_the_design_is_loaded(data: Workspace) -> None:
    with pytest.raises(CatalogError, match="k_max is 9"):
        design(data, k_max=9)


def test_a_cohort_is_stale_when_its_manifest_asks_for_something_else(data: Workspace) -> None:
    made = design(data, cohort="trial")
    assert not made.is_stale()
    write_cohort(made)
    assert not design(data, cohort="trial").is_stale()
    assert design(data, cohort="trial", k_max=3).is_stale()


@pytest.mark.parametrize("damage", [b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_damaged_manifest_is_stale_and_no_traceback(data: Workspace, damage: bytes) -> None:
    made = design(data, cohort="trial")
    write_cohort(made)
    Path(made.layout.manifest("trial")).write_bytes(damage)
    assert design(data, cohort="trial").is_stale()


# Scale


@pytest.mark.thorough
def test_fifty_thousand_rows_are_built_and_written_in_five_seconds(data: Workspace) -> None:
    small = design(data, cohort="large")
    ids = [f"c{n}" for n in range(46)]
    pairs = [(a, b) for i, a in enumerate(ids) for b in ids[i + 1 :]][:1000]
    large = dataclasses.replace(
        small,
        combos=tuple(Combo(combo_id(p, "paragraph", 2), p, "paragraph", 2) for p in pairs),
        catalog=_large_catalog(ids),
    )
    started = time.process_time()
    membership = write_cohort(large)
    spent = time.process_time() - started
    assert len(membership) == 50_000
    assert len(read_membership(large.layout.membership("large"))) == 50_000
    assert spent < 5


def _large_catalog(ids: list[str]) -> Catalog:
    """One draft template, 5 writers, 1 essay, 4 x 2 evaluations a draft: 50 rows a combo."""

    def template(stage: Any, name: str) -> Template:
        return Template(stage, name, name, "", "identity", "llm", True)

    writers = [Model(f"w{n}", "m", "m", True, False, "mock") for n in range(5)]
    judges = [Model(f"j{n}", "m", "m", False, True, "mock") for n in range(4)]
    return Catalog(
        all_concepts=tuple(Concept(i, i, True) for i in ids),
        all_templates={
            "draft": (template("draft", "t"),),
            "essay": (template("essay", "t"),),
            "evaluation": (template("evaluation", "a"), template("evaluation", "b")),
        },
        all_models=(*writers, *judges),
        replicates=dict.fromkeys(STAGES, 1),
    )


# Comparisons


def compared(data: Workspace, **config: Any) -> list[Member]:
    return members(data, **config)["comparison"]


def test_every_pair_is_compared_in_both_orders_by_every_template_judge_and_replicate(
    data: Workspace,
) -> None:
    data.compare(["closer", "braver"])
    data.models({"a": "both", "b": "judges"})
    data.replicates(comparison=3)
    found = members(data)
    essays = {m.gen_id: m for m in found["essay"]}
    pairs = ring_pairs(essays, 2)
    assert len(found["comparison"]) == len(pairs) * 2 * 2 * 2 * 3
    orders = {m.parents for m in found["comparison"]}
    assert orders == {*map(tuple, pairs), *((other, one) for one, other in pairs)}
    for m in found["comparison"]:
        assert m.combo_id == essays[m.parent_gen_id].combo_id
        key = ("|".join(m.parents), m.template_id, m.llm_model_id, m.replicate)
        assert m.gen_id == generation_id("comparison", *key)


def test_comparisons_change_no_other_generation(data: Workspace) -> None:
    before = list(design(data).members())
    data.compare()
    after = list(design(data).members())
    assert after[: len(before)] == [m._replace(cohort_id=after[0].cohort_id) for m in before]
    assert {m.stage for m in after[len(before) :]} == {"comparison"}


def test_without_active_templates_the_manifest_is_as_it_always_was(data: Workspace) -> None:
    before = design(data)
    assert "comparison" not in json.dumps(before.manifest)
    assert "pairs_per_essay" not in before.manifest
    data.compare()
    path = data.raw("comparison_templates.csv")
    path.write_text(path.read_text().replace("true", "false"))
    data.replicates(draft=1, comparison=5)
    after = design(data, pairs_per_essay=7)
    assert after.manifest == before.manifest and after.cohort_id == before.cohort_id
    assert not compared(data)


def test_templates_pairs_and_replicates_of_comparisons_are_in_the_manifest(data: Workspace) -> None:
    data.compare()
    ids = {design(data).cohort_id, design(data, pairs_per_essay=3).cohort_id}
    data.replicates(comparison=2)
    ids.add(design(data).cohort_id)
    data.compare(["closer", "braver"])
    ids.add(design(data).cohort_id)
    assert len(ids) == 4
    assert design(data).manifest["comparison_templates"] == ["braver", "closer"]


def test_a_single_essay_is_compared_with_nothing(data: Workspace) -> None:
    data.compare()
    data.templates("essay", ["copy"], text="")
    assert not compared(data, k_max=3)
    membership = write_cohort(design(data, k_max=3))
    assert len(membership.by_stage["essay"]) == 1 and not membership.compares
