"""Commands that a person may type next, with the options that this process was started with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from daydream.store.failures import Failure
from daydream.store.layout import JUDGING, Layout
from daydream.store.ledger import read_attempts

AGAIN_VARIABLE = "DAYDREAM_AGAIN"
"""Holds, in a job of a cluster, the command that a person types to have its work done again."""

UNUSABLE = ("ParseError", "AnswerError")
LOOKED_AT = 100  # ledgers, of thousands of failures


@dataclass(frozen=True)
class Options:
    """The options that choose an experiment, as they were typed; ``snakemake`` has the same.

    ``again`` is what to type to try once more, where that is not ``snakemake`` with these options:
    a job of a cluster was submitted.
    """

    directory: str = ""
    configfiles: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    again: str = ""

    def of_the_whole(self) -> Options:
        """The same without a slice, for what is not done in slices."""
        pairs = tuple(pair for pair in self.config if not pair.startswith("slice="))
        return replace(self, config=pairs)

    def command(self, program: str, *arguments: str, config: Sequence[str] = ()) -> str:
        """A command line with these options.

        Args:
            program: its first words, such as ``daydream plan``.
            arguments: what follows them.
            config: further pairs for ``--config``.
        """
        pairs = (*self.config, *config)
        options = [
            *(("--directory", self.directory) if self.directory else ()),
            *(("--configfile", *self.configfiles) if self.configfiles else ()),
            *(("--config", *pairs) if pairs else ()),
        ]
        return " ".join([program, *map(shlex.quote, (*arguments, *options))])


class NextStep(NamedTuple):
    """A command that a person may type after failures, and its effect."""

    command: str
    effect: str


def next_steps(failures: Sequence[Failure], layout: Layout, options: Options) -> list[NextStep]:
    """The commands that help after these failures; none when nothing failed."""
    if not failures:
        return []
    again = options.again or options.command("snakemake")
    options = options.of_the_whole()
    steps = [NextStep(again, "try again; answers that were paid are reused")]
    # Asking again for an answer that was cut off would buy one that is cut off again.
    unusable = [failure for failure in failures if failure.kind in UNUSABLE]
    if unusable:
        target = layout.parsed(unusable[0].stage, unusable[0].gen_id)
        ask = options.command("snakemake", "-f", target)
        steps.append(NextStep(ask, "ask the model once more for this one"))
    steps += _judges_again(failures, layout, options)
    incomplete = options.command("snakemake", config=["allow_incomplete=true"])
    return [*steps, NextStep(incomplete, "make the tables from what is there")]


def _judges_again(
    failures: Sequence[Failure], layout: Layout, options: Options
) -> Iterator[NextStep]:
    """How several judges whose answers have no result are asked once more, all of them."""
    without_score = [
        failure for failure in failures if failure.kind == "ParseError" and failure.stage in JUDGING
    ]
    if len(without_score) < 2:
        return
    answers = [
        _answers(layout.generation(failure.stage, failure.gen_id))
        for failure in without_score[:LOOKED_AT]
    ]
    pairs = tuple(pair for pair in options.config if not pair.startswith("resample="))
    again = replace(options, config=pairs).command("snakemake", config=[f"resample={max(answers)}"])
    yield NextStep(again, "ask every judge without a result once more")


def _answers(folder: str) -> int:
    """How often a generation was answered as it is asked now."""
    answers = [attempt.fingerprint for attempt in read_attempts(folder) if attempt.is_answer]
    return max(1, answers.count(answers[-1]) if answers else 0)
