"""Checks of a membership: ids against what they stand for, rows against metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from daydream.archive.verify.findings import Finding, Outcome, Skip, clipped
from daydream.archive.verify.folder import StoredGeneration
from daydream.errors import CohortError
from daydream.experiment.cohort import Design
from daydream.experiment.combinations import Combo
from daydream.generation.metadata import identity
from daydream.store.ids import combo_id, copied_key, generation_id, imported_id
from daydream.store.json_file import read_object
from daydream.store.layout import Layout, exists
from daydream.store.membership import IMPORT, Member, Membership, is_as_sealed

AGAIN = "Restore the row, or make the roster again: snakemake -R cohort_membership"


@dataclass(frozen=True)
class MembershipChecks:
    """A cohort's rows, and every combo that the data root remembers.

    ``selected`` says that its essays were chosen from the store, and may come from anywhere.
    """

    layout: Layout
    membership: Membership
    remembered: dict[str, Combo]
    selected: bool

    def row(self, member: Member) -> str:
        """A row as a finding names it."""
        path = self.layout.relative(self.layout.membership(member.cohort_id))
        return f"{path}, row {member.gen_id}"

    @cached_property
    def is_foreign(self) -> bool:
        """Whether other software made the roster: not one id in it is the hash of its row."""
        rows = (m for members in self.membership.by_stage.values() for m in members.values())
        return not any(_own_id(member) == member.gen_id for member in rows)

    def check_id(self, stored: StoredGeneration) -> Outcome:
        """The id is the hash of what the row says."""
        member, expected = stored.member, _own_id(stored.member)
        if member.stage == "essay" and member.template_id == IMPORT:
            return self._check_imported(stored)
        if expected == member.gen_id:
            return None
        if self.is_foreign or (stored.parsed is not None and not stored.own_metadata):
            return Skip("made by other software, which has ids of its own")
        required = ", ".join((_parent(member), *map(str, _choices(member))))
        return Finding(self.row(member), f"the id {expected} for {required}", member.gen_id, AGAIN)

    def _check_imported(self, stored: StoredGeneration) -> Outcome:
        """The id of an essay from elsewhere is the hash of its source and its text.

        That of a control for another combo is of that combo and of the essay that it is.
        """
        text = (stored.parsed or b"").decode("utf-8", "replace")
        if stored.member.second_gen_id:
            text = copied_key(stored.member.combo_id, stored.member.second_gen_id)
        expected = imported_id(stored.member.llm_model_id, text)
        if expected == stored.member.gen_id:
            return None
        required = f"the id {expected} for this text from {stored.member.llm_model_id}"
        return Finding(
            stored.path("parsed.txt"), required, stored.member.gen_id, "Restore the text."
        )

    def check_seal(self) -> Iterator[Outcome]:
        """The file is the one whose rows and hash the manifest keeps."""
        path = self.layout.membership(self.membership.cohort_id)
        if exists(path) and not is_as_sealed(path):
            found = f"{len(self.membership)} rows that were cut or changed since"
            required = "the rows and the hash that manifest.json tells of"
            yield Finding(self.layout.relative(path), required, found, AGAIN)
        manifest = self.layout.manifest(self.membership.cohort_id)
        if exists(manifest) and not read_object(manifest):
            required = "a manifest that can be read"
            yield Finding(self.layout.relative(manifest), required, "none", AGAIN)

    def check_parents(self) -> Iterator[Outcome]:
        """Every row that needs a parent names one of the cohort."""
        try:
            self.membership.check_parents()
        except CohortError as error:
            path = self.layout.relative(self.layout.membership(self.membership.cohort_id))
            yield Finding(path, "parents that are in the cohort", str(error), AGAIN)

    def check_complete(self, design: Design) -> Iterator[Outcome]:
        """Nothing that the manifest asks for was left out of the roster, a low score say."""
        if self.is_foreign or not exists(self.layout.manifest(design.cohort_id)):
            return
        if design.is_stale():
            yield Skip("rows left out, as catalogs or configuration were changed since")
            return
        for member in design.members():
            if member.gen_id not in self.membership.by_stage[member.stage]:
                required = f"a row for {', '.join((_parent(member), *map(str, _choices(member))))}"
                yield Finding(self.row(member), required, "no such row", AGAIN)

    def check_metadata(self, stored: StoredGeneration) -> Outcome:
        """The folder's metadata say what the row says."""
        if stored.has_damaged_metadata:
            expected_and_found = ("the row's facts as JSON", "nothing that can be read")
            return Finding(stored.path("metadata.json"), *expected_and_found, again(stored))
        if not stored.own_metadata:
            return Skip("no metadata.json of this package")
        for name, value in identity(stored.member).items():
            if stored.own_metadata.get(name) != value:
                expected = f"{name} {clipped(str(value))}, as in the membership"
                found = clipped(str(stored.own_metadata.get(name)))
                return Finding(stored.path("metadata.json"), expected, found, again(stored))
        return None

    def check_combos(self) -> Iterator[Outcome]:
        """Every combo that the roster names is remembered under the hash of its concepts."""
        for name in sorted({member.combo_id for member in self.membership.stage("draft")}):
            yield self.check_combo(name)

    def check_combo(self, name: str) -> Outcome:
        """A combo is remembered under the hash of its concepts, or a name of its own."""
        path = self.layout.relative(self.layout.combo_mappings)
        combo = self.remembered.get(name)
        if combo is None:
            if self.selected:
                return Skip("combos that no cohort of this data root made")
            return Finding(f"{path}, {name}", "rows with its concepts", "no row", AGAIN)
        if not name.startswith("combo_v1_"):
            return Skip("combos with a name of their own")
        expected = combo_id(combo.concept_ids, combo.level, combo.k_max)
        if expected == name:
            return None
        required = f"the id {expected} for {', '.join(combo.concept_ids)}, {combo.level}"
        return Finding(f"{path}, {name}", required, name, "Restore the rows of this combo.")


def _own_id(member: Member) -> str:
    return generation_id(member.stage, _parent(member), *_choices(member))


def _parent(member: Member) -> str:
    return member.combo_id if member.stage == "draft" else "|".join(member.parents)


def _choices(member: Member) -> tuple[str, str, int]:
    return member.template_id, member.llm_model_id, member.replicate


def again(stored: StoredGeneration) -> str:
    """How a generation is made again."""
    path = stored.layout.parsed(stored.member.stage, stored.member.gen_id)
    return (
        f"Restore the file, or make the generation again from its ledger: "
        f"rm {path} && snakemake {path}"
    )
