"""A data root as the workflow leaves it, made in a moment: for the report's tests and benchmark."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

from daydream.experiment.combinations import COLUMNS
from daydream.experiment.pairing import ring_pairs
from daydream.results.analyses import make_analyses
from daydream.results.comparisons import ComparisonRow, cohort_comparisons
from daydream.results.names import ANALYSIS_TABLES, PAIRWISE_TABLES, SUMMARY_TABLES
from daydream.results.pairwise import make_pairwise
from daydream.results.scores import ScoreRow, cohort_scores, write_rows, write_scores
from daydream.results.snapshots import make_snapshots
from daydream.results.summary import make_summaries
from daydream.store.ids import combo_id
from daydream.store.layout import FORMS, Layout, Stage
from daydream.store.membership import Member, Membership

CONCEPTS = {
    "bees": "Bees of the hive",
    "tides": "Tides",
    "chess": "Chess openings",
    "fjord": "Fjords & glaciers",
    "looms": "Looms",
    "moss": "Moss",
    "radar": "Radar",
    "salt": "Salt",
}
MODELS = ("small", "middle", "large", "judge-one", "judge-two", "judge-three", "judge-four")
WORDS = (
    *("idea", "memory", "loop", "rest", "wander", "link", "distant", "pattern", "verify"),
    *("search", "concept", "surprise", "store", "return", "seed", "combine", "judge", "filter"),
    *("idle", "night", "reward", "draft", "question", "model", "thought", "slow", "fast"),
)
AT = "2026-03-04T10:{:02d}:{:02d}.000+00:00"


@dataclass(frozen=True)
class Size:
    """How much there is of everything; evaluators are the models that are called judges."""

    combos: int = 4
    draft_templates: int = 2
    essay_templates: int = 3
    models: int = 3
    evaluators: int = 2
    evaluation_templates: int = 2
    replicates: int = 1
    rings: int = 0  # of comparisons


class ReportStore:
    """A cohort called ``trial`` under ``root/data``, with tables, and a way to change its texts."""

    def __init__(self, root: Path, size: Size | None = None, seed: int = 1) -> None:
        self.size = size or Size()
        self.layout = Layout(str(root / "data"))
        self.random = random.Random(seed)
        self._write_catalog()
        self.membership = Membership("trial", self._members())
        self.membership.write(self.layout.membership("trial"))
        self._quality = {name: self.random.gauss(0, 1) for name in (*MODELS, *self.combos)}
        for stage in self.membership.by_stage:
            for member in self.membership.stage(stage):
                self._make(member)

    def ids(self, stage: Stage) -> list[str]:
        return list(self.membership.by_stage[stage])

    def file(self, stage: Stage, gen_id: str, name: str = "parsed.txt") -> Path:
        return Path(self.layout.generation(stage, gen_id)) / name

    def raw(self, name: str, text: str) -> None:
        write(Path(self.layout.raw(name)), text)

    def fail(self, stage: Stage, gen_id: str, kind: str, message: str) -> None:
        """Let a generation have failed."""
        self.file(stage, gen_id).unlink(missing_ok=True)
        metadata = self.file(stage, gen_id, "metadata.json")
        facts = json.loads(metadata.read_text())
        facts |= {"status": "failed", "error": {"kind": kind, "message": message}}
        metadata.write_text(json.dumps(facts))

    def tabulate(self, min_coverage: float = 0.9) -> None:
        """Make the tables."""
        layout, scores = self.layout, self.layout.scores("trial")
        self.scores: list[ScoreRow] = list(cohort_scores(layout, self.membership))
        write_scores(scores, self.scores)
        scales = layout.templates_csv("evaluation")
        outputs = [layout.summary("trial", t, form) for t in SUMMARY_TABLES for form in FORMS]
        make_summaries(scores, scales, min_coverage, outputs)
        versions = [layout.summary("trial", "snapshots", form) for form in FORMS]
        make_snapshots(layout.membership("trial"), versions)
        outputs = [layout.summary("trial", t, form) for t in ANALYSIS_TABLES for form in FORMS]
        make_analyses(scores, scales, min_coverage, outputs, versions[0])
        if self.membership.by_stage["comparison"]:
            self._compare(min_coverage)

    def _compare(self, min_coverage: float) -> None:
        self.comparisons = list(cohort_comparisons(self.layout, self.membership))
        path = self.layout.comparisons("trial")
        write_rows(path, ComparisonRow, self.comparisons)
        tables = product(PAIRWISE_TABLES, FORMS)
        outputs = [self.layout.summary("trial", name, form) for name, form in tables]
        make_pairwise(path, self.layout.membership("trial"), min_coverage, outputs)

    def _write_catalog(self) -> None:
        size = self.size
        pairs = list(combinations(CONCEPTS, 2))[: size.combos]
        self.combos = {combo_id(pair, "paragraph", 2): pair for pair in pairs}
        header = "template_id,template_name,description,parser,generator,active"
        self.raw(
            "concepts_metadata.csv",
            table(
                "concept_id,name,active", [f"{key},{name},true" for key, name in CONCEPTS.items()]
            ),
        )
        for key, name in CONCEPTS.items():
            self.raw(f"concepts/descriptions-paragraph/{key}.txt", f"What is known of {name}.\n")
        self.raw(
            "draft_templates.csv",
            table(header, [f"draft-{n},Draft {n},,,llm,true" for n in range(size.draft_templates)]),
        )
        self.raw(
            "essay_templates.csv",
            table(
                header,
                [
                    f"essay-{n},Essay {n},,,{'llm' if n else 'copy'},true"
                    for n in range(size.essay_templates)
                ],
            ),
        )
        self.raw(
            "evaluation_templates.csv",
            table(
                f"{header},score_min,score_max",
                [
                    f"judge-{n},Question {n},,in_last_line,llm,true,0,10"
                    for n in range(size.evaluation_templates)
                ],
            ),
        )
        self.raw(
            "comparison_templates.csv",
            table(header, ["closer,Closer to the idea,,verdict,llm,true"]),
        )
        self.raw(
            "llm_models.csv",
            table(
                "id,model,provider,display_name,specialization",
                [f"{name},lab/{name},lab,The {name} model," for name in MODELS],
            ),
        )
        rows = [
            f"{combo},v1,{concept},paragraph,2,2026-03-04T09:00:00+00:00"
            for combo, pair in self.combos.items()
            for concept in pair
        ]
        write(Path(self.layout.combo_mappings), table(",".join(COLUMNS), rows))

    def _members(self) -> Iterator[Member]:
        size = self.size
        drafts = [
            Member("draft", f"d_{n:016d}", "trial", "", combo, f"draft-{template}", model, 1)
            for n, (combo, template, model) in enumerate(
                product(self.combos, range(size.draft_templates), MODELS[: size.models])
            )
        ]
        essays = [
            Member(
                "essay",
                f"e_{n:016d}",
                "trial",
                draft.gen_id,
                draft.combo_id,
                f"essay-{template}",
                draft.llm_model_id,
                1,
            )
            for n, (draft, template) in enumerate(product(drafts, range(size.essay_templates)))
        ]
        yield from drafts
        yield from essays
        judges = MODELS[3 : 3 + size.evaluators]
        templates = range(size.evaluation_templates)
        replicates = range(1, size.replicates + 1)
        kinds = product(essays, templates, judges, replicates)
        for n, (essay, template, judge, replicate) in enumerate(kinds):
            yield Member(
                "evaluation",
                f"v_{n:016d}",
                "trial",
                essay.gen_id,
                essay.combo_id,
                f"judge-{template}",
                judge,
                replicate,
            )
        yield from self._comparisons(essays)

    def _comparisons(self, essays: list[Member]) -> Iterator[Member]:
        combos = {essay.gen_id: essay.combo_id for essay in essays}
        pairs = ring_pairs(combos, self.size.rings)
        judges = MODELS[3 : 3 + self.size.evaluators]
        orders = ((pair, pair[::-1]) for pair in pairs)
        for n, (judge, (one, other)) in enumerate(
            (judge, order) for both in orders for judge in judges for order in both
        ):
            name, combo = f"c_{n:016d}", combos[one]
            yield Member("comparison", name, "trial", one, combo, "closer", judge, 1, other)

    def _make(self, member: Member) -> None:
        folder = self.file(member.stage, member.gen_id).parent
        is_copy = member.template_id == "essay-0"
        text = self._text(member)
        metadata = {name: value for name, value in member._asdict().items() if name != "cohort_id"}
        if is_copy:
            text = self.file("draft", member.parent_gen_id).read_text()
            metadata["mode"] = "copy"
        else:
            metadata |= self._call(member)
            write(folder / "prompt.txt", f"Do it well.\n{text[:200]}\n")
            write(folder / "raw.txt", text)
            attempt = {
                "at": metadata["answered_at"],
                "outcome": "answer",
                "parameters": {},
                **metadata,
            }
            attempt |= {"text": text, "replicate": member.replicate}
            write(folder / "attempts.jsonl", json.dumps(attempt) + "\n")
        write(folder / "metadata.json", json.dumps(metadata))
        is_judged = member.stage in ("evaluation", "comparison")
        scored = text.rsplit(" ", 1)[-1] if is_judged else text
        write(folder / "parsed.txt", scored)

    def _call(self, member: Member) -> dict[str, object]:
        price = 1 + MODELS.index(member.llm_model_id)
        out = self.random.randint(200, 900)
        second = self.random.randint(0, 3599)
        return {
            "mode": "llm",
            "status": "ok",
            "endpoint": "mock",
            "model": f"lab/{member.llm_model_id}",
            "returned_model": f"lab/{member.llm_model_id}-2026-01",
            "finish_reason": "stop",
            "fingerprint": member.gen_id,
            "usage": {"prompt_tokens": 300, "completion_tokens": out},
            "cost_usd": round(price * out * 1e-6, 8),
            "latency_s": round(out / 90, 2),
            "answered_at": AT.format(second // 60, second % 60),
        }

    def _text(self, member: Member) -> str:
        if member.stage == "evaluation":
            return f"{self._prose(40)}\n\nSCORE: {self._score(member)}"
        if member.stage == "comparison":
            return f"{self._prose(40)}\n\nVERDICT: {self._verdict(member)}"
        title = " ".join(self.random.sample(WORDS, 5)).capitalize()
        return f"# {title}\n\n" + "\n\n".join(self._prose(70) for _ in range(5)) + "\n"

    def _prose(self, count: int) -> str:
        return " ".join(self.random.choices(WORDS, k=count)).capitalize() + "."

    def _verdict(self, member: Member) -> str:
        one, other = (self.membership.member("essay", parent) for parent in member.parents)
        gap = self._quality[one.combo_id] - self._quality[other.combo_id] + self.random.gauss(0, 1)
        return "tie" if abs(gap) < 0.2 else "A" if gap > 0 else "B"

    def _score(self, member: Member) -> int:
        essay = self.membership.member("essay", member.parent_gen_id)
        quality = self._quality[essay.llm_model_id] + self._quality[essay.combo_id]
        severity = self._quality[member.llm_model_id]
        return min(10, max(0, round(5.5 + quality - severity + self.random.gauss(0, 1.2))))


def table(header: str, rows: list[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
