"""All that the workflow needs of Snakemake's insides: each reach into them is a function here.

Each says why it is needed and in which version it was seen. The tests hold each against the classes
of the Snakemake that is installed. When a later version has renamed something, a run goes on as
Snakemake would without us, and says once what is missing.
"""

from daydream.workflow.snakemake_compat.asked import (
    Forces,
    config_sources,
    forces,
    is_dry_run,
    is_main_process,
    is_touch,
    known_targets,
    targets,
    typed_options,
    until,
)
from daydream.workflow.snakemake_compat.course import (
    at_end,
    at_start,
    exit_gracefully,
    log,
    mute_job_errors,
    on_sigterm,
    shield_scripts,
    tell_plainly,
)
from daydream.workflow.snakemake_compat.jobs import (
    PlannedJob,
    count_by_rule,
    keep_what_others_made,
    make_no_empty_logs,
    name_in_run,
    planned_jobs,
    running_rules,
    skip_pipe_searches,
)
from daydream.workflow.snakemake_compat.node import (
    NodeJob,
    ignore_executors,
    look_when_over,
    only_job,
    run,
)
from daydream.workflow.snakemake_compat.scheduler import (
    SPARE_JOBS,
    Polls,
    coalesce_polls,
    local_cores,
    schedule_quickly,
)

__all__ = [
    "SPARE_JOBS",
    "Forces",
    "NodeJob",
    "PlannedJob",
    "Polls",
    "at_end",
    "at_start",
    "coalesce_polls",
    "config_sources",
    "count_by_rule",
    "exit_gracefully",
    "forces",
    "ignore_executors",
    "is_dry_run",
    "is_main_process",
    "is_touch",
    "keep_what_others_made",
    "known_targets",
    "local_cores",
    "log",
    "look_when_over",
    "make_no_empty_logs",
    "mute_job_errors",
    "name_in_run",
    "on_sigterm",
    "only_job",
    "planned_jobs",
    "run",
    "running_rules",
    "schedule_quickly",
    "shield_scripts",
    "skip_pipe_searches",
    "targets",
    "tell_plainly",
    "typed_options",
    "until",
]
