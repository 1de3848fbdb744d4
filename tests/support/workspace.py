"""An experiment in a temporary directory, run by the real ``snakemake`` command."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.support import warm

ROOT = Path(__file__).resolve().parents[2]
SNAKEMAKE = [sys.executable, "-m", "snakemake"]
_PARTS = ("rules", "scripts", "daydream", "config", "profiles", "report")
CLOCK_S = 0.05  # times of files come in steps of some milliseconds
CONCEPTS = ("bees", "tides", "chess", "fjord")
DRAFT = "Connect these:\n{% for c in concepts %}- {{ c.name }}: {{ c.content }}\n{% endfor %}"


@dataclass
class Workspace:
    """A small catalog, a configuration for a mock server, and ways to look at results."""

    root: Path
    base_url: str
    config: dict = field(default_factory=dict)
    snakefile: Path = ROOT / "Snakefile"

    def __post_init__(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self.config = {
            "data_root": "data",
            "default_endpoint": "mock",
            "endpoints": {"mock": {"base_url": self.base_url, "max_concurrency": 16}},
            "cohort": "trial",
        } | self.config
        self.concepts(CONCEPTS[:3])
        self.templates("draft", ["plain"], text=DRAFT)
        self.templates("essay", ["copy", "longer"], text="Write an essay.\n{{ draft_block }}")
        self.templates("evaluation", ["novelty"], text="Judge, end in SCORE: X\n{{ response }}")
        self.models({"writer": "both"})

    @property
    def data(self) -> Path:
        return self.root / "data"

    def raw(self, name: str) -> Path:
        return self.data / "1_raw" / name

    def write(self, name: str, text: str) -> Path:
        """Write a file under 1_raw."""
        path = self.raw(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def concepts(self, ids: tuple[str, ...]) -> None:
        rows = "".join(f"{i},The {i},true\n" for i in ids)
        self.write("concepts_metadata.csv", "concept_id,name,active\n" + rows)
        for i in ids:
            if not self.raw(f"concepts/descriptions-paragraph/{i}.txt").exists():
                self.describe(i, f"All there is to know of {i}.")

    def describe(self, concept: str, text: str, level: str = "paragraph") -> Path:
        return self.write(f"concepts/descriptions-{level}/{concept}.txt", text)

    def templates(self, stage: str, ids: list[str], text: str, parser: str | None = None) -> None:
        parser = parser or {"evaluation": "in_last_line", "comparison": "verdict"}.get(stage, "")
        header = "template_id,template_name,description,parser,generator,active"
        lines = [f"{i},{i},,{parser},{'copy' if i == 'copy' else 'llm'},true" for i in ids]
        if stage == "evaluation":
            header += ",score_min,score_max"
            lines = [f"{line},0,9" for line in lines]
        self.write(f"{stage}_templates.csv", "\n".join([header, *lines]) + "\n")
        for i in ids:
            if i != "copy":
                self.write(f"templates/{stage}/{i}.txt", f"[{i}] {text}")

    def compare(self, ids: Sequence[str] = ("closer",)) -> None:
        """Switch comparisons on, with these templates."""
        text = "Which is better? End in VERDICT: A or B\n<<{{ response_a }}>>\n<<{{ response_b }}>>"
        self.templates("comparison", list(ids), text=text)

    def models(self, models: dict[str, str], **columns: str) -> None:
        """Write the models: id -> "both", "writes" or "judges"."""
        extra = "".join(f",{name}" for name in columns)
        header = "id,model,provider,display_name,for_generation,for_evaluation,specialization"
        lines = [header + extra]
        for name, role in models.items():
            writes, judges = role in ("both", "writes"), role in ("both", "judges")
            flags = (str(writes), str(judges))
            cells = (name, f"lab/{name}", "lab", name, *flags, "", *columns.values())
            lines.append(",".join(cells))
        self.write("llm_models.csv", "\n".join(lines) + "\n")

    def replicates(self, **counts: int) -> None:
        rows = "".join(f"{stage},{count}\n" for stage, count in counts.items())
        self.write("replication_config.csv", "stage,replicates\n" + rows)

    def command(self, *arguments: str) -> list[str]:
        config = self.root / "config.yaml"
        config.write_text(yaml.safe_dump(self.config))
        place = ["--snakefile", self.snakefile, "--configfile", config, "--directory", self.root]
        return [*SNAKEMAKE, *map(str, place), *arguments]

    def run(
        self,
        *arguments: str,
        ok: bool = True,
        env: dict[str, str] | None = None,
        timeout_s: float = 240,
    ) -> Run:
        """Run snakemake; ``ok`` says how it must end."""
        started, command = time.monotonic(), self.command(*arguments)
        variables = {**os.environ, **(env or {})}
        done: warm.Ended | subprocess.CompletedProcess[str]
        if self.snakefile == ROOT / "Snakefile" and warm.is_fit(variables):
            done = warm.warm_snakemake().run(
                command[len(SNAKEMAKE) :], self.root, variables, timeout_s
            )
        else:  # another copy of the package
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                env=variables,
                cwd=self.root,
            )
        run = Run(done.returncode, done.stdout, done.stderr, time.monotonic() - started)
        assert (run.code == 0) == ok, run.output[-6000:]
        return run

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start snakemake in a process group of its own, to be killed."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=self.root,
            start_new_session=True,
        )

    def start_making(self, *arguments: str, group: bool = False) -> subprocess.Popen[str]:
        """Start snakemake, in a process ``group`` of its own, and keep what it says."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.root,
            start_new_session=group,
        )

    def copy_workflow(self, place: Path) -> None:
        """Run from now on with a copy of the workflow, whose sources a test may change."""
        place.mkdir()
        shutil.copy2(ROOT / "Snakefile", place)
        for folder in (*_PARTS, "snakemake_logger_plugin_daydream"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / folder, place / folder, ignore=ignored)
        self.snakefile = place / "Snakefile"

    def take_over(self, other: Path) -> None:
        """Become a copy of another experiment, times of files included."""
        shutil.copytree(other, self.root, dirs_exist_ok=True)

    def files(self, below: str = ".") -> set[str]:
        """The files that are there, without Snakemake's own."""
        found = (path for path in (self.root / below).rglob("*") if path.is_file())
        names = {path.relative_to(self.root).as_posix() for path in found}
        return {name for name in names if not name.startswith(".snakemake/")}

    def members(self, stage: str, cohort: str = "trial") -> list[dict[str, str]]:
        with (self.data / "cohorts" / cohort / "membership.csv").open() as file:
            return [row for row in csv.DictReader(file) if row["stage"] == stage]

    def ids(self, stage: str) -> list[str]:
        return [row["gen_id"] for row in self.members(stage)]

    def gen(self, stage: str, gen_id: str, name: str = "parsed.txt") -> Path:
        return self.data / "gens" / stage / gen_id / name

    def target(self, stage: str, gen_id: str) -> str:
        return f"data/gens/{stage}/{gen_id}/parsed.txt"

    def metadata(self, stage: str, gen_id: str) -> dict:
        return json.loads(self.gen(stage, gen_id, "metadata.json").read_text())

    def answers(self, stage: str, gen_id: str) -> list[str]:
        """The texts that were paid for, oldest first."""
        if not self.gen(stage, gen_id, "attempts.jsonl").exists():
            return []
        lines = self.ledger(stage, gen_id)
        return [line["text"] for line in lines if line["outcome"] == "answer"]

    def ledger(self, stage: str, gen_id: str) -> list[dict]:
        lines = self.gen(stage, gen_id, "attempts.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def table(self, path: str) -> list[dict[str, str]]:
        with (self.data / path).open() as file:
            return list(csv.DictReader(file))

    def scores(self) -> list[dict[str, str]]:
        return self.table("5_parsing/trial/parsed_scores.csv")

    def edit(self, path: Path, text: str) -> None:
        """Change a file so that its time is between what was made and what will be."""
        time.sleep(CLOCK_S)
        path.write_text(text, encoding="utf-8")
        time.sleep(CLOCK_S)

    def forget(self) -> None:
        """Lose .snakemake and touch every file in random order, as a fresh copy would."""
        shutil.rmtree(self.root / ".snakemake")
        files = [path for path in self.data.rglob("*") if path.is_file()]
        random.Random(7).shuffle(files)
        for number, path in enumerate(files):
            moment = time.time() - 100 + 0.01 * number
            os.utime(path, (moment, moment))


@dataclass
class Run:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        return self.stdout + self.stderr
