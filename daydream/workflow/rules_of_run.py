"""The rules of one experiment in a run: what they are called there, and the jobs that they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daydream.store.layout import STAGES, Stage
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.plan.reasons import RULES_OF_PLAN, Job

_STAGE_OF_RULE: Mapping[str, Stage] = {f"generate_{stage}": stage for stage in STAGES}


class RulesOfRun:
    """Our rules in a run of Snakemake, which may be another workflow's with names of its own."""

    def __init__(self, workflow: Any, folder: str) -> None:
        """Know no names yet.

        Args:
            workflow: Snakemake's ``workflow`` object.
            folder: where the Snakefile and ``rules/`` are, a path or an address.
        """
        self._workflow, self._folder = workflow, folder
        self.base_names: dict[str, str] = {}

    def learn_names(self) -> None:
        """Take note of what the rules are called where the Snakefile is being read."""
        for rule in RULES_OF_PLAN:
            name = compat.name_in_run(self._workflow, rule)
            if name is not None:
                self.base_names[name] = rule

    def is_ours(self, snakefile: str) -> bool:
        """Whether a file of rules is one of this workflow's."""
        return snakefile.startswith((f"{self._folder}/rules/", f"{self._folder}/Snakefile"))

    def hide_generations(self) -> bool:
        """Whether a rule of an outer workflow leads to generations that are not known yet.

        What our own rules lead to is known before the cohort is made.
        """
        planned = compat.planned_jobs(self._workflow)
        is_made = all(self.base_names.get(job.rule) != "cohort_membership" for job in planned)
        return not is_made and any(not self.is_ours(job.snakefile) for job in planned)

    def planned_jobs(self) -> list[Job]:
        """The jobs of this run under the names of our rules."""
        planned = compat.planned_jobs(self._workflow)
        return [self.job(job.rule, job.wildcards, job.reason) for job in planned]

    def job(self, rule: str, wildcards: Mapping[str, str], reason: str) -> Job:
        """A job of Snakemake's under the name of our rule."""
        return Job(self.base_names.get(rule, rule), wildcards.get("gen_id", ""), reason)

    def required_by_stage(self) -> Mapping[Stage, int]:
        """How many generations of each stage this run makes."""
        required = dict.fromkeys(STAGES, 0)
        for name, count in compat.count_by_rule(self._workflow).items():
            stage = _STAGE_OF_RULE.get(self.base_names.get(name, ""))
            if stage is not None:
                required[stage] += count
        return required
