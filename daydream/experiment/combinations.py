"""Combinations of concepts: made from the catalog or curated, and remembered by id."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from daydream.errors import CatalogError, CohortError
from daydream.experiment.csv_rows import Row, read_table
from daydream.experiment.model import Catalog, Concept
from daydream.experiment.settings import Settings
from daydream.experiment.size import check_size, count_generations, count_subsets
from daydream.store.files import append_line, write_text
from daydream.store.ids import ORDERED, combo_id, ordered_combo_id
from daydream.store.layout import LEVELS, Layout, is_given
from daydream.store.locks import locked

COLUMNS = ("combo_id", "version", "concept_id", "description_level", "k_max", "created_at")

_MADE_HERE = ("combo_v1_", ORDERED)
_RESTORE = (
    "Or restore the file from a copy, or delete it: snakemake -R cohort_membership writes the rows "
    "of its cohort again."
)


@dataclass(frozen=True)
class Combo:
    """Some concepts in the order in which a prompt shows them, at one description level."""

    combo_id: str
    concept_ids: tuple[str, ...]
    level: str
    k_max: int

    @property
    def identity(self) -> tuple[tuple[str, ...], str, int]:
        """What the id stands for."""
        ids = self.concept_ids if self.combo_id.startswith(ORDERED) else sorted(self.concept_ids)
        return tuple(ids), self.level, self.k_max


def choose_combos(catalog: Catalog, settings: Settings, layout: Layout) -> list[Combo]:
    """The curated combos when their file is there, else all k-subsets in the CSV's row order.

    Raises:
        CatalogError: when there are fewer concepts than ``k_max``, or a curated row is wrong.
        CohortError: when more generations are asked for than ``max_generations``.

    """
    if is_given(layout.curated_combos):
        curated = choose_curated(catalog, settings, layout)
        count = count_generations(catalog, settings, len(curated))
        check_size(count, settings, layout.curated_combos)
        return curated
    _check_subsets(catalog, settings, layout)
    return _subsets(catalog.concepts, settings)


def _check_subsets(catalog: Catalog, settings: Settings, layout: Layout) -> None:
    path, n, k = layout.raw("concepts_metadata.csv"), len(catalog.concepts), settings.k_max
    if k > n:
        raise CatalogError(
            f"{path}: k_max is {k}, but only {n} concepts are active. Lower k_max, or set active "
            "to true for more concepts."
        )
    check_size(count_generations(catalog, settings, count_subsets(n, k)), settings, path)


def _subsets(concepts: tuple[Concept, ...], settings: Settings) -> list[Combo]:
    k, level = settings.k_max, settings.description_level
    subsets = combinations([concept.concept_id for concept in concepts], k)
    return [Combo(combo_id(ids, level, k), ids, level, k) for ids in subsets]


def choose_curated(catalog: Catalog, settings: Settings, layout: Layout) -> list[Combo]:
    """The combos of ``2_tasks/selected_combo_mappings.csv``.

    Raises:
        CatalogError: when a row is wrong, or there is none.

    """
    path = layout.curated_combos
    rows = read_table(path, ("combo_id", "concept_id"))
    if not rows:
        raise CatalogError(f"{path}: no combo. Add rows, or remove the file to use all k-subsets.")
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row.identifier("combo_id"), []).append(row)
    return [_curated_combo(catalog, settings, name, rows) for name, rows in by_id.items()]


def _curated_combo(catalog: Catalog, settings: Settings, name: str, rows: list[Row]) -> Combo:
    known = {concept.concept_id for concept in catalog.all_concepts}
    ids = []
    for row in rows:
        concept = row.filled("concept_id")
        if concept not in known:
            row.fail("concept_id", f"'{concept}' is not in concepts_metadata.csv", "Add it there.")
        if concept in ids:
            row.fail("concept_id", f"'{concept}' is twice in combo '{name}'", "Remove one.")
        ids.append(concept)
    level = rows[0].choice("description_level", LEVELS, settings.description_level)
    k = rows[0].whole_or_none("k_max") or len(ids)
    expected = combo_id(ids, level, k)
    if name.startswith("combo_v1_") and name != expected:
        rows[0].fail(
            "combo_id",
            f"'{name}' is not the id of {', '.join(ids)} at {level} with k_max {k}",
            f"Write {expected}, or a name of your own that does not begin with combo_v1_.",
        )
    return Combo(name, tuple(ids), level, k)


def read_mappings(layout: Layout) -> dict[str, Combo]:
    """Every combo that was ever made in this data root, by id.

    Raises:
        CatalogError: when the file was damaged; a combo that lost a concept would be another one.

    """
    path = layout.combo_mappings
    if not is_given(path):
        return {}
    by_id: dict[str, list[Row]] = {}
    try:
        for row in read_table(path, COLUMNS):
            by_id.setdefault(row.text("combo_id"), []).append(row)
    except CatalogError as error:
        raise CatalogError(f"{error} {_RESTORE}") from error
    combos = {name: _remembered(name, rows) for name, rows in by_id.items()}
    if torn := next(filter(_is_torn, combos.values()), None):
        raise CatalogError(
            f"{path}: the rows of {torn.combo_id} were cut, {len(torn.concept_ids)} of its "
            f"{torn.k_max} concepts are there. {_RESTORE}"
        )
    return combos


def _is_torn(combo: Combo) -> bool:
    """Whether a combo has fewer concepts than its id was made of; names of one's own are any."""
    if len(combo.concept_ids) >= combo.k_max or not combo.combo_id.startswith(_MADE_HERE):
        return False
    make = ordered_combo_id if combo.combo_id.startswith(ORDERED) else combo_id
    return make(combo.concept_ids, combo.level, combo.k_max) != combo.combo_id


def _remembered(name: str, rows: list[Row]) -> Combo:
    ids = tuple(dict.fromkeys(row.text("concept_id") for row in rows))
    k = rows[0].whole_or_none("k_max") or len(ids)
    return Combo(name, ids, rows[0].text("description_level"), k)


def remember_combos(combos: Iterable[Combo], layout: Layout) -> None:
    """Append the combos that ``combo_mappings.csv`` does not have yet; old rows stay.

    Raises:
        CohortError: when an id already stands for other concepts.

    """
    with locked(layout.combo_lock):
        known = read_mappings(layout)
        new = [combo for combo in combos if not _is_known(combo, known, layout)]
        if not is_given(layout.combo_mappings):
            write_text(layout.combo_mappings, ",".join(COLUMNS) + "\n")
        if new:
            append_line(layout.combo_mappings, _as_csv(new, layout.combo_mappings))


def _is_known(combo: Combo, known: dict[str, Combo], layout: Layout) -> bool:
    old = known.get(combo.combo_id)
    if old is not None and old.identity != combo.identity:
        raise CohortError(
            f"{layout.combo_mappings}: {combo.combo_id} already stands for "
            f"{', '.join(old.concept_ids)} ({old.level}, k_max {old.k_max}), and now "
            f"{', '.join(combo.concept_ids)} ({combo.level}, k_max {combo.k_max}) claims it. "
            "Give the curated combo another name; generations of the old one keep theirs."
        )
    return old is not None


def _as_csv(combos: list[Combo], path: str) -> str:
    """Rows in the columns that the file has, which may be more than ours or in another order."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    header = next(csv.reader(Path(path).read_text(encoding="utf-8-sig").splitlines()))
    if not {name.strip() for name in header} >= set(COLUMNS):
        raise CohortError(
            f"{path}: rows are going to be added, and its first line is not a header with commas "
            f"and the columns {','.join(COLUMNS)}. Save it so."
        )
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [name.strip() for name in header], lineterminator="\n")
    for combo in combos:
        for concept_id in combo.concept_ids:
            version = "v2" if combo.combo_id.startswith(ORDERED) else "v1"
            cells = (combo.combo_id, version, concept_id, combo.level, combo.k_max, now)
            writer.writerow(dict(zip(COLUMNS, cells, strict=True)))
    return buffer.getvalue().removesuffix("\n")
