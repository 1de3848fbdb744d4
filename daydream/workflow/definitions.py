"""What the configuration asks for, as files whose times Snakemake can compare.

A configuration has no time of its own. When a named cohort, or the tables over every cohort, were
made for another one, a file with what is asked for now is written, and that is newer. The same is
done when tables were made by a version that gave them other columns.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from daydream.results.dictionary.declared import TABLES
from daydream.results.dictionary.model import column_problems
from daydream.results.names import TEMPLATE_COLUMN
from daydream.store.files import write_json
from daydream.store.json_file import read_json
from daydream.store.layout import Layout, exists
from daydream.workflow.project import Project


def changed_definition(project: Project, dryrun: bool) -> list[str]:
    """A file newer than the manifest of a cohort that is now asked for something else.

    With it a named cohort is made again when, say, ``k_max`` has changed.
    """
    path = project.layout.definition(project.cohort)
    if not project.design.is_stale():
        return list(filter(exists, [path]))
    # Snakemake spares what is newer and reads as when the cohort was last made, though the cohort
    # on disk may come from a copy of an earlier one.
    asked_for = {**project.design.manifest, "at": datetime.now(UTC).isoformat()}
    return [write_input(path, asked_for, dryrun)]


def changed_filters(project: Project, dryrun: bool) -> list[str]:
    """A file newer than the tables over every cohort that were made with other filters."""
    path, filters = project.layout.cross_filters, filters_as_columns(project)
    if (read_json(path) if exists(path) else {}) == filters:
        return list(filter(exists, [path]))
    return [write_input(path, filters, dryrun)]


def changed_columns(project: Project, dryrun: bool) -> list[str]:
    """A file newer than the tables of a cohort that have other columns than this version's.

    So an upgrade makes them again, without a call. It tries once for the same differences.
    """
    path = project.layout.column_changes(project.cohort)
    changes = dict(_column_changes(project.layout, project.cohort))
    if not changes or changes == read_json(path):
        return list(filter(exists, [path]))
    return [write_input(path, changes, dryrun)]


def _column_changes(layout: Layout, cohort: str) -> Iterator[tuple[str, list[str]]]:
    for table in TABLES:
        path = table.path(cohort)
        header = _header(layout.under(path)) if path[:1].isdigit() else []
        if header and (problems := list(column_problems(table, header))):
            yield path, problems


def _header(path: str) -> list[str]:
    """The columns of a CSV file; none of one that is missing or damaged."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error):
        return []


def filters_as_columns(project: Project) -> dict[str, list[str]]:
    """The configuration's filters as the values that score columns may have."""
    filters, catalog = project.settings.filters, project.design.catalog
    keep: dict[str, list[str]] = {}
    if filters.concepts is not None:
        keep["combo_id"] = [combo.combo_id for combo in project.design.combos]
    if filters.templates is not None:
        for stage, column in TEMPLATE_COLUMN.items():
            keep[column] = [t.template_id for t in catalog.templates(stage)]
    if filters.models is not None:
        keep["generation_model"] = [m.id for m in catalog.generation_models]
        keep["evaluation_llm_model"] = [m.id for m in catalog.evaluation_models]
    return keep


def write_input(path: str, content: Mapping[str, Any], dryrun: bool) -> str:
    """Write a file; a dry run's goes to the temporary directory and leaves the project alone."""
    path = path_of_input(path, dryrun)
    write_json(path, content)
    return path


def path_of_input(path: str, dryrun: bool) -> str:
    """Where such a file is written."""
    if not dryrun:
        return path
    return os.path.join(tempfile.gettempdir(), f"daydream-{os.getuid()}-{Path(path).name}")
