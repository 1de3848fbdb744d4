"""A cohort's spec says what is made; the mock server counts the calls."""

from __future__ import annotations

import pytest

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

SPEC = """
axes:
  draft_template: [plain, bold]
  draft_llm: [ann, bob]
  evaluation_llm: [ann, bob, cat]
rules:
  subsets: {combo_id: '@file:items/combos.csv'}
  pairs:
    written:
      left: draft_template
      right: writing
      allowed: [[plain, [longer, bob]], [bold, [copy, ann]]]
      balance: both
  tuples:
    writing: {axes: [essay_template, essay_llm], items: [[longer, bob], [copy, ann]]}
  exclude:
    - self_judging: true
    - {draft_template: bold, draft_llm: bob}
output: {field_order: [evaluation_llm]}
"""


@pytest.fixture
def work(tmp_path, server: MockServer) -> Workspace:
    work = Workspace(tmp_path, server.base_url)
    work.templates("draft", ["plain", "bold"], text="Connect {{ concepts[0].name }}.\n")
    work.models({"ann": "both", "bob": "both", "cat": "judges"})
    return work


def design(work: Workspace, capsys, *arguments: str) -> list[str]:
    work.command()
    place = ("--directory", str(work.root), "--configfile", str(work.root / "config.yaml"))
    assert main(["design", *arguments, *place]) == 0
    return capsys.readouterr().out.splitlines()


def write_spec(work: Workspace, text: str, combos: int = 2) -> None:
    folder = work.data / "cohorts" / "trial" / "spec"
    (folder / "items").mkdir(parents=True, exist_ok=True)
    work.edit(folder / "config.yaml", text)
    rows = work.table("combo_mappings.csv")
    ids = list(dict.fromkeys(row["combo_id"] for row in rows))[:combos]
    (folder / "items" / "combos.csv").write_text("combo_id\n" + "\n".join(ids) + "\n")


def test_pairs_a_tuple_an_exclusion_and_self_judging(
    work: Workspace, server: MockServer, capsys
) -> None:
    work.run("cohort")
    before = work.members("draft")
    write_spec(work, SPEC)
    lines = design(work, capsys, "--count")
    # 2 combos x (plain by ann and bob, bold by ann); longer by bob (4), copies by ann (2);
    # each is judged by the two models that did not write it.
    assert lines[0] == "12 row(s): 6 draft(s), 6 essay(s), 12 evaluation(s)"
    assert design(work, capsys, "--format", "csv")[0].startswith("evaluation_llm,combo_id,")
    assert server.received == 0
    work.run()
    assert server.received == 6 + 4 + 12
    essays = {row["gen_id"]: row for row in work.members("essay")}
    for row in work.members("evaluation"):
        assert row["llm_model_id"] != essays[row["parent_gen_id"]]["llm_model_id"]
    drafts = {row["gen_id"]: row for row in work.members("draft")}
    written = {
        (drafts[e["parent_gen_id"]]["llm_model_id"], e["template_id"], e["llm_model_id"])
        for e in essays.values()
    }
    assert written == {("ann", "longer", "bob"), ("bob", "longer", "bob"), ("ann", "copy", "ann")}
    assert {row["gen_id"] for row in before} > set(drafts)
    models = {row["generation_model"] for row in work.table("5_parsing/trial/parsed_scores.csv")}
    assert models == {"ann", "bob"}
    work.run()
    assert server.received == 22
    assert (
        main(
            [
                "verify",
                "--directory",
                str(work.root),
                "--configfile",
                str(work.root / "config.yaml"),
            ]
        )
        == 0
    )


def test_an_edited_spec_makes_the_membership_again_and_only_what_is_missing(
    work: Workspace, server: MockServer
) -> None:
    work.run("cohort")
    write_spec(work, SPEC)
    work.run("evaluation")
    paid = server.received
    write_spec(work, SPEC.replace("[ann, bob, cat]", "[cat]"))
    work.run("results_summary")
    assert server.received == paid
    assert {row["llm_model_id"] for row in work.members("evaluation")} == {"cat"}
    write_spec(work, SPEC, combos=3)
    work.edit(
        work.data / "cohorts/trial/spec/items/combos.csv",
        work.data.joinpath("cohorts/trial/spec/items/combos.csv").read_text(),
    )
    work.run("evaluation")
    assert server.received == paid + 11


def test_a_spec_that_says_nothing_is_the_product_of_what_is_active(work: Workspace) -> None:
    work.run("cohort")
    membership = work.data / "cohorts/trial/membership.csv"
    before = membership.read_bytes()
    write_spec(work, "axes: {}\n")
    work.run("cohort")
    assert membership.read_bytes() == before


def test_unknown_levels_are_named_at_once_and_nothing_is_made(
    work: Workspace, server: MockServer
) -> None:
    work.run("cohort")
    write_spec(work, "axes: {draft_template: [plain, plane], evaluation_llm: [dan]}\n")
    run = work.run("cohort", ok=False)
    assert (
        "draft_template plane (draft_templates.csv); evaluation_llm dan (llm_models.csv)"
        in run.output
    )
    assert "Traceback" not in run.output
    assert server.received == 0
