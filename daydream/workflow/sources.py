"""The source files of parsers, which are sources of what they have read, and what stands for them.

A dozen files are an input of each evaluation, and Snakemake looks after each input of each job. So
one file stands for them, the *stamp*, which holds their hashes. It is written when a source has
changed, not when it was installed anew: an upgrade that leaves the parsers alone makes nothing old.
"""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from daydream.experiment.installation import PACKAGE
from daydream.store.files import modified_ns, write_json
from daydream.store.json_file import read_json
from daydream.store.layout import Layout, Stage, exists
from daydream.workflow.definitions import path_of_input

_PARSERS = PACKAGE / "parsers"


@functools.cache
def score_parser_sources() -> Sequence[str]:
    """The source files that decide which score an answer has."""
    return tuple(sorted(map(str, (*_PARSERS.glob("score*.py"), _PARSERS / "thinking.py"))))


@functools.cache
def verdict_parser_sources() -> Sequence[str]:
    """The source files that decide which verdict an answer has."""
    return tuple(sorted({*score_parser_sources(), str(_PARSERS / "verdict.py")}))


def parser_sources(stage: Stage) -> Sequence[str]:
    """The source files of the parser of a stage, where a mended one is to read answers again."""
    if stage == "evaluation":
        return score_parser_sources()
    return verdict_parser_sources() if stage == "comparison" else ()


def parser_stamp(layout: Layout, stage: Stage, dryrun: bool) -> dict[str, list[str]]:
    """The input that stands for the parser of a stage, brought up to date; none without a parser.

    The first stamp of a data root has the time of the newest source: whether what is there was read
    by these sources is not known otherwise. Where it cannot be written, the sources are the input.
    """
    sources = parser_sources(stage)
    if not sources:
        return {}
    try:
        return {"parser": [_stamp(layout.parser_stamp(stage), sources, dryrun)]}
    except OSError:
        return {"parser": list(sources)}


def _stamp(path: str, sources: Sequence[str], dryrun: bool) -> str:
    is_first, hashes = not exists(path), _hashes(sources)
    if not is_first and read_json(path) == hashes:
        return path
    path = path_of_input(path, dryrun)
    if is_first:
        _write_dated(path, hashes, _newest(sources))
    else:
        write_json(path, hashes)
    return path


def parser_changed_at(layout: Layout, stage: Stage) -> int:
    """When the parser of a stage was changed last, in nanoseconds; nothing is written."""
    sources = parser_sources(stage)
    if not sources:
        return 0
    path = layout.parser_stamp(stage)
    if not exists(path):
        return _newest(sources)
    is_current = read_json(path) == _hashes(sources)
    return (modified_ns(path) or 0) if is_current else time.time_ns()


def is_parser(layout: Layout, stage: Stage, path: str) -> bool:
    """Whether a file is a source of the parser of a stage, or stands for them."""
    return path in parser_sources(stage) or path.endswith(
        os.path.basename(layout.parser_stamp(stage))
    )


def _hashes(sources: Sequence[str]) -> Mapping[str, str]:
    return {
        os.path.basename(path): hashlib.sha256(Path(path).read_bytes()).hexdigest()
        for path in sources
    }


def _newest(sources: Sequence[str]) -> int:
    return max(modified_ns(path) or 0 for path in sources)


def _write_dated(path: str, hashes: Mapping[str, str], time_ns: int) -> None:
    """Write the stamp with a time of its own, which it has from the moment it is there."""
    sibling = f"{path}.{os.getpid()}.new"
    write_json(sibling, hashes)
    os.utime(sibling, ns=(time_ns, time_ns))
    os.replace(sibling, path)
