"""The list of files that a cohort needs."""

from __future__ import annotations

import os
from collections.abc import Iterator

from daydream.archive.unpack import is_safe
from daydream.errors import ArchiveError
from daydream.store.layout import STAGES, Layout, exists
from daydream.store.membership import Membership

_WHOLE = ("1_raw", "2_tasks", "catalog")
_OF_COHORT = ("cohorts", "5_parsing", "6_summary", "8_report")


def cohort_files(layout: Layout, cohort: str, membership: Membership) -> Iterator[str]:
    """Paths below the data root: catalogs, the roster, all generations in it, and the results.

    Hidden files are half-written or another program's, and are passed over. A folder such as
    ``gens`` may be a link to where there is room; below the folders of the layout, a link must
    lead to a file of the same data root, and that file is taken.

    Raises:
        ArchiveError: for any other link, and for a name that an archive cannot have.
    """
    for folder in (*_WHOLE, *(f"{name}/{cohort}" for name in _OF_COHORT)):
        yield from _below(layout, folder)
    if exists(layout.combo_mappings):
        yield layout.relative(layout.combo_mappings)
    for stage in STAGES:
        for gen_id in membership.by_stage[stage]:
            folder = layout.relative(layout.generation(stage, gen_id))
            if os.path.islink(layout.under(folder)):
                raise _refused(layout.under(folder), "is a link")
            yield from _below(layout, folder)


def _below(layout: Layout, folder: str) -> Iterator[str]:
    if not os.path.isdir(layout.under(folder)):
        return
    with os.scandir(layout.under(folder)) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = f"{folder}/{entry.name}"
            if entry.is_symlink():
                _check_link(layout, folder, entry.path)
            if not is_safe(path) or not path.isprintable():
                raise _refused(entry.path, "has a name that not every system can have")
            if entry.is_dir():
                yield from _below(layout, path)
            elif entry.is_file():
                yield path


def _check_link(layout: Layout, folder: str, path: str) -> None:
    target = os.path.realpath(path)
    homes = (os.path.realpath(layout.root), os.path.realpath(layout.under(folder)))
    inside = any(os.path.commonpath((home, target)) == home for home in homes)
    if not os.path.isfile(target) or not inside:
        raise _refused(path, f"is a link to {target}, which is no file of this data root")


def _refused(path: str, why: str) -> ArchiveError:
    printable = path.encode("utf-8", "backslashreplace").decode()
    return ArchiveError(
        f"{printable} {why}. Put the file itself there, under a plain name, or move it out of the "
        "data root; then export again."
    )
