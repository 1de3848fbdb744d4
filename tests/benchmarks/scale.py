"""How much time and memory large experiments take in which nearly everything is made.

    python -m tests.benchmarks.scale [SIZE ...] [--keep FOLDER] [--full]

Sizes: ``ten`` (9,900 generations), ``hundred`` (99,000) and ``essays`` (87,500, of which 25,000 are
essays). A data root is filled with folders as the workflow leaves them, without a call. Then the
workflow is run on it: with nothing to do, for one generation by its path, for one more model until
its first call is paid, for all tables, for the report, and with nothing to do again. Each is a
process, imports included. ``ten`` is run with ``dag=full`` and ``dag=light``, larger ones with
``light`` alone unless ``--full`` is given. CPU is user and system time, of child processes too.
``--keep`` leaves the data roots there, and reuses those that it finds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from daydream.store.layout import Layout
from tests.benchmarks.bench import Used, launch, measure, mock
from tests.benchmarks.tables import COHORT, SHAPES, Shape, fill, opened, show, without_tables
from tests.support.workspace import ROOT, SNAKEMAKE

SIZES = {
    "ten": Shape(90, 1, 3, 5, 3, 2, 1),
    "hundred": Shape(900, 1, 3, 5, 3, 2, 1),
    "essays": SHAPES["wide"],
}
TABLES = ("results_processing", "results_summary", "results_analysis", "cross_experiment")
EVERY_S = 0.2
TICKS = os.sysconf("SC_CLK_TCK")


def command(root: Path, dag: str, *arguments: str) -> list[str]:
    """A run of the workflow."""
    place = ["--snakefile", ROOT / "Snakefile", "--configfile", root / "config.yaml"]
    options = ["--directory", root, "--config", f"dag={dag}", "--"]
    return [*SNAKEMAKE, *map(str, [*place, *options]), *arguments]


def until_first_call(root: Path, dag: str) -> Used:
    """A run with one more judge, ended when its first answer is paid; nothing of it stays."""
    models = Layout(str(root / "data")).models_csv
    kept, config = Path(models).read_text(), (root / "config.yaml").read_text()
    evaluations, kept_cohort = root / "data" / "gens" / "evaluation", root / "cohort"
    made = set(os.listdir(evaluations))
    shutil.copytree(root / "data" / "cohorts", kept_cohort)
    judge = kept.splitlines()[-1].replace("judge-", "added-")
    Path(models).write_text(kept + judge + "\n")
    with mock("--latency", 0.1) as server:
        (root / "config.yaml").write_text(config.replace("http://127.0.0.1:1/v1", server.base_url))
        began = time.monotonic()
        process = launch(command(root, dag, "evaluation"))
        while not server.stats()["paid"] and process.poll() is None:
            time.sleep(EVERY_S)
        used = Used(time.monotonic() - began, _cpu_s(process.pid), _peak_mb(process.pid))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    Path(models).write_text(kept)
    (root / "config.yaml").write_text(config)
    shutil.rmtree(root / "data" / "cohorts")
    kept_cohort.rename(root / "data" / "cohorts")
    for added in set(os.listdir(evaluations)) - made:
        shutil.rmtree(evaluations / added)
    os.utime(models, (0, 0))
    return used


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def figures(root: Path, dag: str) -> Iterator[tuple[str, Used]]:
    """What is measured, one after the other."""
    evaluation = next(iter(opened(root).membership.by_stage["evaluation"]))
    one = f"data/gens/evaluation/{evaluation}/parsed.txt"
    yield "nothing to do: evaluation", measure(command(root, dag, "evaluation"))
    yield "nothing to do: one generation", measure(command(root, dag, one))
    yield "one more judge, to its first call", until_first_call(root, dag)
    without_tables(root)
    shutil.rmtree(root / "data" / "8_report", ignore_errors=True)
    yield "the tables", measure(command(root, dag, *TABLES))
    yield "the report", measure(command(root, dag, "report"))
    yield "nothing to do: all", measure(command(root, dag))


def run(size: str, root: Path, dags: tuple[str, ...]) -> None:
    print(f"\n{size}: {SIZES[size]}", flush=True)
    if not (root / "data" / "cohorts").is_dir():
        fill(root, SIZES[size], failing=False)
    print(f"{len(opened(root).membership)} generations", flush=True)
    for dag in dags:
        for name, used in figures(root, dag):
            show(f"{dag}: {name}", used)
    folder = Path(Layout(str(root / "data")).report(COHORT)).parent
    for name in ("index.html", "essays.html", "data/essays.js", "data/charts.js"):
        print(f"{name:<40} {(folder / name).stat().st_size / 1e6:7.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", default=list(SIZES), metavar="SIZE")
    parser.add_argument("--keep", type=Path, help="folder of data roots to make or to reuse")
    parser.add_argument("--full", action="store_true", help="larger sizes with dag=full, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="daydream-scale-") as folder:
        for size in options.sizes:
            both = options.full or size == "ten"
            root = (options.keep or Path(folder)) / size
            run(size, root, ("full", "light") if both else ("light",))


if __name__ == "__main__":
    main()
