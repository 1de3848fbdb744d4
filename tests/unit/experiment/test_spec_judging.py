"""Which models a spec lets judge which essays."""

from __future__ import annotations

from pathlib import Path

from daydream.experiment.spec.model import Exclusion, Spec
from daydream.experiment.spec_judging import may_judge
from tests.support.workspace import Workspace
from tests.unit.experiment.test_spec_design import design


def test_no_model_judges_its_providers_essays_nor_compares_them(tmp_path: Path) -> None:
    work = Workspace(tmp_path, "http://localhost")
    work.compare()
    work.write(
        "llm_models.csv",
        "id,model,provider,display_name,for_generation,for_evaluation,specialization\n"
        "ann,x/ann,xlab,,true,true,\nann2,x/ann2,xlab,,false,true,\ncat,c/cat,clab,,false,true,\n",
    )
    text = "axes: {draft_llm: [ann]}\nrules: {exclude: [{same_provider: true}]}"
    members = list(design(work, text).members())
    judges = {(m.stage, m.llm_model_id) for m in members if m.stage in ("evaluation", "comparison")}
    assert judges == {("evaluation", "cat"), ("comparison", "cat")}


def test_exclusions_with_levels_forbid_no_judge_and_those_with_a_flag_do(tmp_path: Path) -> None:
    work = Workspace(tmp_path, "http://localhost")
    work.write(
        "llm_models.csv",
        "id,model,provider,display_name,for_generation,for_evaluation,specialization\n"
        "ann,x/ann,xlab,,true,true,\nann_cool,x/ann,xlab,,true,true,\nann2,x/ann2,xlab,,true,true,\n",
    )
    catalog = design(work, "axes: {draft_llm: [ann]}").catalog
    levels = Exclusion("", {"draft_llm": ("ann",)}, self_judging=True)
    own, provider = Exclusion("", self_judging=True), Exclusion("", same_provider=True)

    def judges(*exclude: Exclusion) -> list[bool]:
        spec = Spec("s.yaml", {}, exclude=exclude)
        return [may_judge(spec, catalog, m, ["ann"]) for m in ("ann", "ann_cool", "ann2")]

    assert judges(levels) == [True, True, True]
    assert judges(own) == [False, False, True]  # one model under two ids is itself
    assert judges(own, provider) == [False, False, False]
