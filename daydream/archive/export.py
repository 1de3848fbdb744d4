"""``daydream export``: a cohort as one archive that needs nothing else to be checked or run again.

Unpacked it is a data root with what the cohort rests on, beside a manifest of hashes.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

from daydream.archive.effective import effective_config
from daydream.archive.stored import cohort_files
from daydream.archive.zip_files import Entry, Writer, digest_file, writing
from daydream.generation.versions import versions
from daydream.store.layout import STAGES, Layout, exists
from daydream.store.membership import Membership
from daydream.store.status import STATES, Count, count_states, total
from daydream.workflow.project import Project

FORMAT, VERSION = "daydream-archive", 1
MANIFEST, SUMS, README, CONFIG = "MANIFEST.json", "SHA256SUMS", "README.txt", "config.yaml"
_MADE_WITH = ("daydream_version", "git_commit", "git_dirty")
_RESULTS = ("5_parsing", "6_summary", "8_report")


def export(project: Project, output: str | None = None) -> Iterator[str]:
    """Write a cohort's archive and say what is in it and what is not.

    Args:
        project: the experiment; its cohort is written.
        output: the archive's path; ``<cohort_id>.zip`` when there is none.

    Raises:
        CohortError: when the cohort was not made.
        ArchiveError: when a file cannot be taken along, or the archive not be written.
    """
    membership, cohort = project.membership, project.cohort
    counts = count_states(project.layout, membership)
    path = output or f"{cohort}.zip"
    with writing(path, cohort) as archive:
        _fill(archive, project, membership, counts, os.path.abspath(path))
    whole = digest_file(path)
    yield f"{path}: {len(archive.entries):,} files, {whole.bytes:,} bytes"
    yield f"sha256 {whole.sha256}"
    yield from _summary(project.layout, cohort, total(counts), archive.entries)
    yield f"To check it: daydream verify {shlex.quote(path)}"


def _summary(layout: Layout, cohort: str, sums: Count, entries: Sequence[Entry]) -> Iterator[str]:
    yield f"Cohort {cohort}: {sums.done:,} of {sums.wanted:,} generations are made."
    if sums.done < sums.wanted:
        lacking = f"{sums.failed:,} failed, {sums.missing:,} missing"
        yield f"INCOMPLETE: {lacking}. The archive has what there is. To make the rest: snakemake"
    tops = {entry.path.partition("/")[0] for entry in entries}
    if absent := [name for name in _RESULTS if name not in tops]:
        places = ", ".join(layout.under(name, cohort) for name in absent)
        yield f"Not in it, as it was not made: {places}"
    yield from _older(layout, cohort)
    yield f"Not in it, as it is of the whole store: {layout.under('7_cross_experiment')}"


def _older(layout: Layout, cohort: str) -> Iterator[str]:
    """The report tells what the scores were when it was made."""
    report, scores = layout.report(cohort), layout.scores(cohort)
    both = exists(report) and exists(scores)
    if both and os.stat(report).st_mtime_ns < os.stat(scores).st_mtime_ns:
        yield f"OLD: {report} is older than the scores. To make it again: snakemake report"


def _fill(
    archive: Writer, project: Project, membership: Membership, counts: list[Count], own: str
) -> None:
    layout, cohort = project.layout, project.cohort
    for path in sorted(cohort_files(layout, cohort, membership)):
        source = layout.under(path)
        if os.path.abspath(source) != own:
            with open(source, "rb") as file:
                archive.add(path, file.read())
    config = effective_config(project.settings, cohort, cohort)
    archive.add(CONFIG, yaml.safe_dump(config, sort_keys=False).encode())
    archive.add(README, _readme(cohort, total(counts)).encode())
    header = _header(cohort, counts, config)
    archive.add_parts(MANIFEST, manifest_text(header, list(archive.entries)))
    archive.add_parts(SUMS, sums_text(list(archive.entries)))


def _header(cohort: str, counts: Iterable[Count], config: dict[str, Any]) -> dict[str, Any]:
    made_with = {name: versions()[name] for name in _MADE_WITH}
    return {
        "format": FORMAT,
        "version": VERSION,
        "cohort_id": cohort,
        "made_with": made_with,
        "generations": _by_stage(counts),
        "configuration": config,
    }


def _by_stage(counts: Iterable[Count]) -> dict[str, dict[str, int]]:
    sums = {stage: total([c for c in counts if c.stage == stage]) for stage in STAGES}
    names = ("wanted", *STATES)
    return {
        stage: {name: getattr(count, name) for name in names}
        for stage, count in sums.items()
        if count.wanted
    }


def manifest_text(header: dict[str, Any], entries: Iterable[Entry]) -> Iterator[str]:
    """``MANIFEST.json``, a line for each file; the whole may be larger than memory is free."""
    yield json.dumps(header, indent=2, ensure_ascii=False).removesuffix("\n}")
    separator = ',\n  "files": {\n'
    for entry in entries:
        digest = json.dumps({"sha256": entry.sha256, "bytes": entry.bytes})
        yield f"{separator}    {json.dumps(entry.path, ensure_ascii=False)}: {digest}"
        separator = ",\n"
    yield "\n  }\n}\n"


def sums_text(entries: Iterable[Entry]) -> Iterator[str]:
    """``SHA256SUMS``, as ``sha256sum --check`` reads it."""
    for entry in entries:
        yield f"{entry.sha256}  {entry.path}\n"


def _readme(cohort: str, sums: Count) -> str:
    incomplete = "" if sums.done == sums.wanted else _INCOMPLETE.format(sums=sums)
    return _README.format(cohort=cohort, sums=sums, incomplete=incomplete)


_INCOMPLETE = (
    "It is incomplete: {sums.failed} of them failed, {sums.refused} were refused by the budget and "
    "{sums.missing} were not made.\n"
)
_README = """\
Cohort {cohort} of a DayDreaming experiment, written by `daydream export`.

In such an experiment language models write drafts from combinations of concepts and essays from
the drafts, and other models score the essays. The cohort asks for {sums.wanted} generations, of
which {sums.done} are made.
{incomplete}
  1_raw/                   concepts, templates, models
  cohorts/<cohort_id>/     what was asked for, a row for each generation in membership.csv
  gens/<stage>/<gen_id>/   each generation: prompt.txt, raw.txt (the answer), parsed.txt (what is
                           used of it), metadata.json, attempts.jsonl (every call and its cost)
  5_parsing/, 6_summary/   the scores, and the tables made from them
  8_report/                index.html is the report to read
  config.yaml              the configuration; secrets such as values of headers are left out
  MANIFEST.json            size and SHA-256 of every file
  SHA256SUMS               the same for sha256sum

A folder that is not here was not made. Tables over several cohorts are not part of the archive.

To check that no file has changed, in this folder:

  sha256sum --check --quiet SHA256SUMS

To check that every number follows from the answers, with the daydream package:

  daydream verify ARCHIVE.zip         or, when unpacked: daydream verify FOLDER

To work with it, from the folder that holds this one. What was answered is not asked again:

  daydream status --configfile {cohort}/config.yaml
  snakemake --snakefile PATH/TO/Snakefile --configfile {cohort}/config.yaml
"""
