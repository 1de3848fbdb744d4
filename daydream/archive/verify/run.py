"""The run of all checks of `daydream verify`, on a data root or an archive."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from daydream.archive.export import CONFIG
from daydream.archive.unpack import unpack
from daydream.archive.verify.findings import MAX_FINDINGS, Check, Finding
from daydream.archive.verify.folder import StoredGeneration
from daydream.archive.verify.generation_checks import GenerationChecks
from daydream.archive.verify.manifest import RESTORE, check_folder, check_unpacked, read_manifest
from daydream.archive.verify.membership_checks import MembershipChecks
from daydream.archive.verify.report_checks import check_carried
from daydream.archive.verify.table_checks import check_parsed, check_tables
from daydream.errors import DaydreamError, VerificationError
from daydream.experiment.combinations import read_mappings
from daydream.experiment.settings import load_config
from daydream.generation.prompt_builder import PromptBuilder
from daydream.store.layout import STAGES, Stage
from daydream.store.membership import Member
from daydream.store.parameters import mixture, used_parameters
from daydream.store.status import STATES, count_states, total
from daydream.workflow.project import Project


@dataclass
class Subject:
    """What is verified: an experiment on disk, or one that came in an archive.

    ``files`` is what came of the archive's hashes. ``place`` is where it was unpacked, and goes
    when the subject does.
    """

    name: str
    project: Project | None
    files: Check | None = None
    place: tempfile.TemporaryDirectory[str] | None = None
    problem: str = ""

    def __post_init__(self) -> None:
        if self.project is not None:  # a changed membership is a finding, and no end
            self.project.membership_file.check_seal = False


def open_archive(path: str, values: Mapping[str, Any], overrides: Sequence[Path] = ()) -> Subject:
    """Open an archive, or a folder that one was unpacked to, with its own configuration.

    Args:
        path: the archive or folder.
        values: single values over its configuration.
        overrides: configuration files over it.

    Raises:
        ArchiveError: when it is none, or cannot be unpacked safely.
    """
    if os.path.isdir(path):
        manifest = read_manifest(path, path)
        return _opened(path, path, manifest.cohort, check_folder(path, manifest), values, overrides)
    place = tempfile.TemporaryDirectory(prefix="daydream-")
    unpacked = unpack(path, place.name)
    manifest = read_manifest(unpacked.folder, path)
    check = check_unpacked(unpacked.folder, unpacked.files, manifest)
    subject = _opened(path, unpacked.folder, manifest.cohort, check, values, overrides)
    subject.place = place
    return subject


def _opened(
    name: str,
    folder: str,
    cohort: str,
    files: Check,
    values: Mapping[str, Any],
    overrides: Sequence[Path],
) -> Subject:
    own = {**values, "data_root": folder, "cohort": cohort}
    try:
        config = load_config([Path(folder, CONFIG), *overrides], own)
        return Subject(name, Project(config), files)
    except DaydreamError as error:
        return Subject(name, None, files, problem=str(error))


def checks(subject: Subject) -> Iterator[Check]:
    """Everything that can be checked, the quickest first."""
    if subject.files is not None:
        yield subject.files
    if subject.project is None:
        unusable = ("configuration and catalogs that can be used", subject.problem, RESTORE)
        finding = Finding(subject.name, *unusable)
        yield Check("experiments can be opened", checked=1, findings=[finding])
        return
    yield from check_generations(subject.project)
    yield check_parameters(subject.project)
    yield from check_parsed(subject.project)
    yield check_tables(subject.project)
    if subject.files is None:  # in an archive times tell nothing, and hashes tell of changes
        yield from check_carried(subject.project)


def check_generations(project: Project) -> list[Check]:
    """The roster, and each made generation against what it was made from."""
    rows, generations = tools(project)
    ids = Check("ids are the hashes of what they stand for").add_all(rows.check_combos())
    ids.add_all(rows.check_parents())
    ids.add_all(rows.check_complete(project.design))
    ids.add_all(rows.check_seal())
    metadata = Check("metadata.json say what the membership says")
    prompts = Check("prompts have the hash that their metadata.json tells")
    rendered = Check("prompts are what their templates and parents render to")
    requests = Check("answers in ledgers were given to these prompts")
    answers = Check("raw.txt are answers in their ledgers, as metadata.json tells")
    parsed = Check("parsed.txt are what the parsers take from raw.txt, or copies of their drafts")
    for stage in STAGES:
        for member in project.membership.stage(stage):
            stored = StoredGeneration(project.layout, member)
            ids.add(rows.check_id(stored))
            if stored.parsed is None:
                continue
            metadata.add(rows.check_metadata(stored))
            parsed.add(generations.check_parsed(stored))
            if not generations.is_copy(stored):
                prompts.add(generations.check_prompt(stored))
                rendered.add(generations.check_rendering(stored))
                answers.add(generations.check_answer(stored))
                requests.add(generations.check_fingerprint(stored))
    # An edited text comes before the prompts that no longer render to it.
    return [ids, metadata, parsed, answers, prompts, requests, rendered]


def check_parameters(project: Project) -> Check:
    """The answers of one stage and model have one temperature and one max_tokens."""
    check = Check("stages and models have one temperature and one max_tokens, or a note below")
    groups: dict[tuple[Stage, str], list[Member]] = {}
    for stage in STAGES:
        for member in project.membership.stage(stage):
            groups.setdefault((stage, member.llm_model_id), []).append(member)
    for (stage, model), members in groups.items():
        used = used_parameters(project.layout, members)
        if used:
            check.add(None)
        if mixed := mixture(used):
            check.notes.append(f"{stage}s by {model} mix {mixed}: one cell of a table has both")
    return check


def tools(project: Project) -> tuple[MembershipChecks, GenerationChecks]:
    """What checks the rows of a cohort, and what checks its generations.

    Combos are the design's, as their order in a prompt is, and else those remembered.
    """
    remembered, design = read_mappings(project.layout), project.design
    combos = {**remembered, **design.combo}
    everything = replace(design, combos=tuple(combos.values()))
    is_selection = design.selected is not None
    rows = MembershipChecks(project.layout, project.membership, remembered, is_selection)
    return rows, GenerationChecks(PromptBuilder(everything))


def verify(subject: Subject, show_all: bool = False) -> Iterator[str]:
    """Lines for a person.

    Raises:
        VerificationError: at the end, when something does not match.
    """
    project, wrong = subject.project, 0
    if project is not None:
        sums = total(count_states(project.layout, project.membership))
        yield (
            f"Cohort {project.cohort} in {subject.name}: {sums.done:,} of {sums.wanted:,} "
            f"generations are made, {sums.failed:,} failed, {sums.refused:,} were refused by the "
            f"budget, {sums.missing:,} are missing"
        )
    for check in checks(subject):
        yield from check.described(None if show_all else MAX_FINDINGS)
        wrong += len(check.findings)
    _conclude(wrong)


def verify_json(subject: Subject) -> Iterator[dict[str, Any]]:
    """The same for a program, in one object."""
    results, project = list(checks(subject)), subject.project
    wrong = sum(len(check.findings) for check in results)
    content: dict[str, Any] = {"ok": wrong == 0, "subject": subject.name}
    if project is not None:
        sums = total(count_states(project.layout, project.membership))
        content |= {"cohort": project.cohort}
        content |= {n: getattr(sums, n) for n in ("wanted", *STATES)}
    yield {**content, "checks": [check.as_json() for check in results]}
    _conclude(wrong)


def _conclude(wrong: int) -> None:
    if wrong:
        count = "1 thing does" if wrong == 1 else f"{wrong:,} things do"
        raise VerificationError(f"{count} not match. Each is named above, with what to do.")
