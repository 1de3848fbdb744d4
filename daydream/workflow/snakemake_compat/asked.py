"""What was asked for on Snakemake's command line."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, NamedTuple

from daydream.experiment.next_steps import AGAIN_VARIABLE, Options
from daydream.workflow.snakemake_compat.guard import reach

_NO_SOURCES: tuple[list[str], list[Any]] = ([], [])
_NO_FILES: list[Path] = []
_NO_TARGETS: tuple[str, ...] = ()


class Forces(NamedTuple):
    """What ``-F``, ``-f`` and ``-R`` were given."""

    everything: bool = False
    targets: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@reach("keeping the names of --config as they were typed", lambda: _NO_SOURCES)
def config_sources(workflow: Any) -> tuple[list[str], list[Any]]:
    """The strings of ``--config``, and the configuration files, each over those before it.

    Reason: Snakemake turns ``007`` into 7, and a workflow is given only the result.
    Seen in 9.27.1: ``Workflow.config_settings.config_args``, ``configfiles``,
    ``overwrite_configfiles``.
    """
    pairs = list(workflow.config_settings.config_args or [])
    return pairs, [*workflow.configfiles, *workflow.overwrite_configfiles]


@reach("naming a configuration file that cannot be read", lambda: _NO_FILES)
def config_files(arguments: Sequence[str]) -> list[Path]:
    """The files of ``--configfile`` on a command line, or in a profile that it or a variable names.

    Reason: Snakemake reads them before the Snakefile, and ends in a traceback when it cannot.
    Seen in 9.27.1: ``snakemake.cli.parse_args``, which also says on stderr which profiles it uses.
    """
    from snakemake.cli import parse_args

    with redirect_stderr(io.StringIO()):
        _, options = parse_args(list(arguments))
    return list(map(Path, options.configfile or ()))


@reach("the targets of the runs of slices", lambda: _NO_TARGETS)
def targets(workflow: Any) -> tuple[str, ...]:
    """The targets that were asked for; known once the DAG is built.

    Reason: a slice is made by a run of its own, which asks for what this one was asked for.
    Seen in 9.27.1: ``Workflow.dag_settings.targets``.
    """
    return tuple(map(str, workflow.dag_settings.targets))


@reach("naming the targets there are", lambda: _NO_TARGETS)
def known_targets(workflow: Any) -> tuple[str, ...]:
    """The rules that make no file of their own, which a person asks for by name.

    Reason: of a misspelt target Snakemake says that no rule produces it.
    Seen in 9.27.1: ``Workflow.rules``, ``Rule.output``.
    """
    return tuple(rule.name for rule in workflow.rules if not rule.output)


@reach("telling when --until would make nothing", lambda: _NO_TARGETS)
def until(workflow: Any) -> tuple[str, ...]:
    """The rules and files that ``--until`` names; known once the DAG is built.

    Reason: behind a checkpoint it makes nothing, and Snakemake does not say so.
    Seen in 9.27.1: ``Workflow.dag_settings``, a ``DAGSettings``.
    """
    return tuple(map(str, workflow.dag_settings.until))


@reach("passing the options of this run on to commands", Options)
def typed_options(workflow: Any) -> Options:
    """The options that choose an experiment, with absolute paths of configuration files.

    Reason: a command that is proposed at the end, or the run of a slice, would be of another
    experiment without them.
    Seen in 9.27.1: ``Workflow.overwrite_workdir``, ``overwrite_configfiles``,
    ``config_settings.config_args``.
    """
    return Options(
        directory=str(workflow.overwrite_workdir or ""),
        configfiles=tuple(str(Path(path).absolute()) for path in workflow.overwrite_configfiles),
        config=tuple(workflow.config_settings.config_args or ()),
        again=os.environ.get(AGAIN_VARIABLE, ""),
    )


@reach("asking again for what -f, -F and -R name", Forces)
def forces(workflow: Any) -> Forces:
    """What the user asks for by force; known once the DAG is built.

    Reason: a job is not told why it runs, and only a forced one may buy an answer again.
    Seen in 9.27.1: ``Workflow.dag_settings``, a ``DAGSettings``.
    """
    settings = workflow.dag_settings
    targets = tuple(settings.targets) if settings.forcetargets else ()
    return Forces(bool(settings.forceall), targets, tuple(settings.forcerun))


@reach("telling the process of a job from that of the run", lambda: True)
def is_main_process(workflow: Any) -> bool:
    """Whether this is the process that a person started, and no child of it that runs one job.

    Reason: only that one knows targets and forces, and it alone plans, decides and reports.
    Seen in 9.27.1: ``Workflow.is_main_process``; there while the Snakefile is read.
    """
    return bool(workflow.is_main_process)


@reach("telling a dry run from a run", lambda: False)
def is_dry_run(workflow: Any) -> bool:
    """Whether nothing is to be made (``-n``); False while the Snakefile is read.

    Reason: a dry run must write nothing, not even what the configuration asks for.
    Seen in 9.27.1: ``Workflow.dryrun``.
    """
    return bool(workflow.dryrun)


@reach("telling --touch from a run", lambda: False)
def is_touch(workflow: Any) -> bool:
    """Whether files are to be dated only (``--touch``); False while the Snakefile is read.

    Reason: such a run buys nothing, so that it needs neither plan nor keys.
    Seen in 9.27.1: ``Workflow.touch``.
    """
    return bool(workflow.touch)
