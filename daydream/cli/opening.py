"""What a command works on, opened from the options that every command has."""

from __future__ import annotations

import argparse
import os
import re
from typing import TYPE_CHECKING, Any

from daydream.errors import DaydreamError
from daydream.experiment.config_file import load_config, own_files, read_pairs
from daydream.experiment.next_steps import Options
from daydream.experiment.settings import Settings
from daydream.store.index import find_cohort
from daydream.store.layout import Layout
from daydream.workflow.project import Project

if TYPE_CHECKING:
    from daydream.archive.verify.run import Subject

Opened = tuple[dict[str, Any], Settings]


def own_options(arguments: argparse.Namespace) -> Options:
    """The common options that a command was given, for the commands that it proposes."""
    files = tuple(map(str, arguments.configfile))
    return Options(arguments.directory or "", files, tuple(arguments.config))


def with_own_options(line: str, arguments: argparse.Namespace) -> str:
    """A line whose last words propose a command, with the options that this one was given."""
    if not hasattr(arguments, "configfile"):
        return line
    options = own_options(arguments)
    return _PROPOSED.sub(lambda found: options.command(found[0]), line)


_PROPOSED = re.compile(r"(?<=: )(?:snakemake|daydream)(?: [a-z_-]+)*$")


def open_project(arguments: argparse.Namespace) -> Project:
    """The experiment that the common options name.

    Raises:
        DaydreamError: when configuration or catalogs cannot be used.
    """
    return Project(open_config(arguments)[0])


def open_cohort(arguments: argparse.Namespace) -> Project:
    """The experiment that the common options name, or another cohort of its data root to be read.

    Raises:
        DaydreamError: when configuration or catalogs cannot be used, or there is no such cohort.
    """
    config, settings = open_config(arguments)
    if arguments.read_cohort:
        name = find_cohort(Layout(settings.data_root), arguments.read_cohort)
        config = {**config, "cohort": name}
    return Project(config)


def open_config(arguments: argparse.Namespace) -> Opened:
    """The configuration that the common options name, checked, before any catalog is read.

    Raises:
        DaydreamError: when it cannot be used.
    """
    files = arguments.configfile = [path.absolute() for path in arguments.configfile]
    if arguments.directory:
        _go_to(arguments.directory)
    config = load_config([*own_files(), *files], read_pairs(arguments.config))
    return config, Settings.from_config(config)


def _go_to(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise DaydreamError(f"--directory {directory}: {error.strerror}.") from error


def open_subject(arguments: argparse.Namespace) -> Subject:
    """What ``verify`` is to check: an archive, or the experiment that the common options name.

    Raises:
        DaydreamError: when it cannot be opened.
    """
    from daydream.archive.verify.run import Subject, open_archive

    if arguments.archive is None:
        project = open_project(arguments)
        return Subject(project.layout.root, project)
    files = [path.absolute() for path in arguments.configfile]
    return open_archive(arguments.archive, read_pairs(arguments.config), files)
