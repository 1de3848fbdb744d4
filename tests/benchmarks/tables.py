"""How much time and memory the tables of 50,000 evaluations take.

    python -m tests.benchmarks.tables [SHAPE ...] [--keep FOLDER] [--workflow]

Shapes spread the evaluations differently: ``usual`` (5,000 essays, 5 evaluators x 2 templates),
``wide`` (25,000 essays, 2 evaluators), ``deep`` (20 essays, 5 evaluators x 2 templates x 250
replicates). A data root is filled with folders as the workflow leaves them, 2% of the evaluations
failed and 0.5% never made; then every table is made as the rules make it, in processes of their
own, imports included. The floor beside them is what no implementation can go below: plain Python
that reads the parsed.txt of every evaluation, and pandas that reads the scores once.

``--workflow`` also times ``snakemake results_summary`` over that data root, with no table made:
nearly all of it is what Snakemake takes to plan as many jobs as there are generations.
``--keep`` leaves the data root there, and reuses the one it finds.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import yaml

from daydream.experiment.settings import load_config
from daydream.results.names import ANALYSIS_TABLES, CROSS_TABLES, SUMMARY_TABLES
from daydream.store.layout import Layout, Stage
from daydream.store.membership import Member, read_membership
from daydream.workflow.project import Project
from daydream.workflow.tables import make_cohort
from tests.benchmarks.bench import Used, measure
from tests.support.workspace import ROOT, SNAKEMAKE, Workspace

SECONDS, MEGABYTES = 60.0, 1024.0
FAILED, ABSENT = 0.02, 0.005
LEVELS = {"writer": 0.6, "combo": 0.8, "essay": 0.9, "judge": 0.7, "rest": 0.9}  # points, SD
COHORT = "trial"


class Shape(NamedTuple):
    """How many of each there are."""

    combos: int
    drafts: int  # templates, as the next
    essays: int
    writers: int
    judges: int
    evaluations: int  # templates
    replicates: int


SHAPES = {
    "usual": Shape(100, 2, 5, 5, 5, 2, 1),
    "wide": Shape(2500, 1, 2, 5, 2, 1, 1),
    "deep": Shape(4, 1, 1, 5, 5, 2, 250),
}


class Step(NamedTuple):
    """A process of the workflow: what it is called, and the Python that it runs."""

    name: str
    code: str


def fill(root: Path, shape: Shape, failing: bool = True) -> None:
    """A data root with a cohort of this shape, everything made but the tables.

    Args:
        root: the folder of the experiment.
        shape: how large it is.
        failing: whether some evaluations have failed and some were never made.
    """
    work = Workspace(root, "http://127.0.0.1:1/v1", {"k_max": 1, "allow_incomplete": True})
    for path in work.raw("concepts/descriptions-paragraph").iterdir():
        path.unlink()
    work.concepts(tuple(f"concept-{number:05}" for number in range(shape.combos)))
    templates = {"draft": shape.drafts, "essay": shape.essays, "evaluation": shape.evaluations}
    for stage, count in templates.items():
        names = [f"{stage}-{number}" for number in range(count)]
        work.templates(stage, names, text="{{ response }}" if stage == "evaluation" else "text")
    writers = {f"writer-{number}": "writes" for number in range(shape.writers)}
    work.models(writers | {f"judge-{number}": "judges" for number in range(shape.judges)})
    work.replicates(evaluation=shape.replicates)
    work.command()
    project = opened(root)
    make_cohort(project)
    fill_store(project.layout, *((ABSENT, FAILED) if failing else (0.0, 0.0)))


def opened(root: str | Path) -> Project:
    """The experiment in a folder, as the Snakefile opens it."""
    values = yaml.safe_load(Path(root, "config.yaml").read_text())
    return Project(load_config(values=values | {"data_root": str(Path(root, "data"))}))


def fill_store(layout: Layout, absent: float, failed: float) -> None:
    """Every generation, but for these shares of the evaluations."""
    membership, rng = read_membership(layout.membership(COHORT)), random.Random(7)
    effects: dict[tuple[str, str], float] = {}
    for stage in ("draft", "essay", "evaluation"):
        for member in membership.stage(stage):
            if stage != "evaluation":
                write(layout, member, "A text of some words.\n" * 20)
            elif (chance := rng.random()) >= absent:
                essay = membership.member("essay", member.parent_gen_id)
                score = score_of(member, essay, effects, rng)
                write(layout, member, None if chance < absent + failed else f"{score}\n")


def score_of(
    member: Member, essay: Member, effects: dict[tuple[str, str], float], rng: random.Random
) -> float:
    """A score with effects of writer, combo, essay and judge, in halves from 0 to 9."""
    keys = {
        "writer": essay.llm_model_id,
        "combo": member.combo_id,
        "essay": essay.gen_id,
        "judge": member.llm_model_id,
    }
    score = 5.0 + rng.gauss(0, LEVELS["rest"])
    for name, key in keys.items():
        if (name, key) not in effects:
            effects[name, key] = rng.gauss(0, LEVELS[name])
        score += effects[name, key]
    return min(9.0, max(0.0, round(2 * score) / 2))


def write(layout: Layout, member: Member, parsed: str | None) -> None:
    """A generation as it is on disk; one without a parsed text has failed."""
    stage: Stage = member.stage
    folder = Path(layout.generation(stage, member.gen_id))
    folder.mkdir(parents=True)
    metadata = {
        **{name: value for name, value in member._asdict().items() if name != "cohort_id"},
        "endpoint": "mock",
        "model": f"lab/{member.llm_model_id}",
        "parameters": {"max_tokens": 1024, "temperature": 0.0},
        "finish_reason": "stop" if parsed else "length",
        "usage": {"prompt_tokens": 900, "completion_tokens": 300},
        "cost_usd": 0.0001,
        "prompt_sha256": "0" * 64,
        "fingerprint": "0" * 64,
    }
    if parsed is None:
        message = "the answer was cut off at max_tokens (1024 of 1024 tokens used)."
        metadata["error"] = {"kind": "TruncatedError", "message": message}
    (folder / "metadata.json").write_text(json.dumps(metadata, indent=2))
    if parsed is not None:
        (folder / "parsed.txt").write_text(parsed)


def steps(root: Path) -> Iterator[Step]:
    """What the rules do, a process each."""
    layout = Layout(str(root / "data"))
    scales = layout.templates_csv("evaluation")
    opening = f"from tests.benchmarks.tables import opened; experiment = opened({str(root)!r})"
    opening += "; from daydream.workflow.tables import write_parsed_scores, write_store_scores"
    parsed, store = (
        [path(form) for form in ("csv", "parquet")]
        for path in (partial(layout.scores, COHORT), partial(layout.cross, "parsed_scores"))
    )
    scores = parsed[1]
    yield Step("parsed_scores", f"{opening}; write_parsed_scores(experiment, *{parsed!r})")
    outputs = [layout.summary(COHORT, t, f) for t in SUMMARY_TABLES for f in ("csv", "parquet")]
    made = f"make_summaries({scores!r}, {scales!r}, 0.8, {outputs!r})"
    yield Step("the summaries", f"from daydream.results.summary import make_summaries; {made}")
    outputs = [layout.summary(COHORT, t, f) for t in ANALYSIS_TABLES for f in ("csv", "parquet")]
    made = f"make_analyses({scores!r}, {scales!r}, 0.8, {outputs!r})"
    yield Step("the analyses", f"from daydream.results.analyses import make_analyses; {made}")
    yield Step("cross: parsed_scores", f"{opening}; write_store_scores(experiment, *{store!r})")
    outputs = [layout.cross(table) for table in CROSS_TABLES]
    made = f"make_cross({store[1]!r}, {scales!r}, [{scores!r}], {{}}, 0.8, {outputs!r})"
    yield Step("cross: the others", f"from daydream.results.cross import make_cross; {made}")


def floors(root: Path) -> Iterator[Step]:
    folder = root / "data" / "gens" / "evaluation"
    reading = (
        f"import os\nfor one in os.scandir({str(folder)!r}):\n"
        "    try:\n        float(open(one.path + '/parsed.txt').read())\n"
        "    except FileNotFoundError:\n        pass"
    )
    yield Step("floor: the files", reading)
    scores = Layout(str(root / "data")).scores(COHORT)
    yield Step("floor: pandas", f"import pandas; pandas.read_csv({scores!r})")


def all_steps(used: list[Used]) -> Used:
    """One after the other: times add up, memory does not."""
    seconds, cpu_s, peak_mb = zip(*used, strict=True)
    return Used(sum(seconds), sum(cpu_s), max(peak_mb))


def without_tables(root: Path) -> None:
    for name in ("5_parsing", "6_summary", "7_cross_experiment"):
        shutil.rmtree(root / "data" / name, ignore_errors=True)


def run(shape: str, root: Path, in_workflow: bool) -> None:
    print(f"\n{shape}: {SHAPES[shape]}")
    if not (root / "data" / "cohorts").is_dir():
        module = "from tests.benchmarks.tables import Path, SHAPES, fill"
        filling = f"{module}; fill(Path({str(root)!r}), SHAPES[{shape!r}])"
        show("filling the data root", measure([sys.executable, "-c", filling]))
    without_tables(root)
    used = []
    for step in steps(root):
        used.append(measure([sys.executable, "-c", step.code]))
        show(step.name, used[-1])
    total = all_steps(used)
    within = total.seconds <= SECONDS and total.peak_mb <= MEGABYTES
    show("ALL TABLES", total, f"{'within' if within else 'OVER'} {SECONDS:g} s, {MEGABYTES:g} MB")
    for floor in floors(root):
        show(floor.name, measure([sys.executable, "-c", floor.code]))
    if in_workflow:
        through_snakemake(root)


def through_snakemake(root: Path) -> None:
    """Tables asked of the workflow."""
    without_tables(root)
    place = ["--snakefile", ROOT / "Snakefile", "--configfile", root / "config.yaml"]
    command = [*SNAKEMAKE, *map(str, [*place, "--directory", root])]
    show("snakemake results_summary", measure([*command, "results_summary"]))


def show(name: str, used: Used, remark: str = "") -> None:
    line = f"{name:<40} {used.seconds:7.2f} s {used.cpu_s:7.2f} s CPU {used.peak_mb:7.0f} MB"
    print(f"{line}  {remark}".rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shapes", nargs="*", default=list(SHAPES), metavar="SHAPE")
    parser.add_argument("--keep", type=Path, help="folder of data roots to make or to reuse")
    parser.add_argument("--workflow", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="daydream-tables-") as folder:
        for shape in options.shapes:
            run(shape, (options.keep or Path(folder)) / shape, options.workflow)


if __name__ == "__main__":
    main()
