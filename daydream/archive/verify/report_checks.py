"""Check that the tables which a report carries are those of the data root."""

from __future__ import annotations

from collections.abc import Iterator

from daydream.archive.verify.findings import Check, Finding, Outcome, Skip
from daydream.results.carried import CarriedTable, carried_by, copy_path, is_copy
from daydream.store.files import modified_ns
from daydream.store.layout import Layout, exists
from daydream.workflow.project import Project


def check_carried(project: Project) -> Iterator[Check]:
    """The copies of tables in a report have what the tables have; nothing where it carries none."""
    layout, cohort = project.layout, project.cohort
    carried = list(carried_by(layout, cohort))
    if carried:
        check = Check("tables that the report carries are those of the data root")
        yield check.add_all(_carried(layout, cohort, table) for table in carried)


def _carried(layout: Layout, cohort: str, carried: CarriedTable) -> Outcome:
    report = layout.report(cohort)
    copy = copy_path(layout, cohort, carried.file)
    name = layout.relative(carried.source)
    if not exists(carried.source):
        return Skip(f"there is no {name}")
    try:
        found = "the same" if is_copy(carried, copy) else "something else"
    except (OSError, EOFError) as error:
        found = str(error)
    if found == "the same":
        return None
    if (modified_ns(carried.source) or 0) >= (modified_ns(report) or 0):
        return Skip(f"the report may be older than {name}, and has another copy of it")
    again = f"Make the report again, which costs nothing: snakemake -f {report}"
    return Finding(layout.relative(copy), f"what {name} has", found, again)
