"""The membership of a cohort: one row per generation, with its parent."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypedDict

from daydream.errors import CohortError
from daydream.store.file_errors import file_error
from daydream.store.files import write_text
from daydream.store.ids import generation_id, sha256
from daydream.store.json_file import read_object
from daydream.store.layout import OPTIONAL_STAGES, STAGES, Stage

PATIENCE_S = 1.0

PARENT_STAGE: Mapping[Stage, Stage] = {
    "essay": "draft",
    "evaluation": "essay",
    "comparison": "essay",
}


class Member(NamedTuple):
    """One generation of a cohort, in the columns of ``membership.csv``.

    ``parent_gen_id`` is blank for drafts; ``replicate`` counts from 1. A comparison has two
    parents: the essay shown first and, in ``second_gen_id``, the one shown second; its combo is
    the first essay's. An essay that stands for another combo than its own, as a control, names the
    essay that it is in ``second_gen_id``.
    """

    stage: Stage
    gen_id: str
    cohort_id: str
    parent_gen_id: str
    combo_id: str
    template_id: str
    llm_model_id: str
    replicate: int
    second_gen_id: str = ""

    @property
    def parents(self) -> tuple[str, ...]:
        """The generations whose text its prompt shows, in their order."""
        return tuple(filter(None, (self.parent_gen_id, self.second_gen_id)))


CONTROL = "control-"  # begins the name of the source of an essay that is a control
IMPORT = "import"  # the template, and the mode, of an essay that was made elsewhere
OTHER_COMBO = f"{CONTROL}other_combo"  # the source of an essay that is judged for other concepts
SECOND = "second_gen_id"  # a column in cohorts with comparisons or other_combo controls only


def child_of(
    stage: Stage, parent: Member, template_id: str, model_id: str, replicate: int
) -> Member:
    """The generation that a template, a model and a replicate make of its parent."""
    gen_id = generation_id(stage, parent.gen_id, template_id, model_id, replicate)
    key = (parent.gen_id, parent.combo_id, template_id, model_id, replicate)
    return Member(stage, gen_id, parent.cohort_id, *key)


def is_control(member: Member) -> bool:
    """Whether an essay is a control of its cohort, which is judged and never ranked."""
    return member.template_id == IMPORT and member.llm_model_id.startswith(CONTROL)


def parent_stage(member: Member) -> Stage | None:
    """The stage of what a generation is made from; None for a draft."""
    if member.stage == "essay" and member.second_gen_id:
        return "essay"  # of another combo, to be judged in the place of one on its own
    return PARENT_STAGE.get(member.stage)


class Membership:
    """The members of one cohort, in the order in which it was made."""

    def __init__(self, cohort_id: str, members: Iterable[Member]) -> None:
        self.cohort_id = cohort_id
        self.by_stage: dict[Stage, dict[str, Member]] = {stage: {} for stage in STAGES}
        for member in members:
            self.by_stage[member.stage][member.gen_id] = member

    def __len__(self) -> int:
        return sum(map(len, self.by_stage.values()))

    def stage(self, stage: Stage) -> Iterable[Member]:
        """The members of a stage."""
        return self.by_stage[stage].values()

    @property
    def essays(self) -> list[Member]:
        """The essays, without the controls that are judged beside them."""
        return [essay for essay in self.stage("essay") if not is_control(essay)]

    @property
    def compares(self) -> bool:
        """Whether the cohort compares essays."""
        return bool(self.by_stage["comparison"])

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that the cohort has."""
        return tuple(s for s in STAGES if self.by_stage[s] or s not in OPTIONAL_STAGES)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of ``membership.csv``: of second essays only when there are some."""
        members = (member for stage in STAGES for member in self.stage(stage))
        has_second = any(member.second_gen_id for member in members)
        return tuple(name for name in Member._fields if has_second or name != SECOND)

    def member(self, stage: Stage, gen_id: str) -> Member:
        """One member.

        Raises:
            CohortError: when the cohort has no such generation.

        """
        try:
            return self.by_stage[stage][gen_id]
        except KeyError:
            raise CohortError(
                f"{stage} gen_id {gen_id} is not in cohort {self.cohort_id}. Look it up in its "
                "membership.csv, or choose the cohort that has it with --config cohort=NAME."
            ) from None

    def lineage(self, member: Member) -> dict[Stage, Member]:
        """A member and its ancestors, by stage; of a comparison, those of its first essay.

        An essay that was made elsewhere has a draft of which nothing is known.
        """
        line = {member.stage: member}
        while member.stage in PARENT_STAGE:
            if member.stage == "essay" and not member.parent_gen_id:
                line["draft"] = Member(
                    "draft", "", member.cohort_id, "", member.combo_id, "", "", 1
                )
                break
            member = self.member(PARENT_STAGE[member.stage], member.parent_gen_id)
            line[member.stage] = member
        return line

    def check_parents(self) -> None:
        """Every essay has its draft, every evaluation its essay and every comparison both.

        Raises:
            CohortError: naming the first orphan.

        """
        for stage in PARENT_STAGE:
            for member in self.stage(stage):
                of_stage = parent_stage(member) or "draft"
                parents = self.by_stage[of_stage]
                if orphaned := [i for i in _needed(member) if i not in parents]:
                    raise CohortError(
                        f"cohort {self.cohort_id}: {stage} {member.gen_id} has the parent "
                        f"{orphaned[0]}, which is not among its {of_stage}s. "
                        "Make the membership again: snakemake -R cohort_membership."
                    )

    def write(self, path: str) -> Seal:
        """Write ``membership.csv``; returns what the manifest keeps of it."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        columns = self.columns
        writer.writerow(columns)
        for stage in STAGES:
            writer.writerows(member[: len(columns)] for member in self.stage(stage))
        text = buffer.getvalue()
        write_text(path, text)
        return seal_of(text, len(self))


def _needed(member: Member) -> tuple[str, ...]:
    """The parents that a generation must have; essays from elsewhere and controls have no draft."""
    if member.stage == "essay" and member.template_id == IMPORT and not member.parent_gen_id:
        return member.parents
    return (member.parent_gen_id, *member.parents[1:])


class Seal(TypedDict):
    """The number of rows of a ``membership.csv`` and its SHA-256, as the manifest keeps them."""

    rows: int
    sha256: str


def seal_of(text: str, rows: int) -> Seal:
    """The seal of a membership's text."""
    return {"rows": rows, "sha256": sha256(text)}


def is_as_sealed(path: str) -> bool:
    """Whether ``membership.csv`` is the file that its manifest tells of; True without a seal."""
    membership, text = _read(path)
    return _sealed(path) in (None, seal_of(text, len(membership)))


def read_membership(path: str, check_seal: bool = True) -> Membership:
    """Read ``membership.csv`` and hold it against the seal in the manifest beside it.

    Manifests of version 0.1.0 have no seal, and then there is nothing to hold it against.
    ``check_seal=False`` is for a verification, which names what does not match itself.

    Raises:
        CohortError: when it is missing, was damaged or was changed after it was written.

    """
    patience = time.monotonic() + PATIENCE_S
    while True:
        membership, text = _read(path)
        sealed = _sealed(path)
        if not check_seal or sealed is None or sealed == seal_of(text, len(membership)):
            return membership
        if time.monotonic() > patience:
            raise CohortError(
                f"{path} was cut or changed after it was written: it has {len(membership)} rows, "
                f"and the manifest beside it tells of {sealed.get('rows')} and their hash. "
                "Make it again: snakemake -R cohort_membership"
            )
        time.sleep(0.05)  # another run may be writing the two files just now


def _sealed(path: str) -> Mapping[str, object] | None:
    # A damaged manifest is made again by its own rule.
    sealed = read_object(Path(path).parent / "manifest.json").get("membership")
    return sealed if isinstance(sealed, dict) else None


def _read(path: str) -> tuple[Membership, str]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        raise CohortError(
            f"{path} does not exist: this cohort was not made yet. Make it: snakemake cohort"
        ) from None
    except OSError as error:
        raise CohortError(str(file_error(error))) from error
    except UnicodeDecodeError as error:
        raise _damaged(path, str(error)) from error
    reader = csv.DictReader(io.StringIO(text))
    try:
        members = [_member(row) for row in reader]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise _damaged(f"{path}, line {reader.line_num}", str(error)) from error
    cohort_id = members[0].cohort_id if members else Path(path).parent.name
    return Membership(cohort_id, members), text


def _damaged(where: str, why: str) -> CohortError:
    return CohortError(
        f"{where} cannot be read: {why}. Make the file again: snakemake -R cohort_membership"
    )


def _member(row: Mapping[str, str]) -> Member:
    stage = STAGES[STAGES.index(row["stage"])]
    fields = {name: row[name] for name in Member._fields[1:-2]}
    second = row.get(SECOND) or ""
    return Member(stage=stage, **fields, replicate=int(row["replicate"]), second_gen_id=second)
