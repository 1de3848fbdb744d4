"""What a run would buy, before it: `daydream plan`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from daydream.experiment.next_steps import Options
from daydream.generation.template_check import check_templates
from daydream.workflow.dry_run import dry_run
from daydream.workflow.forcing import FORCED_VARIABLE, forced_targets
from daydream.workflow.plan.plan import describe
from daydream.workflow.plan.planning import make_plan
from daydream.workflow.plan.reasons import from_jobs
from daydream.workflow.project import Project


def planned(project: Project, arguments: argparse.Namespace, options: Options) -> Iterator[str]:
    """The lines of a plan for some targets and forces.

    Args:
        project: the experiment.
        arguments: targets and options as ``snakemake`` has them.
        options: with which proposed commands name the experiment.

    Raises:
        DaydreamError: when Snakemake cannot tell what it would do, or a template is wrong.
    """
    force = (arguments.forceall, arguments.force, arguments.targets, arguments.forcerun)
    os.environ[FORCED_VARIABLE] = forced_targets(*force)
    required = from_jobs(project, dry_run(_as_snakemake_has_them(arguments)))
    check_templates(project.design, [stage for stage, made in required.items() if made])
    return describe(make_plan(project, required), options)


def _as_snakemake_has_them(arguments: argparse.Namespace) -> Iterator[str]:
    yield from arguments.targets
    for name in ("configfile", "config", "forcerun"):
        values = map(str, getattr(arguments, name))
        yield from (f"--{name}", *values) if getattr(arguments, name) else ()
    yield from (f"--{name}" for name in ("force", "forceall") if getattr(arguments, name))
