"""The ``daydream`` command: looks at an experiment and never calls a model; ``snakemake`` does."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from daydream import __version__
from daydream.cli import commands, opening, ratings
from daydream.cli.init import init
from daydream.errors import DaydreamError
from daydream.formats import printable
from daydream.store.file_errors import file_error
from daydream.store.layout import STAGES

Command = Callable[[Any, argparse.Namespace], Iterator[str]]


def build_parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    parser = argparse.ArgumentParser(prog="daydream", description=__doc__)
    parser.add_argument("--version", action="version", version=f"daydream {__version__}")
    group = parser.add_subparsers(required=True, metavar="COMMAND")
    sub = group.add_parser("init", help=init.__doc__, description=init.__doc__)
    sub.set_defaults(run=init, opened=lambda _: None)
    sub.add_argument("folder", type=Path, metavar="DIR", help="made when it is not there")
    sub = _add(group, "prompts", commands.prompts)
    sub.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}")
    sub.add_argument("--show", action="store_true", help="print the prompts themselves")
    sub = _add(group, "concepts", commands.concepts)
    sub.add_argument("words", nargs="*", metavar="WORD", help="all of these must occur")
    sub = _add_reading(group, "leaderboard", commands.leaderboard)
    sub.add_argument("--top", type=_count, default=5, help="rows of each list (default 5)")
    _add(group, "cohorts", commands.cohorts, opening.open_config)
    sub = _add(group, "compare", commands.compare, opening.open_config)
    for which in ("first", "second"):
        sub.add_argument(which, metavar="COHORT", help="a cohort, or the beginning of its name")
    sub = _add_reading(group, "methods", commands.methods)
    sub.add_argument("--sources", action="store_true", help="the query behind each number")
    sub = _add_reading(group, "status", commands.status)
    form = sub.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for a program")
    form.add_argument(
        "--watch", action="store_true", help="go on until no run is under way, on whichever host"
    )
    _add(group, "doctor", commands.doctor)
    sub = _add(group, "serve", commands.serve, opening.open_config)
    sub.add_argument("endpoint", metavar="ENDPOINT", help="that has serve and serve_once")
    sub = _add_reading(group, "failures", commands.failures)
    form = sub.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for a program")
    form.add_argument(
        "--targets",
        action="store_true",
        help="only the paths, to buy each once more: snakemake -f $(daydream failures --targets)",
    )
    sub = _add_reading(group, "spend", commands.spend)
    sub.add_argument("--json", action="store_true", help="for a program")
    sub.add_argument("--all", action="store_true", help="every generation, not the cohort's only")
    sub = _add(group, "show", commands.show)
    sub.add_argument("gen_id", metavar="GEN_ID", help="an id, its beginning, or a path with it")
    sub = _add_reading(group, "query", commands.query)
    sub.add_argument(
        "sql", metavar="SQL", help='such as "FROM parsed_scores"; SHOW TABLES lists what there is'
    )
    sub.add_argument("--csv", action="store_true", help="for a program")
    sub = _add(group, "plan", commands.plan)
    sub.add_argument("targets", nargs="*", metavar="TARGET", help="as snakemake has them")
    sub.add_argument("-f", "--force", action="store_true", help="buy the targets again")
    sub.add_argument("-F", "--forceall", action="store_true", help="buy everything again")
    sub.add_argument(
        "-R", "--forcerun", nargs="+", default=[], help="buy again what these rules or files make"
    )
    sub = _add(group, "design", commands.design, opening.open_config)
    sub.add_argument(
        "spec", nargs="?", metavar="SPEC", help="a cohort, or a file (default: the cohort's own)"
    )
    sub.add_argument("--limit", type=_count, metavar="N", help="rows to show (default: 20, or all)")
    sub.add_argument("--format", choices=("table", "csv", "jsonl"), default="table")
    sub.add_argument("--count", action="store_true", help="counts and cost, without the rows")
    sub.add_argument("--no-catalog", action="store_true", help="compile the spec file by itself")
    sub = _add(group, "ratings", ratings.ratings)
    ratings.add_arguments(sub)
    sub = _add(group, "import", commands.import_essays, opening.open_config)
    sub.add_argument("path", type=os.path.abspath, metavar="DIR|FILE.csv|FILE.jsonl")
    sub.add_argument("--source", required=True, metavar="NAME", help="who or what wrote them")
    sub = _add(group, "next", commands.next_round, opening.open_config)
    sub.add_argument("cohort", metavar="COHORT", help="the one whose scores are looked at")
    sub.add_argument("--n", type=_count, required=True, metavar="N", help="essays to keep")
    sub.add_argument("--name", metavar="NAME", help="of the next cohort (default COHORT_2)")
    sub = _add(group, "promote", commands.promote)
    sub.add_argument("essays", nargs="+", metavar="ESSAY", help="gen_ids of essays")
    sub = _add(group, "audit", commands.audit)
    sub.add_argument("what", choices=("judges",), help="whom to audit")
    sub.add_argument("--n", type=_count, default=4, metavar="N", help="essays (default 4)")
    sub = _add(group, "export", commands.export)
    sub.add_argument(
        "--output", type=os.path.abspath, metavar="FILE", help="(default <cohort_id>.zip)"
    )
    for name, run in (("push", commands.push), ("pull", commands.pull)):
        sub = _add(group, name, run, opening.open_config)
        sub.add_argument(
            "address", nargs="?", metavar="s3://BUCKET/PREFIX", help="(default: the key `store`)"
        )
        sub.add_argument(
            "--overwrite", action="store_true", help="replace what was edited on both sides"
        )
    sub = _add(group, "snapshot", commands.snapshot, opening.open_config)
    sub.add_argument("cohorts", nargs="*", metavar="COHORT", help="(default: the configured one)")
    sub = _add(group, "verify", commands.verify, opening.open_subject)
    sub.add_argument(
        "archive",
        nargs="?",
        type=os.path.abspath,
        metavar="ARCHIVE",
        help="a file of daydream export, or the folder it was unpacked to (default: the data root)",
    )
    sub.add_argument("--score", metavar="GEN_ID", help="walk one evaluation's score back")
    sub.add_argument("--all", action="store_true", help="name all that does not match, not 20")
    sub.add_argument("--json", action="store_true", help="for a program")
    return parser


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return number


def _add(
    group: argparse._SubParsersAction,  # type: ignore[type-arg]  # the class has no public name
    name: str,
    run: Command,
    opened: Callable[[argparse.Namespace], Any] | None = None,
) -> argparse.ArgumentParser:
    sub: argparse.ArgumentParser = group.add_parser(name, help=run.__doc__, description=run.__doc__)
    sub.set_defaults(run=run, opened=opened or opening.open_project)
    sub.add_argument("--directory", "-d", help="the working directory, as snakemake has it")
    sub.add_argument("--configfile", nargs="+", type=Path, default=[], help="as snakemake has it")
    sub.add_argument("--config", "-C", nargs="+", action="extend", default=[], metavar="KEY=VALUE")
    return sub


def _add_reading(
    group: argparse._SubParsersAction,  # type: ignore[type-arg]  # the class has no public name
    name: str,
    run: Command,
) -> argparse.ArgumentParser:
    """A command that can look at any cohort of the data root."""
    sub = _add(group, name, run, opening.open_cohort)
    sub.add_argument(
        "--cohort",
        dest="read_cohort",
        metavar="NAME",
        help="another cohort, or the beginning of its name (daydream cohorts lists them)",
    )
    return sub


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = build_parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack characters that models use
    try:
        for line in arguments.run(arguments.opened(arguments), arguments):
            print(printable(line))  # texts of models and providers are among the lines
        sys.stdout.flush()  # here, or a reader that has left would be noticed too late to be caught
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the shell's prompt belongs on a line of its own
        return 130
    except (DaydreamError, OSError) as error:
        message = file_error(error) if isinstance(error, OSError) else error
        print(f"Error: {printable(' '.join(str(message).split()))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
