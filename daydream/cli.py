"""The ``daydream`` command: looks at an experiment and never calls a model; ``snakemake`` does."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from daydream import __version__
from daydream.errors import DaydreamError
from daydream.layout import STAGES
from daydream.project import FORCED_VARIABLE, Project, forced_targets
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


def status(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Count what of the cohort is wanted, done, missing and failed, by stage and model."""
    from daydream import status

    counts = status.count_states(project.layout, project.membership)
    told = (project.cohort, counts, project.design.is_stale())
    return _as_json(status.as_json(*told)) if arguments.json else status.describe(*told)


def failures(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Say what of the cohort failed and why, grouped by cause."""
    from daydream import failures

    missing = failures.find_missing(project.layout, project.membership)
    told = (missing, project.layout, project.cohort)
    if arguments.targets:
        return (project.layout.parsed(f.stage, f.gen_id) for f in missing.failures)
    return _as_json(failures.as_json(*told)) if arguments.json else failures.report(*told)


def spend(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Add up calls, tokens and USD by cohort, stage and model, and what of it was wasted."""
    from daydream.spend import of_cohort, of_store, spending
    from daydream.spend_report import as_json, describe

    layout, cohort = project.layout, None if arguments.all else project.cohort
    asked = of_store(layout) if arguments.all else of_cohort(project.membership)
    spent = spending(layout, asked)
    title = f"Cohort {cohort}" if cohort else f"Every generation in {layout.under('gens')}"
    return _as_json(as_json(spent, cohort)) if arguments.json else describe(spent, title)


def show(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Show a generation with its concepts, ancestors and children, texts included."""
    from daydream.show import show

    return show(project.layout, project.design.catalog, arguments.gen_id)


def query(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Ask SQL of the cohort's tables, its membership and the metadata of its generations."""
    from daydream import query

    result = query.query(project.layout, project.membership, arguments.sql)
    return query.as_csv(result) if arguments.csv else query.aligned(result)


def plan(project: Project, arguments: argparse.Namespace) -> Iterator[str]:
    """Price what snakemake would do with these targets and options, and say why it would."""
    from daydream.dry_run import dry_run
    from daydream.plan import describe
    from daydream.planning import make_plan
    from daydream.wanted import from_jobs

    force = (arguments.forceall, arguments.force, arguments.targets, arguments.forcerun)
    os.environ[FORCED_VARIABLE] = forced_targets(*force)
    jobs = dry_run(_as_snakemake_has_them(arguments))
    return describe(make_plan(project, from_jobs(project, jobs)))


def _as_snakemake_has_them(arguments: argparse.Namespace) -> Iterator[str]:
    yield from arguments.targets
    for name in ("configfile", "config", "forcerun"):
        values = map(str, getattr(arguments, name))
        yield from (f"--{name}", *values) if getattr(arguments, name) else ()
    yield from (f"--{name}" for name in ("force", "forceall") if getattr(arguments, name))


def _as_json(content: object) -> Iterator[str]:
    yield json.dumps(content, indent=2, ensure_ascii=False)


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
    sub.add_argument("--top", type=_count, default=5, help="rows of each list (default 5)")
    sub = _add(commands, "status", status)
    sub.add_argument("--json", action="store_true", help="for a program")
    sub = _add(commands, "failures", failures)
    form = sub.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for a program")
    form.add_argument(
        "--targets",
        action="store_true",
        help="only the paths, to buy each once more: snakemake -f $(daydream failures --targets)",
    )
    sub = _add(commands, "spend", spend)
    sub.add_argument("--json", action="store_true", help="for a program")
    sub.add_argument("--all", action="store_true", help="every generation, not the cohort's only")
    sub = _add(commands, "show", show)
    sub.add_argument("gen_id", metavar="GEN_ID", help="an id, its beginning, or a path with it")
    sub = _add(commands, "query", query)
    sub.add_argument(
        "sql", metavar="SQL", help='such as "FROM parsed_scores"; SHOW TABLES lists what there is'
    )
    sub.add_argument("--csv", action="store_true", help="for a program")
    sub = _add(commands, "plan", plan)
    sub.add_argument("targets", nargs="*", metavar="TARGET", help="as snakemake has them")
    sub.add_argument("-f", "--force", action="store_true", help="buy the targets again")
    sub.add_argument("-F", "--forceall", action="store_true", help="buy everything again")
    sub.add_argument(
        "-R", "--forcerun", nargs="+", default=[], help="buy again what these rules or files make"
    )
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _add(commands: argparse._SubParsersAction, name: str, run: Command) -> argparse.ArgumentParser:  # type: ignore[type-arg]  # the class has no public name
    sub: argparse.ArgumentParser = commands.add_parser(
        name, help=run.__doc__, description=run.__doc__
    )
    sub.set_defaults(run=run)
    sub.add_argument("--directory", "-d", help="the working directory, as snakemake has it")
    sub.add_argument("--configfile", nargs="+", type=Path, default=[], help="as snakemake has it")
    sub.add_argument("--config", "-C", nargs="+", action="extend", default=[], metavar="KEY=VALUE")
    return sub


def open_project(arguments: argparse.Namespace) -> Project:
    """The experiment that the common options name.

    Raises:
        DaydreamError: when configuration or catalogs cannot be used.
    """
    files = arguments.configfile = [path.absolute() for path in arguments.configfile]
    if arguments.directory:
        _go_to(arguments.directory)
    return Project(load_config(files, _values(arguments.config)))


def _go_to(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise DaydreamError(f"--directory {directory}: {error.strerror}.") from error


def _values(pairs: Sequence[str]) -> dict[str, object]:
    import yaml

    values = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise DaydreamError(f"--config {pair}: write key=value.")
        try:
            values[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise DaydreamError(f"--config {pair}: the value is no YAML. Quote it.") from error
    return values


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = build_parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack characters that models use
    try:
        for line in arguments.run(open_project(arguments), arguments):
            print(line)
        sys.stdout.flush()  # here, or a reader that has left would be noticed too late to be caught
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (DaydreamError, OSError) as error:
        print(f"Error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
