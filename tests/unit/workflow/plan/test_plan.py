"""A plan says before a run what it will buy, for how much, and why."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from daydream.errors import ParseError
from daydream.experiment.settings import load_config
from daydream.workflow import sources
from daydream.workflow.jobs import GenerationJobs
from daydream.workflow.out_of_date import by_times
from daydream.workflow.plan.estimates import History, Past
from daydream.workflow.plan.plan import Plan, Row, compact, describe, first_lines
from daydream.workflow.plan.planning import make_plan, missing_keys, opening
from daydream.workflow.plan.reasons import Job, from_jobs
from daydream.workflow.project import Project
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace

Open = Callable[..., Project]
TEMPLATE = "data/1_raw/templates/draft/plain.txt"


@pytest.fixture
def opened(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the workspace's experiment as it is, with some of the configuration changed."""
    monkeypatch.chdir(work.root)
    monkeypatch.delenv("DAYDREAM_FORCED", raising=False)
    work.models({"writer": "both"}, price_in="1", price_out="2")

    def open_now(**config: object) -> Project:
        work.command()  # writes the configuration
        return Project(load_config([work.root / "config.yaml"], config))

    return open_now


def make_all(project: Project) -> None:
    generator = GenerationJobs(project).generator
    for member in project.design.members():
        generator.make(member)


def counts(plan: Plan) -> dict[str, tuple[int, int, int, int]]:
    return {row.stage: (row.required, row.made, row.reused, row.to_buy) for row in plan.rows}


def edit(path: str, text: str | None = None) -> None:
    if text is not None:
        Path(path).write_text(text)
    later = time.time() + 5
    os.utime(path, (later, later))


def test_before_anything_is_made_everything_is_missing_and_copies_are_free(opened: Open) -> None:
    plan = make_plan(opened())
    assert counts(plan) == {
        "draft": (3, 0, 0, 3),
        "essay": (3, 0, 0, 3),
        "evaluation": (6, 0, 0, 6),
    }
    assert plan.reasons == Counter(missing=12)
    assert plan.copies == 3


def test_a_judge_that_also_writes_is_named_before_anything_is_bought(
    opened: Open, work: Workspace
) -> None:
    assert "Judging essays of their own: writer." in "\n".join(describe(make_plan(opened())))
    work.models({"writer": "writes", "judge": "judges"})
    assert "Judging essays" not in "\n".join(describe(make_plan(opened())))


def test_without_history_an_answer_takes_a_tenth_of_max_tokens_to_all_of_it(opened: Open) -> None:
    project = opened()
    draft = make_plan(project).rows[0]
    most = project.settings.stages["draft"].max_tokens
    assert (draft.tokens_out_low, draft.tokens_out_high) == pytest.approx((0.3 * most, 3 * most))
    assert draft.usd_low == pytest.approx((draft.tokens_in + 2 * 0.3 * most) / 1e6)
    assert draft.usd_high == pytest.approx((draft.tokens_in + 2 * 3 * most) / 1e6)


def test_a_prompt_that_waits_for_its_parent_is_taken_to_be_as_long_as_it_may_get(
    opened: Open,
) -> None:
    project = opened()
    essay = make_plan(project).rows[1]
    assert essay.tokens_in > 3 * project.settings.stages["draft"].max_tokens


def test_of_a_finished_cohort_nothing_is_bought(opened: Open) -> None:
    make_all(opened())
    plan = make_plan(opened())
    assert counts(plan) == {
        "draft": (3, 3, 0, 0),
        "essay": (3, 3, 0, 0),
        "evaluation": (6, 6, 0, 0),
    }
    assert list(first_lines(plan)) == []
    (line,) = describe(plan)
    assert "nothing is to be bought" in line


def test_what_was_touched_and_is_the_same_is_reused_with_its_descendants(opened: Open) -> None:
    make_all(opened())
    edit(TEMPLATE)
    plan = make_plan(opened())
    assert plan.reasons == {f"prompt changed: {TEMPLATE}": 3, "parent changed": 9}
    assert (plan.reused, plan.to_buy) == (12, 0)


def test_a_changed_template_is_named_and_bought_again_with_its_descendants(opened: Open) -> None:
    make_all(opened())
    edit(TEMPLATE, "Something else: {{ concepts | length }}")
    plan = make_plan(opened())
    assert (plan.reused, plan.to_buy) == (0, 12)
    assert f"  prompt changed: {TEMPLATE} (3)" in describe(plan)


def test_a_changed_evaluation_template_leaves_the_rest_alone(opened: Open) -> None:
    make_all(opened())
    edit("data/1_raw/templates/evaluation/novelty.txt", "Again, SCORE: X {{ response }}")
    assert counts(make_plan(opened()))["evaluation"] == (6, 0, 0, 6)
    assert make_plan(opened()).to_buy == 6


def test_a_lost_answer_file_is_found_in_the_ledger(opened: Open) -> None:
    make_all(opened())
    next(Path("data/gens/evaluation").glob("*/parsed.txt")).unlink()
    assert counts(make_plan(opened()))["evaluation"] == (6, 5, 1, 0)


def test_an_essay_changed_by_hand_is_made_again_and_its_scores_are_not_bought(opened: Open) -> None:
    make_all(opened())
    template = "data/1_raw/templates/essay/longer.txt"
    essay = next(
        path
        for path in Path("data/gens/essay").glob("*/parsed.txt")
        if (path.parent / "raw.txt").exists()
    )
    essay.write_text("Mended by hand.")
    edit(template)
    assert make_plan(opened()).to_buy == 0


def test_a_template_that_is_restored_uses_the_answers_to_its_first_text(opened: Open) -> None:
    make_all(opened())
    before = Path(TEMPLATE).read_text()
    edit(TEMPLATE, "Something else: {{ concepts | length }}")
    assert make_plan(opened()).to_buy == 12
    make_all(opened())
    edit(TEMPLATE, before)
    # Drafts, essays and scores of the first text are in the ledgers, though other ones are on disk.
    plan = make_plan(opened())
    assert (plan.reused, plan.to_buy) == (12, 0)


def test_an_answer_without_a_score_is_bought_again_where_the_run_asks_again(
    opened: Open, server: MockServer
) -> None:
    server.answer(with_="I cannot say.", containing="[novelty]")
    generator = GenerationJobs(opened()).generator
    for member in opened().design.members():
        with suppress(ParseError):
            generator.make(member)
    assert counts(make_plan(opened()))["evaluation"] == (6, 0, 6, 0)
    assert counts(make_plan(opened(resample=1)))["evaluation"] == (6, 0, 0, 6)


def test_the_score_parser_is_a_reason_of_its_own(
    opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_all(opened())
    parser = tmp_path / "score_new.py"
    parser.touch()
    edit(str(parser))
    monkeypatch.setattr(sources, "score_parser_sources", lambda: [str(parser)])
    plan = make_plan(opened())
    assert plan.reasons == {"score parser changed": 6}
    assert plan.to_buy == 0


@pytest.mark.parametrize(("reuse", "bought"), [("auto", 3), ("always", 0), ("never", 12)])
def test_reuse_decides_what_a_force_buys(
    opened: Open, monkeypatch: pytest.MonkeyPatch, reuse: str, bought: int
) -> None:
    make_all(opened())
    monkeypatch.setenv("DAYDREAM_FORCED", "generate_draft")
    edit(TEMPLATE)
    project = opened(reuse=reuse)
    assert make_plan(project).reasons["forced"] == 3
    drafts = make_plan(project).rows[0]
    assert drafts.to_buy == min(bought, 3)
    # What is behind a draft that is bought again is bought again too.
    assert make_plan(project).to_buy == (0 if reuse == "always" else 12)


def test_past_answers_narrow_the_range_and_correct_the_estimates(opened: Open) -> None:
    past = tuple(Past("draft", "plain", "writer", 100, 150, out) for out in range(10, 111, 10))
    history = History(past)
    assert history.answer_tokens["draft", "writer"] == (20, 100)
    assert history.correction == {"writer": 1.5}
    assert history.prompt_tokens["draft", "plain"] == 100
    assert History(past[:4]).answer_tokens == {}


def test_the_store_is_the_history_and_no_answer_is_longer_than_max_tokens(
    opened: Open, work: Workspace
) -> None:
    work.replicates(draft=2)
    make_all(opened())
    assert len(History.read(opened().layout, 2000).past) == 6 + 6 + 12
    assert len(History.read(opened().layout, 9).past) <= 9
    work.concepts(("bees", "tides", "chess", "fjord"))
    known = {row.stage: row for row in make_plan(opened()).rows}
    assert known["draft"].to_buy == 6
    most = opened().settings.stages["draft"].max_tokens
    assert known["draft"].tokens_out_high < 6 * most
    work.models({"writer": "both"}, price_in="1", price_out="2", max_tokens="1")
    assert {r.tokens_out_high / r.to_buy for r in make_plan(opened()).rows if r.to_buy} == {1}


def test_an_unknown_price_is_shown_and_said(opened: Open, work: Workspace) -> None:
    work.models({"writer": "both"})
    plan = make_plan(opened())
    assert plan.rows[0].usd_low is None
    lines = list(describe(plan))
    assert lines[0].endswith("; ? USD.")
    assert any("no price_in and price_out for writer" in line for line in lines)


def test_one_unknown_price_does_not_hide_the_others(opened: Open, work: Workspace) -> None:
    work.models({"writer": "both", "guest": "judges"}, price_in="1", price_out="2")
    text = work.raw("llm_models.csv").read_text().splitlines()
    text[2] = text[2].removesuffix(",1,2") + ",,"
    work.write("llm_models.csv", "\n".join(text) + "\n")
    total = next(line for line in describe(make_plan(opened())) if line.startswith("total"))
    assert total.endswith("+?") and "0.0" in total


def test_a_model_that_runs_here_costs_nothing(opened: Open, work: Workspace) -> None:
    work.models({"writer": "both"})
    plan = make_plan(opened(default_endpoint="embedded"))
    assert {row.usd_high for row in plan.rows} == {0.0}
    assert plan.unpriced == []


def test_a_batch_has_its_discount(opened: Open, work: Workspace) -> None:
    work.config["endpoints"]["mock"] |= {"batch": True, "batch_discount": 0.25}
    whole, less = make_plan(opened()), make_plan(opened(batch=True))
    assert less.rows[0].usd_high == pytest.approx(0.75 * (whole.rows[0].usd_high or 0))


def test_a_sample_is_scaled_up(opened: Open, work: Workspace) -> None:
    work.replicates(draft=4)
    exact, sampled = make_plan(opened()), make_plan(opened(), sample=3)
    assert sampled.sampled and not exact.sampled
    assert counts(sampled) == counts(exact)
    assert sampled.rows[0].tokens_in == pytest.approx(exact.rows[0].tokens_in, rel=0.2)
    make_all(opened())
    edit(TEMPLATE)
    assert make_plan(opened(), sample=3).reused == make_plan(opened()).reused == 48
    lines = list(first_lines(make_plan(opened(reuse="never"), sample=3)))
    assert "about" in lines[0] and "daydream plan" in lines[-1]


def test_the_first_lines_are_few_and_no_line_is_wider_than_a_terminal() -> None:
    reasons = Counter({f"prompt changed: data/1_raw/templates/draft/t{i}.txt": i for i in range(9)})
    rows = [
        Row("evaluation", f"{i}-is-a-model-with-a-long-name", 10**5, 0, 0, 10**5, 2e8, 1e7, 1e8,
            usd, usd and 10 * usd, reasons)
        for i, usd in enumerate([None, 1000.0, 0.00012, *[12.0] * 20])
    ]  # fmt: skip
    plan = Plan("Cohort trial", tuple(rows), copies=3, sampled=True)
    lines = list(first_lines(plan))
    assert len(lines) <= 15
    assert max(map(len, [*lines, *describe(plan)])) <= 100
    assert "0-is-a-model" in lines[2]  # what has no price is not left out


def test_counts_are_short() -> None:
    assert [compact(n) for n in (0, 950, 9500, 95000, 9.5e6)] == ["0", "950", "9500", "95k", "9.5M"]


def test_a_missing_key_is_named_once_with_the_models_that_need_it(
    opened: Open, work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.config["endpoints"]["mock"]["api_key_env"] = "SOME_KEY"
    work.config["endpoints"]["other"] = work.config["endpoints"]["mock"]
    work.models({"writer": "writes", "judge": "judges"})
    (message,) = missing_keys(opened(), ["writer", "judge"])
    assert "SOME_KEY" in message and "judge, writer" in message
    assert missing_keys(opened(), []) == []
    monkeypatch.setenv("SOME_KEY", "k")
    assert missing_keys(opened(), ["writer", "judge"]) == []


def test_no_key_is_needed_for_what_is_paid(opened: Open, work: Workspace) -> None:
    make_all(opened())
    work.config["endpoints"]["mock"]["api_key_env"] = "SOME_KEY"
    edit(TEMPLATE)
    jobs = [Job("cohort_membership", "", ""), Job("all", "", "")]
    lines, obstacles = opening(opened(), jobs)
    assert "12 paid answers are used" in lines[0]
    assert obstacles == []


def test_the_jobs_of_snakemake_are_told_in_our_words(opened: Open) -> None:
    make_all(opened())
    project = opened()
    one, two, three = (m.gen_id for m in project.design.members() if m.stage == "draft")
    Path(project.layout.parsed("draft", two)).unlink()
    essays = [m.gen_id for m in project.design.members() if m.stage == "essay"]
    updated = f"Updated input files: {TEMPLATE}, other.txt; Input files updated by another job: x"
    behind = "Input files updated by another job: data/gens/draft/x/parsed.txt"
    required = from_jobs(
        project,
        [
            Job("all", "", "whatever"),
            Job("generate_draft", one, updated),
            Job("generate_draft", two, f"Missing output files: parsed.txt; {behind}"),
            Job("generate_draft", three, "Forced execution"),
            Job("generate_essay", essays[0], behind),
            Job("generate_essay", essays[1], "Updated input files: data/gens/draft/x/parsed.txt"),
        ],
    )
    assert required["draft"] == {
        one: f"prompt changed: {TEMPLATE}",
        two: "missing",
        three: "forced",
    }
    assert set(required["essay"].values()) == {"parent changed"}


@pytest.mark.parametrize(
    ("rules", "made"),
    [
        (["cohort"], 0),
        (["generation_draft"], 3),
        (["generation_essays"], 3 + 6),
        (["parsed_scores"], 3 + 6 + 6),
        (["all", "parsed_scores"], 3 + 6 + 6),
    ],
)
def test_before_the_checkpoint_the_targets_say_how_far_a_run_goes(
    opened: Open, rules: list[str], made: int
) -> None:
    jobs = [Job(rule, "", "") for rule in ("cohort_membership", *rules)]
    assert sum(map(len, from_jobs(opened(), jobs).values())) == made


def test_before_the_checkpoint_one_generation_brings_its_ancestors_only(opened: Open) -> None:
    project = opened()
    last = list(project.design.members())[-1]
    jobs = [Job("cohort_membership", "", ""), Job("generate_evaluation", last.gen_id, "")]
    assert {stage: len(ids) for stage, ids in from_jobs(project, jobs).items()} == {
        "draft": 1,
        "essay": 1,
        "evaluation": 1,
        "comparison": 0,
    }


def test_selected_essays_are_sources_and_are_not_planned(opened: Open, work: Workspace) -> None:
    make_all(opened())
    essay = next(m.gen_id for m in opened().design.members() if m.stage == "essay")
    path = work.data / "2_tasks" / "selected_essays.txt"
    path.parent.mkdir()
    path.write_text(essay + "\n")
    edit(TEMPLATE, "Something else")
    assert counts(make_plan(opened())) == {"evaluation": (1, 1, 0, 0)}


def test_a_plan_makes_no_call_and_leaves_no_file(
    opened: Open, work: Workspace, server: MockServer
) -> None:
    project = opened()
    before = work.files()
    list(describe(make_plan(project)))
    assert work.files() == before
    assert server.received == 0


def test_the_first_lines_of_a_large_run_take_no_time(opened: Open, work: Workspace) -> None:
    work.concepts(tuple(f"c{number}" for number in range(45)))
    work.templates("essay", ["longer"], text="Write an essay.\n{{ draft_block }}")
    project = opened()
    began = time.process_time()
    lines, _ = opening(project, [Job("cohort_membership", "", ""), Job("all", "", "")])
    assert "2970 generation(s) to buy" in lines[0]
    assert time.process_time() - began < 0.5  # 0.1 s measured


def test_times_of_files_agree_with_what_was_made(opened: Open) -> None:
    make_all(opened())
    assert not any(by_times(opened()).values())


def test_comparisons_are_planned_with_the_prompts_of_two_essays(
    opened: Open, work: Workspace
) -> None:
    work.compare()
    project = opened()
    count = sum(member.stage == "comparison" for member in project.design.members())
    first = make_plan(project)
    assert counts(first)["comparison"] == (count, 0, 0, count)
    most = project.settings.stages["essay"].max_tokens
    assert first.rows[-1].tokens_in > count * 2 * most
    make_all(project)
    assert counts(make_plan(project))["comparison"] == (count, count, 0, 0)
    edit("data/1_raw/templates/comparison/closer.txt", "Anew: {{ response_a }} {{ response_b }}")
    plan = make_plan(project)
    assert plan.to_buy == count
    assert plan.reasons == {"prompt changed: data/1_raw/templates/comparison/closer.txt": count}


def test_a_changed_essay_wants_the_comparisons_on_both_its_sides_again(
    opened: Open, work: Workspace
) -> None:
    work.compare()
    project = opened()
    make_all(project)
    members = list(project.design.members())
    essay = next(m.gen_id for m in members if m.stage == "essay")
    edit(project.layout.parsed("essay", essay))
    sides = {m.gen_id for m in members if m.stage == "comparison" and essay in m.parents}
    assert set(by_times(project)["comparison"]) == sides
    # Its text is as it was, so that every answer is found again.
    assert make_plan(project).to_buy == 0


@pytest.mark.parametrize(
    ("rule", "stages"),
    [
        ("comparison", {"draft", "essay", "comparison"}),
        ("parsed_comparisons", {"draft", "essay", "comparison"}),
        ("evaluation", {"draft", "essay", "evaluation"}),
        ("all", {"draft", "essay", "evaluation", "comparison"}),
    ],
)
def test_before_the_checkpoint_a_target_reaches_its_own_stages(
    opened: Open, work: Workspace, rule: str, stages: set[str]
) -> None:
    work.compare()
    required = from_jobs(opened(), [Job("cohort_membership", "", ""), Job(rule, "", "")])
    assert {stage for stage, ids in required.items() if ids} == stages


def test_before_the_checkpoint_a_comparison_brings_the_ancestors_of_both_essays(
    opened: Open, work: Workspace
) -> None:
    work.compare()
    project = opened()
    members = {m.gen_id: m for m in project.design.members()}
    comparison = next(
        m
        for m in members.values()
        if m.stage == "comparison" and len({members[e].parent_gen_id for e in m.parents}) == 2
    )
    jobs = [Job("cohort_membership", "", ""), Job("generate_comparison", comparison.gen_id, "")]
    found = {stage: set(ids) for stage, ids in from_jobs(project, jobs).items()}
    assert found["essay"] == set(comparison.parents)
    assert found["draft"] == {members[essay].parent_gen_id for essay in comparison.parents}
    assert found["comparison"] == {comparison.gen_id} and not found["evaluation"]
