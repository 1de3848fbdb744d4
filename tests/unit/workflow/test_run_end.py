"""The last lines of a run say where tables and report are, and what of them is of before."""

from __future__ import annotations

import os
from pathlib import Path

from daydream.experiment.next_steps import Options
from daydream.store.layout import Layout
from daydream.workflow.run_end import places

BEGUN = 2_000_000_000


def made(path: str, time_ns: int) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("x")
    os.utime(path, ns=(time_ns, time_ns))


def test_only_what_is_there_is_named_and_what_is_of_before_says_how_to_make_it_again(
    tmp_path: Path,
) -> None:
    layout, options = Layout(str(tmp_path)), Options(config=("cohort=june",))

    def said(begun: int = BEGUN) -> list[str]:
        return list(places(layout, "june", begun, options))

    assert said() == ["Cohort: june"]
    made(layout.scores("june"), BEGUN + 1)
    made(layout.summary("june", "ranking"), BEGUN + 1)
    made(layout.report("june"), BEGUN - 1)
    tables, report = f"{tmp_path}/6_summary/june", layout.report("june")
    assert said()[1:] == [
        f"Tables: {tables}",
        f"Report: {report} (of before this run; to make it again: snakemake report "
        "--config cohort=june)",
    ]
    assert said(0)[1:] == [f"Tables: {tables}", f"Report: {report}"]
