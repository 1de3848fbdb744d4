"""Archives of cohorts as they are now, before a text or a setting changes: `daydream snapshot`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from daydream.archive.export import export
from daydream.store.index import find_cohort
from daydream.store.layout import Layout
from daydream.workflow.project import Project


def snapshot(config: Mapping[str, Any], layout: Layout, names: Sequence[str]) -> Iterator[str]:
    """Write an archive of each cohort under ``snapshots/`` of the data root.

    Args:
        config: the configuration; its own cohort is meant when none is named.
        layout: where the data root is.
        names: of cohorts, or the beginnings of such.

    Raises:
        DaydreamError: when there is no such cohort, or an archive cannot be written.
    """
    chosen = [find_cohort(layout, name) for name in names] or [Project(config).cohort]
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for name in dict.fromkeys(chosen):
        path = layout.snapshot(name, now)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        yield from export(Project({**config, "cohort": name}), path)
