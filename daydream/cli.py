"""The ``daydream`` command: looks at an experiment and never calls a model; ``snakemake`` does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from daydream import __version__
from daydream.errors import DaydreamError
from daydream.layout import STAGES
from daydream.project import Project
from daydream.settings import load_config

Command = Callable[[Project, argparse.Namespace], Iterator[str]]


def prompts(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Render every prompt whose parent exists, without a call."""
    from daydream.preview import preview_prompts

    return preview_prompts(project, arguments.stages or STAGES, arguments.show)


def concepts(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """List the concepts that contain some words, with the levels they have."""
    from daydream.concept_index import search

    return search(project.design.catalog, project.layout, arguments.words)


def leaderboard(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Show which combinations, templates and models scored best."""
    from daydream.leaderboard import show

    return show(project.layout, project.cohort, arguments.top)


def build_parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    parser = argparse.ArgumentParser(prog="daydream", description=__doc__)
    parser.add_argument("--version", action="version", version=f"daydream {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    sub = _add(commands, "prompts", prompts)
    sub.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}")
    sub.add_argument("--show", action="store_true", help="print the prompts themselves")
    sub = _add(commands, "concepts", concepts)
    sub.add_argument("words", nargs="*", metavar="WORD", help="all of these must occur")
    sub = _add(commands, "leaderboard", leaderboard)
    sub.add_argument("--top", type=int, default=5, help="rows of each list (default 5)")
    return parser


def _add(commands: argparse._SubParsersAction, name: str, run: Command) -> argparse.ArgumentParser:  # type: ignore[type-arg]  # the class has no public name
    sub: argparse.ArgumentParser = commands.add_parser(
        name, help=run.__doc__, description=run.__doc__
    )
    sub.set_defaults(run=run)
    sub.add_argument("--directory", "-d", help="the working directory, as snakemake has it")
    sub.add_argument("--configfile", nargs="+", type=Path, default=[], help="as snakemake has it")
    sub.add_argument("--config", "-C", nargs="+", default=[], metavar="KEY=VALUE")
    return sub


def open_project(arguments: argparse.Namespace) -> Project:
    """The experiment that the common options name.

    Raises:
        DaydreamError: when configuration or catalogs cannot be used.
    """
    files = [path.absolute() for path in arguments.configfile]
    if arguments.directory:
        os.chdir(arguments.directory)
    return Project(load_config(files, _values(arguments.config)))


def _values(pairs: Sequence[str]) -> dict[str, object]:
    import yaml

    values = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise DaydreamError(f"--config {pair}: write key=value.")
        values[key] = yaml.safe_load(value)
    return values


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = build_parser().parse_args(argv)
    try:
        for line in arguments.run(open_project(arguments), arguments):
            print(line)
    except DaydreamError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
