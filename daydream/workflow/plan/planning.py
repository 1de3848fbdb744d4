"""Making a plan: what is in the ledgers, and what the rest will cost."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from daydream.experiment.fallbacks import fallback_of, with_fallbacks
from daydream.experiment.model import Model
from daydream.experiment.next_steps import Options
from daydream.generation.template_check import template_problems, undescribed
from daydream.store.layout import STAGES, Stage, exists
from daydream.store.membership import Member
from daydream.workflow.out_of_date import Required, by_times
from daydream.workflow.plan.estimates import Estimator, History
from daydream.workflow.plan.parameters import (
    Groups,
    Key,
    mixed_parameters,
    sent_parameters,
    unpinned,
)
from daydream.workflow.plan.plan import NO_OPTIONS, Plan, Row, first_lines
from daydream.workflow.plan.reasons import Job, from_jobs
from daydream.workflow.plan.replaced import EditedTexts
from daydream.workflow.plan.reuse import ReusableAnswers
from daydream.workflow.project import Project
from daydream.workflow.slices import obstacles_of_limits, obstacles_to_slice
from daydream.workflow.submission import Submission, slice_count

SAMPLE = 50  # generations of a stage and model that the first lines of a run look at
PAST = 2000  # generations of the store that estimates are made from
PAST_AT_START = 300
SUBMITTED_WITH_STORE = (
    "slices that a run submits (--set-scatter) share its file system, and `store` is for hosts "
    "that share none. Leave one of them out: slice=k/n with store, or --set-scatter without."
)


def make_plan(
    project: Project, required: Required | None = None, sample: int | None = None
) -> Plan:
    """Find out what is in the ledgers and price the rest.

    Args:
        project: the experiment.
        required: gen_id to reason for each stage, as Snakemake has it; by times of files if None.
        sample: how many prompts and ledgers of a stage and model to look at; None: all.
    """
    required = by_times(project) if required is None else required
    members = _members(project)
    reusable = ReusableAnswers(project, required, members)
    history = History.read(project.layout, PAST if sample is None else PAST_AT_START)
    maker = _RowMaker(reusable, Estimator(project.design, history), sample)
    groups, made, copies = _groups(reusable)
    keys = dict.fromkeys([*groups, *made])
    rows = [maker.row(*key, groups.get(key, ()), len(made.get(key, ()))) for key in keys]
    rows.sort(key=lambda row: STAGES.index(row.stage))
    bought = {key: groups[key] for key in (r.key for r in rows if r.to_buy)}
    return Plan(
        title=project.title,
        rows=tuple(rows),
        copies=len(copies) - maker.count_blocked(copies),
        sampled=sample is not None and any(len(group) > sample for group in groups.values()),
        parameters=tuple(sent_parameters(project, bought)),
        warnings=(
            *_not_made(reusable, rows),
            *_warnings(project, made, bought, sample or PAST),
        ),
        replaced=tuple(EditedTexts(project, required).find()),
        self_judges=tuple(_self_judges(members)),
    )


def _not_made(reusable: ReusableAnswers, rows: Iterable[Row]) -> Iterator[str]:
    """What the run will not make: what was paid and is lost, and what rests on unusable texts."""
    if lost := list(reusable.lost.values()):
        yield f"{len(lost)} generation(s) will not be made: {lost[0]} Restore it from a copy."
    blocked = sum(row.blocked for row in rows) - len(lost)
    if blocked > 0:
        yield (
            f"{blocked} generation(s) will not be asked for, as the draft or essay that they are "
            "made from cannot be used. What is wrong with those: daydream failures"
        )


def _self_judges(members: Mapping[Stage, Mapping[str, Member]]) -> list[str]:
    """The models that are asked to judge essays of their own, of copies: drafts."""
    writers = {gen_id: essay.llm_model_id for gen_id, essay in members["essay"].items()}
    judged = members["evaluation"].values()
    own = (m.llm_model_id for m in judged if writers.get(m.parent_gen_id) == m.llm_model_id)
    return list(dict.fromkeys(own))


def _warnings(project: Project, made: Groups, bought: Groups, limit: int) -> Iterator[str]:
    """What a person should know before anything is bought."""
    yield from unpinned(project, list(dict.fromkeys(model for _, model in bought)))
    yield from mixed_parameters(project, made, bought, limit)
    if any(stage == "draft" for stage, _ in bought):
        yield from undescribed(project.design)


def opening(
    project: Project,
    jobs: Iterable[Job],
    submission: Submission | None = None,
    options: Options = NO_OPTIONS,
) -> tuple[list[str], list[str]]:
    """What to say at the start of a run, and why it must not start: templates, keys, slices."""
    jobs = list(jobs)
    if not project.design.compares and any(job.rule == "comparison" for job in jobs):
        table = project.layout.templates_csv("comparison")
        return [f"There is nothing to compare with: {table} has no active row."], []
    if obstacles := list(obstacles_to_slice(project, (job.rule for job in jobs))):
        return [], obstacles
    is_sliced = any(job.rule == "generate_slice" for job in jobs)
    if is_sliced and project.settings.store:
        return [], [SUBMITTED_WITH_STORE]
    required = submission.planned if submission and is_sliced else from_jobs(project, jobs)
    if not any(required.values()):
        return [], []
    making = {stage for stage, generations in required.items() if generations}
    if problems := template_problems(project.design, making):
        return [], problems
    plan = make_plan(project, required, SAMPLE)
    obstacles = missing_keys(project, plan.buys_from)
    if slices := slice_count(project, submission):
        obstacles += obstacles_of_limits(project, plan.buys_from, slices)
    return list(first_lines(plan, options)), obstacles


def _members(project: Project) -> dict[Stage, dict[str, Member]]:
    """The roster as the design has it, which is on disk only after the checkpoint has run."""
    members: dict[Stage, dict[str, Member]] = {stage: {} for stage in STAGES}
    for member in project.all_members():
        members[member.stage][member.gen_id] = member
    return members


def _groups(reusable: ReusableAnswers) -> tuple[Groups, Groups, list[Member]]:
    """By stage and model: what is to be made, and what is made; and the copies to make."""
    layout, design = reusable.project.layout, reusable.project.design
    groups: dict[Key, list[Member]] = defaultdict(list)
    made: dict[Key, list[Member]] = defaultdict(list)
    copies: list[Member] = []
    own = {member.gen_id for member in reusable.project.members()}  # of the slice, if it is one
    for stage in filter(design.makes, STAGES):
        planned = reusable.required[stage]
        for member in reusable.members[stage].values():
            if reusable.is_copy(member):
                copies += [member] if member.gen_id in planned else []
            elif member.gen_id in planned:
                groups[stage, member.llm_model_id].append(member)
            elif member.gen_id in own and exists(layout.parsed(stage, member.gen_id)):
                made[stage, member.llm_model_id].append(member)
    return dict(groups), dict(made), copies


@dataclass(frozen=True)
class _RowMaker:
    reusable: ReusableAnswers
    estimator: Estimator
    sample: int | None

    def row(self, stage: Stage, model_id: str, group: Sequence[Member], made: int) -> Row:
        model = self.estimator.design.catalog.model(model_id)
        to_buy, reused, blocked = self._sort(group)
        count = len(group) - reused - blocked
        tokens_in = self._tokens_in(to_buy, count)
        low, high = self.estimator.tokens_out(stage, model)
        reasons = Counter(self.reusable.required[stage][member.gen_id] for member in group)
        return Row(
            stage=stage,
            model=model_id,
            required=made + len(group),
            made=made,
            reused=reused,
            to_buy=count,
            tokens_in=tokens_in,
            tokens_out_low=low * count,
            tokens_out_high=high * count,
            usd_low=self.estimator.usd(model, tokens_in, low * count),
            usd_high=self.estimator.usd(model, tokens_in, high * count),
            reasons=reasons,
            fallback=model.fallback,
            usd_fallback=self._usd_fallback(stage, model, tokens_in, count),
            blocked=blocked,
        )

    def _usd_fallback(
        self, stage: Stage, model: Model, tokens_in: float, count: int
    ) -> float | None:
        fallback = fallback_of(model, self.estimator.design.catalog.all_models)
        if fallback is None:
            return None
        high = self.estimator.tokens_out(stage, fallback).high
        return self.estimator.usd(fallback, tokens_in, high * count)

    def _sort(self, group: Sequence[Member]) -> tuple[list[Member], int, int]:
        """Generations to buy, and how many are paid or blocked; of a sample, scaled up, if any."""
        unpaid: list[Member] = []
        doubtful: list[Member] = []
        for member in group:
            (doubtful if self.reusable.may_be_cached(member) else unpaid).append(member)
        blocked = self.count_blocked(unpaid) + self.count_blocked(doubtful)
        seen = [*self._some(unpaid), *self._some(doubtful)]
        to_buy = [m for m in seen if not (self.reusable.is_blocked(m) or self._is_cached(m))]
        return to_buy, self._counted(doubtful, self._is_cached), blocked

    def count_blocked(self, group: Sequence[Member]) -> int:
        """How many of a group will not be made; of a sample, scaled up, if one is asked."""
        return self._counted(group, self.reusable.is_blocked)

    def _is_cached(self, member: Member) -> bool:
        return self.reusable.is_cached(member) and not self.reusable.is_blocked(member)

    def _counted(self, group: Sequence[Member], holds: Callable[[Member], bool]) -> int:
        seen = self._some(group)
        return round(sum(map(holds, seen)) / len(seen) * len(group)) if seen else 0

    def _tokens_in(self, to_buy: Sequence[Member], count: int) -> float:
        seen = self._some(to_buy)
        prompts = ((member, self.reusable.prompt(member)) for member in seen)
        tokens = sum(self.estimator.tokens_in(m, prompt and prompt.text) for m, prompt in prompts)
        return tokens / len(seen) * count if seen else 0.0

    def _some(self, group: Sequence[Member]) -> Sequence[Member]:
        if self.sample is None or len(group) <= self.sample:
            return group
        return group[:: -(-len(group) // self.sample)]


def missing_keys(project: Project, models: Iterable[str]) -> list[str]:
    """A message for each variable that models need for their key and that is not set."""
    catalog, endpoints = project.design.catalog, project.settings.endpoints
    requested = [catalog.model(model_id) for model_id in models]
    needing: dict[str, list[str]] = defaultdict(list)
    for model in with_fallbacks(requested, catalog.all_models):
        variable = endpoints[model.endpoint].api_key_env
        if variable and not os.environ.get(variable):
            needing[variable].append(model.id)
    return [
        f"the variable {variable} is not set, and {', '.join(sorted(needed))} cannot be called "
        f"without it. Set it: export {variable}=..."
        for variable, needed in needing.items()
    ]
