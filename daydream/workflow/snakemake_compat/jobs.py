"""The jobs that Snakemake is going to run, and what it need not do for ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from daydream.workflow.snakemake_compat.guard import reach

_NO_NAME: str | None = None


class PlannedJob(NamedTuple):
    """A job that Snakemake is going to run."""

    rule: str
    snakefile: str
    wildcards: Mapping[str, str]
    reason: str


@reach("finding a rule's name behind the prefix of a module", lambda: _NO_NAME)
def name_in_run(workflow: Any, rule: str) -> str | None:
    """What a rule of the Snakefile that is being read is called in this run; None if left out.

    Reason: ``use rule * from daydream as dd_*`` renames the rules, and the plan needs to know them.
    Seen in 9.27.1: ``Workflow.modifier``, a ``WorkflowModifier``.
    """
    name: str | None = workflow.modifier.avail_rulename(rule)
    return name


@reach("the plan at the start of a run", list[PlannedJob])
def planned_jobs(workflow: Any) -> list[PlannedJob]:
    """Every job of this run, with Snakemake's reason; known once the DAG is built.

    Reason: what a run is going to buy is said before it begins, and ``JOB_INFO`` events come one by
    one as the jobs start.
    Seen in 9.27.1: ``Workflow.dag``, ``DAG.needrun_jobs``, ``DAG.reason``.
    """
    dag = workflow.dag
    jobs = dag.needrun_jobs(exclude_finished=False) if dag else ()
    return [
        PlannedJob(
            job.rule.name, str(job.rule.snakefile), dict(job.wildcards_dict), str(dag.reason(job))
        )
        for job in jobs
    ]


@reach("which tables are being made", list[str])
def running_rules(workflow: Any) -> list[str]:
    """The rules of the jobs that are under way.

    Reason: the tables and the report take seconds in which no generation is made, and their events
    reach logger plugins only.
    Seen in 9.27.1: ``JobScheduler.running``, a set that changes meanwhile.

    Raises:
        RuntimeError: when a job begins or ends just then.
    """
    scheduler = workflow.scheduler
    return [job.rule.name for job in list(scheduler.running)] if scheduler else []


@reach("how many generations are left", Counter[str])
def count_by_rule(workflow: Any) -> Counter[str]:
    """How many jobs of each rule this run has, finished ones included.

    Reason: the checkpoint adds jobs, and no event tells how many of which rule.
    Seen in 9.27.1: as for :func:`planned_jobs`.

    Raises:
        RuntimeError: when jobs are added just then.
    """
    return Counter(job.rule.name for job in workflow.dag.needrun_jobs(exclude_finished=False))


@reach("the quick look through the inputs of a table", lambda: None)
def skip_pipe_searches(is_ours: Callable[[str], bool]) -> None:
    """Answer for Snakemake that no input of our rules is a pipe or a service: they have none.

    Reason: it searches the inputs of a job once for each of them, which takes minutes over the
    50,000 evaluations that a table of scores may have.
    Seen in 9.27.1: ``Job.is_pipe_or_service_input``.

    Args:
        is_ours: whether a rule is one of this workflow's, by the path of its Snakefile.
    """
    from snakemake.jobs import Job

    search = Job.is_pipe_or_service_input

    def is_pipe_or_service_input(job: Any, path: Any) -> bool:
        return not is_ours(str(job.rule.snakefile)) and search(job, path)

    Job.is_pipe_or_service_input = is_pipe_or_service_input


@reach("keeping the logs of failures only", lambda: None)
def make_no_empty_logs(is_ours: Callable[[str], bool]) -> None:
    """Have no empty log file made for a job of our rules that succeeded.

    Reason: our jobs remove their log after a success, so that ``logs/`` holds failures only, and
    Snakemake makes an empty file for each log that is not there: one for every generation.
    Seen in 9.27.1: ``DAG.handle_log``, ``Job.log``. A log in a storage is left to Snakemake, which
    uploads it.

    Args:
        is_ours: whether a rule is one of this workflow's, by the path of its Snakefile.
    """
    from snakemake.dag import DAG

    make = DAG.handle_log

    async def handle_log(dag: Any, job: Any) -> None:
        if not is_ours(str(job.rule.snakefile)) or any(path.is_storage for path in job.log):
            await make(dag, job)

    DAG.handle_log = handle_log


@reach("keeping what another run has just made", lambda: None)
def keep_what_others_made(is_ours: Callable[[str], bool]) -> None:
    """Leave an output in its place that was missing when the run began: another run has made it.

    Reason: Snakemake removes the outputs of a job before it runs. Another run of the cohort that
    has just made one fails when it notes its time, or makes something of it, and it is gone. Our
    jobs replace their outputs in one step.
    Seen in 9.27.1: ``Job.remove_existing_output``, ``DAG.reason``.

    Args:
        is_ours: whether a rule is one of this workflow's, by the path of its Snakefile.
    """
    from snakemake.jobs import Job

    remove = Job.remove_existing_output

    async def remove_existing_output(job: Any) -> None:
        if not is_ours(str(job.rule.snakefile)) or not job.dag.reason(job).missing_output:
            await remove(job)
            return
        for log in job.log:
            await log.remove(remove_non_empty_dir=False)

    Job.remove_existing_output = remove_existing_output
