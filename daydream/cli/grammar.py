"""The grammar of the ``daydream`` command: its commands in the order of the work, their options."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

from daydream import __version__
from daydream.cli import commands, opening, ratings
from daydream.cli.init import init
from daydream.store.layout import STAGES

Command = Callable[[Any, argparse.Namespace], Iterator[str]]

SUMMARY = "Look at an experiment. No command calls a model to write or to judge; snakemake does."


class Chapter:
    """Commands that are listed together under a title; adds them to the command line."""

    def __init__(self, title: str, group: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]  # the class has no public name
        self.title = title
        self._group = group
        self._listed: dict[str, str] = {}

    def bare(self, name: str, run: Command) -> argparse.ArgumentParser:
        """A command without the options that choose an experiment.

        ``quotes`` tells that lines of its output are texts as they are stored.
        """
        explanation = (run.__doc__ or "").strip()
        self._listed[name] = explanation
        parser: argparse.ArgumentParser = self._group.add_parser(name, description=explanation)
        parser.set_defaults(run=run, quotes=False)
        return parser

    def command(
        self,
        name: str,
        run: Command,
        opened: Callable[[argparse.Namespace], Any] = opening.open_project,
    ) -> argparse.ArgumentParser:
        """A command that gets what ``opened`` makes of Snakemake's own options."""
        parser = self.bare(name, run)
        parser.set_defaults(opened=opened)
        parser.add_argument("--directory", "-d", help="the working directory, as snakemake has it")
        parser.add_argument(
            "--configfile", nargs="+", type=Path, default=[], help="as snakemake has it"
        )
        parser.add_argument(
            "--config", "-C", nargs="+", action="extend", default=[], metavar="KEY=VALUE"
        )
        return parser

    def reading(self, name: str, run: Command) -> argparse.ArgumentParser:
        """A command that can look at any cohort of the data root."""
        parser = self.command(name, run, opening.open_cohort)
        parser.add_argument(
            "--cohort",
            dest="read_cohort",
            metavar="NAME",
            help="another cohort, or the beginning of its name (daydream cohorts lists them)",
        )
        return parser

    def listing(self) -> str:
        """The title, and a line or two for each command."""
        rows = (
            fill(explanation, 90, initial_indent=f"  {name:13}", subsequent_indent=" " * 15)
            for name, explanation in self._listed.items()
        )
        return "\n".join([f"{self.title}:", *rows])


def build_parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    parser = argparse.ArgumentParser(
        prog="daydream",
        description=SUMMARY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"daydream {__version__}")
    group = parser.add_subparsers(required=True, metavar="COMMAND", help="see below")
    chapters = {
        "before a call is paid": _prepare,
        "while a run goes on, and when it has failed": _run,
        "what came out": _results,
        "people, other essays, a next experiment": _go_on,
        "keep, give away, check": _keep,
    }
    listings = []
    for title, add_commands in chapters.items():
        chapter = Chapter(title, group)
        add_commands(chapter)
        listings.append(chapter.listing())
    listings.append("daydream COMMAND --help lists the options of a command.")
    parser.epilog = "\n\n".join(listings)
    return parser


def _prepare(chapter: Chapter) -> None:
    sub = chapter.bare("init", init)
    sub.set_defaults(opened=lambda _: None)
    sub.add_argument("folder", type=Path, metavar="DIR", help="made when it is not there")
    sub = chapter.command("concepts", commands.concepts)
    sub.add_argument("words", nargs="*", metavar="WORD", help="all of these must occur")
    sub = chapter.command("design", commands.design, opening.open_config)
    sub.add_argument(
        "spec", nargs="?", metavar="SPEC", help="a cohort, or a file (default: the cohort's own)"
    )
    sub.add_argument("--limit", type=count, metavar="N", help="rows to show (default: 20, or all)")
    sub.add_argument("--format", choices=("table", "csv", "jsonl"), default="table")
    sub.add_argument("--count", action="store_true", help="counts and cost, without the rows")
    sub.add_argument("--no-catalog", action="store_true", help="compile the spec file by itself")
    sub = chapter.command("prompts", commands.prompts)
    sub.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}")
    sub.set_defaults(quotes=True)
    sub.add_argument("--show", action="store_true", help="print the prompts themselves")
    sub = chapter.command("plan", commands.plan)
    sub.add_argument("targets", nargs="*", metavar="TARGET", help="as snakemake has them")
    sub.add_argument("-f", "--force", action="store_true", help="buy the targets again")
    sub.add_argument("-F", "--forceall", action="store_true", help="buy everything again")
    sub.add_argument(
        "-R", "--forcerun", nargs="+", default=[], help="buy again what these rules or files make"
    )
    chapter.command("doctor", commands.doctor)


def _run(chapter: Chapter) -> None:
    sub = chapter.reading("status", commands.status)
    form = sub.add_mutually_exclusive_group()
    _as_json(form)
    form.add_argument(
        "--watch", action="store_true", help="go on until no run is under way, on whichever host"
    )
    sub = chapter.reading("failures", commands.failures)
    form = sub.add_mutually_exclusive_group()
    _as_json(form)
    form.add_argument(
        "--targets",
        action="store_true",
        help="only the paths, to buy each once more: snakemake -f $(daydream failures --targets)",
    )
    sub = chapter.reading("spend", commands.spend)
    _as_json(sub)
    sub.add_argument("--all", action="store_true", help="every generation, not the cohort's only")
    sub = chapter.command("serve", commands.serve, opening.open_config)
    sub.add_argument("endpoint", metavar="ENDPOINT", help="that has serve and serve_once")


def _results(chapter: Chapter) -> None:
    sub = chapter.reading("leaderboard", commands.leaderboard)
    sub.add_argument("--top", type=count, default=5, help="rows of each list (default 5)")
    sub = chapter.command("show", commands.show)
    sub.set_defaults(quotes=True)
    sub.add_argument("gen_id", metavar="GEN_ID", help="an id, its beginning, or a path with it")
    sub = chapter.reading("query", commands.query)
    sub.set_defaults(quotes=True)
    sub.add_argument(
        "sql", metavar="SQL", help='such as "FROM parsed_scores"; SHOW TABLES lists what there is'
    )
    sub.add_argument("--csv", action="store_true", help="for a program")
    sub = chapter.reading("methods", commands.methods)
    sub.add_argument("--sources", action="store_true", help="the query behind each number")
    chapter.command("cohorts", commands.cohorts, opening.open_config)
    sub = chapter.command("compare", commands.compare, opening.open_config)
    for which in ("first", "second"):
        sub.add_argument(which, metavar="COHORT", help="a cohort, or the beginning of its name")


def _go_on(chapter: Chapter) -> None:
    ratings.add_arguments(chapter.command("ratings", ratings.ratings))
    sub = chapter.command("audit", commands.audit)
    sub.add_argument("what", choices=("judges",), help="whom to audit")
    sub.add_argument("--n", type=count, default=4, metavar="N", help="essays (default 4)")
    sub = chapter.command("import", commands.import_essays, opening.open_config)
    sub.add_argument("path", type=os.path.abspath, metavar="DIR|FILE.csv|FILE.jsonl")
    sub.add_argument("--source", required=True, metavar="NAME", help="who or what wrote them")
    sub = chapter.command("next", commands.next_round, opening.open_config)
    sub.add_argument("cohort", metavar="COHORT", help="the one whose scores are looked at")
    sub.add_argument("--n", type=count, required=True, metavar="N", help="essays to keep")
    sub.add_argument("--name", metavar="NAME", help="of the next cohort (default COHORT_2)")
    sub = chapter.command("promote", commands.promote)
    sub.add_argument("essays", nargs="+", metavar="ESSAY", help="gen_ids of essays")


def _keep(chapter: Chapter) -> None:
    sub = chapter.command("snapshot", commands.snapshot, opening.open_config)
    sub.add_argument("cohorts", nargs="*", metavar="COHORT", help="(default: the configured one)")
    sub = chapter.command("export", commands.export)
    sub.add_argument(
        "--output", type=os.path.abspath, metavar="FILE", help="(default <cohort_id>.zip)"
    )
    sub = chapter.command("verify", commands.verify, opening.open_subject)
    sub.add_argument(
        "archive",
        nargs="?",
        type=os.path.abspath,
        metavar="ARCHIVE",
        help="a file of daydream export, or the folder it was unpacked to (default: the data root)",
    )
    sub.add_argument("--score", metavar="GEN_ID", help="walk one evaluation's score back")
    sub.add_argument("--all", action="store_true", help="name all that does not match, not 20")
    _as_json(sub)
    for name, run in (("push", commands.push), ("pull", commands.pull)):
        sub = chapter.command(name, run, opening.open_config)
        sub.add_argument(
            "address", nargs="?", metavar="s3://BUCKET/PREFIX", help="(default: the key `store`)"
        )
        sub.add_argument(
            "--overwrite", action="store_true", help="replace what was edited on both sides"
        )


def _as_json(to: argparse._ActionsContainer) -> None:
    to.add_argument("--json", action="store_true", help="for a program")


def count(text: str) -> int:
    """A whole number from 1 on, as an argument."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return number
