"""States that an experiment may get into: files touched, edited, lost, more asked for, forced."""

from __future__ import annotations

import copy
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from daydream.experiment.settings import load_config
from daydream.store.layout import STAGES, Stage
from daydream.workflow.project import Project
from daydream.workflow.tables import make_cohort
from tests.support.workspace import CONCEPTS, DRAFT, Workspace

TARGETS: dict[Stage, str] = dict(
    zip(STAGES, ("generation_draft", "generation_essays", "evaluation", "comparison"), strict=True)
)


class State(NamedTuple):
    """What a run is started with, after the files were changed."""

    targets: list[str]
    forces: list[str]  # as they are typed
    config: dict[str, object]
    changes: list[str]  # for messages

    @property
    def asked(self) -> list[str]:
        """The targets, rules first; Snakemake asks for a file that is forced, too."""
        files = (name for name in self.forces[1:] if not name.startswith("generate_"))
        names = dict.fromkeys([*self.targets, *files])
        return sorted(names, key=lambda name: name not in TARGETS.values())

    @property
    def forced(self) -> set[str]:
        """The names of rules and files that are forced."""
        names = set(self.forces[1:])
        return names | set(self.targets) if self.forces[:1] == ["-f"] else names


def opened(work: Workspace, **config: object) -> Project:
    """The experiment as it is now; the working directory is its own."""
    work.command()
    return Project(load_config([work.root / "config.yaml"], config))


def copied(work: Workspace, place: Path) -> Workspace:
    """The same experiment in another folder, times of files included."""
    shutil.copytree(work.root, place, symlinks=True, dirs_exist_ok=True)
    other = copy.copy(work)
    other.root, other.config = place, dict(work.config)
    return other


def small_experiment(work: Workspace) -> None:
    """Three concepts, two templates of drafts, essays and evaluations each, and comparisons."""
    work.templates("draft", ["plain", "odd"], text=DRAFT)
    judge = "Judge, end in SCORE: X\n{{ response }}"
    work.templates("evaluation", ["novelty", "depth"], text=judge)
    work.compare()
    work.config["pairs_per_essay"] = 1


class States:
    """Changes a finished experiment at random; the same seed makes the same state."""

    def __init__(self, work: Workspace, seed: int, tables: bool = True) -> None:
        self.work, self.random, self.tables = work, random.Random(seed), tables
        self.changes: list[str] = []
        self._now = time.time()

    def make(self) -> State:
        """Change the files, and choose what is asked for."""
        work = self.work
        for _ in range(self.random.choice((0, 1, 2, 3, 4, 6, 9))):
            change = self.random.choice(self._all())
            self.changes.append(change.__name__.strip("_"))
            change()
        config: dict[str, object] = {}
        if self.random.random() < 0.2:
            config["slice"] = f"{self.random.randint(1, 3)}/3"
        if self.random.random() < 0.2:
            config["allow_incomplete"] = True
        targets = self.random.sample(list(TARGETS.values()), self.random.choice((1, 1, 2)))
        if self.tables and self.random.random() < 0.3 and "slice" not in config:
            targets = [self.random.choice(("results_processing", *targets)), *targets]
        project = opened(work)
        if self.random.random() < 0.2:
            targets.append(self._any_parsed(project))
        return State(list(dict.fromkeys(targets)), self._forces(project), config, self.changes)

    def _all(self) -> list[Callable[[], None]]:
        return [
            *(3 * [self._touch_source, self._edit_source, self._lose, self._lose]),
            *(2 * [self._touch_generation, self._edit_generation, self._lose_many]),
            self._lose_source, self._link_source, self._scramble, self._lose_records, self._grow,
            self._shrink, self._mark_unfinished, self._age_table,
        ]  # fmt: skip

    def _forces(self, project: Project) -> list[str]:
        rules = [f"generate_{stage}" for stage in STAGES]
        kind = self.random.choice(("", "", "", "rules", "files", "targets"))
        if kind == "rules":
            return ["-R", *self.random.sample(rules, self.random.choice((1, 1, 2)))]
        if kind == "files":
            return ["-R", *{self._any_parsed(project) for _ in range(self.random.choice((1, 3)))}]
        return ["-f"] if kind == "targets" else []

    def _any_parsed(self, project: Project) -> str:
        members = [m for stage in STAGES for m in project.membership.stage(stage)]
        member = self.random.choice(members)
        return project.layout.parsed(member.stage, member.gen_id)

    # --- files

    def _sources(self) -> list[Path]:
        raw = self.work.data / "1_raw"
        return sorted(p for p in raw.rglob("*.txt") if p.is_file())

    def _generations(self) -> list[Path]:
        return sorted((self.work.data / "gens").glob("*/*/parsed.txt"))

    def _moment(self, path: Path, low: float = -40.0, high: float = 20.0) -> None:
        moment = self._now + self.random.uniform(low, high)
        os.utime(path, (moment, moment))

    def _touch_source(self) -> None:
        self._moment(self.random.choice(self._sources()))

    def _edit_source(self) -> None:
        path = self.random.choice(self._sources())
        path.write_text(path.read_text() + "{# a note #}" * self.random.randint(0, 1) + "\n")
        self._moment(path)

    def _lose_source(self) -> None:
        """A description; without its template an experiment does not start."""
        texts = [path for path in self._sources() if "concepts" in path.parts]
        self.random.choice(texts).unlink()

    def _link_source(self) -> None:
        path = self.random.choice(self._sources())
        target = path.resolve().with_suffix(".linked")
        if not path.is_symlink():
            shutil.move(path, target)
            path.symlink_to(target)
        moment = self._now + self.random.uniform(-40, 20)
        os.utime(path, (moment, moment), follow_symlinks=False)
        self._moment(target)

    def _lose(self) -> None:
        if made := self._generations():
            self.random.choice(made).unlink()

    def _lose_many(self) -> None:
        made = self._generations()
        for path in self.random.sample(made, len(made) // 3):
            path.unlink()

    def _touch_generation(self) -> None:
        if made := self._generations():
            self._moment(self.random.choice(made))

    def _edit_generation(self) -> None:
        if made := self._generations():
            path = self.random.choice(made)
            path.write_text(path.read_text() + "\n")
            self._moment(path)

    def _scramble(self) -> None:
        """Times as after a copy: in any order."""
        for path in (*self._sources(), *self._generations()):
            self._moment(path, -150, -50)

    def _lose_records(self) -> None:
        shutil.rmtree(self.work.root / ".snakemake" / "metadata", ignore_errors=True)

    def _mark_unfinished(self) -> None:
        """As after a kill: Snakemake's own marks of jobs that were under way."""
        import base64

        if made := self._generations():
            name = self.random.choice(made).relative_to(self.work.root).as_posix()
            mark = self.work.root / ".snakemake" / "incomplete"
            mark.mkdir(parents=True, exist_ok=True)
            (mark / base64.b64encode(name.encode()).decode().replace("/", "_")).touch()

    def _age_table(self) -> None:
        for path in (self.work.data / "5_parsing").rglob("parsed_*"):
            self._moment(path)

    # --- what is asked for

    def _grow(self) -> None:
        kind = self.random.choice(("concepts", "models", "replicates", "templates"))
        if kind == "concepts":
            self.work.concepts(CONCEPTS)
        elif kind == "models":
            self.work.models({"writer": "both", "another": self.random.choice(("both", "judges"))})
        elif kind == "replicates":
            self.work.replicates(**{self.random.choice(("draft", "essay", "evaluation")): 2})
        else:
            self.work.templates("evaluation", ["novelty", "newer"], text="SCORE: X {{ response }}")
        make_cohort(opened(self.work))

    def _shrink(self) -> None:
        self.work.concepts(CONCEPTS[:2])
        make_cohort(opened(self.work))
