"""A cohort's roster: one row per generation, with its parent."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from daydream.errors import CohortError
from daydream.files import write_text
from daydream.layout import STAGES, Stage

PARENT_STAGE: Mapping[Stage, Stage] = {"essay": "draft", "evaluation": "essay"}


class Member(NamedTuple):
    """One generation of a cohort, in the columns of ``membership.csv``.

    ``parent_gen_id`` is blank for drafts; ``replicate`` counts from 1.
    """

    stage: Stage
    gen_id: str
    cohort_id: str
    parent_gen_id: str
    combo_id: str
    template_id: str
    llm_model_id: str
    replicate: int


class Membership:
    """The roster of one cohort, in the order in which it was made."""

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
        """A member and its ancestors, by stage."""
        line = {member.stage: member}
        while member.stage in PARENT_STAGE:
            member = self.member(PARENT_STAGE[member.stage], member.parent_gen_id)
            line[member.stage] = member
        return line

    def check_parents(self) -> None:
        """Every essay has its draft and every evaluation its essay.

        Raises:
            CohortError: naming the first orphan.

        """
        for stage, parent_stage in PARENT_STAGE.items():
            parents = self.by_stage[parent_stage]
            for member in self.stage(stage):
                if member.parent_gen_id not in parents:
                    raise CohortError(
                        f"cohort {self.cohort_id}: {stage} {member.gen_id} has the parent "
                        f"{member.parent_gen_id}, which is not among its {parent_stage}s. "
                        "Make the membership again: snakemake -R cohort_membership."
                    )

    def write(self, path: str) -> None:
        """Write ``membership.csv``."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(Member._fields)
        for stage in STAGES:
            writer.writerows(self.stage(stage))
        write_text(path, buffer.getvalue())


def read_membership(path: str) -> Membership:
    """Read ``membership.csv``.

    Raises:
        CohortError: when it is missing or was damaged.

    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CohortError(
            f"{path} does not exist: this cohort was not made yet. Make it: snakemake cohort"
        ) from None
    except UnicodeDecodeError as error:
        raise _damaged(path, str(error)) from error
    reader = csv.DictReader(io.StringIO(text))
    try:
        members = [_member(row) for row in reader]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(f"{path}, line {reader.line_num}", str(error)) from error
    cohort_id = members[0].cohort_id if members else Path(path).parent.name
    return Membership(cohort_id, members)


def _damaged(where: str, why: str) -> CohortError:
    return CohortError(
        f"{where} cannot be read: {why}. Make the file again: snakemake -R cohort_membership"
    )


def _member(row: Mapping[str, str]) -> Member:
    stage = STAGES[STAGES.index(row["stage"])]
    fields = {name: row[name] for name in Member._fields[1:-1]}
    return Member(stage=stage, **fields, replicate=int(row["replicate"]))
