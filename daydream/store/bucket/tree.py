"""Which files of a data root have a copy in object storage, and in which order they are written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from daydream.store.layout import STAGES
from daydream.store.ledger import NAME as LEDGER

# What is about processes of one host: locks, running slices, money that calls under way may cost.
# Of `budget` and `runs` the bucket has its own, which is about all hosts.
LOCAL = ("slices", "budget", "batches", "runs")
_LOCAL_ENDINGS = (".lock", ".alive")
COMBOS = "combo_mappings.csv"


def is_copied(name: str) -> bool:
    """Whether a file, named from the data root on, has a copy."""
    parts = name.split("/")
    is_hidden = any(part.startswith(".") or not part for part in parts)
    return not is_hidden and parts[0] not in LOCAL and not name.endswith(_LOCAL_ENDINGS)


def local_files(root: str, folders: Iterable[str] = ("",)) -> Iterator[str]:
    """The files of a data root that have a copy, by their names from the data root on."""
    for folder in folders:
        for path, below, files in os.walk(os.path.join(root, folder)):
            below[:] = sorted(name for name in below if not name.startswith("."))
            base = os.path.relpath(path, root).replace(os.sep, "/")
            names = (name if base == "." else f"{base}/{name}" for name in sorted(files))
            yield from filter(is_copied, names)


def is_input(name: str) -> bool:
    """Whether a file is written by people, so that nothing can tell which of two versions holds."""
    parts = name.split("/")
    return parts[0] in ("1_raw", "2_tasks") or (parts[0] == "cohorts" and "spec" in parts[2:3])


def is_ledger(name: str) -> bool:
    """Whether a file is the ledger of a generation."""
    return name.startswith("gens/") and name.endswith(f"/{LEDGER}")


def phase(name: str) -> int:
    """When a file is written: answers first, then what is made of what.

    So a copy that was interrupted has nothing without what it comes from.
    """
    parts = name.split("/")
    if is_input(name) or is_ledger(name):
        return 0
    if parts[0] == "gens":
        stage = STAGES.index(parts[1]) if parts[1] in STAGES else 0
        return 2 + 2 * stage + (parts[-1] == "parsed.txt")
    return 1 if parts[0] in ("cohorts", COMBOS) else 20
