"""What an experiment asked, in counts."""

from __future__ import annotations

from collections.abc import Iterator

from daydream.report.findings.model import Evidence, Finding, counted, listed
from daydream.results.axis_names import AXIS_NAMES


def asked(evidence: Evidence) -> Iterator[Finding]:
    """What was compared, on how many texts, by how many judges."""
    scores = evidence.scores
    if scores.empty:
        yield Finding("No evaluation was asked for.")
        return
    levels = {name: scores[axis].nunique() for axis, name in AXIS_NAMES.items()}
    several = [counted(count, name) for name, count in levels.items() if count > 1]
    what = f"compares {listed(several, 4)}" if several else "has nothing to compare"
    yield Finding(f"This experiment {what}.", "parsed_scores")
    texts = counted(scores["parent_gen_id"].nunique(), "essay")
    if scores["draft_gen_id"].all():
        texts += f" of {counted(scores['draft_gen_id'].nunique(), 'draft')}"
    judges = counted(scores["evaluation_llm_model"].nunique(), "judge")
    templates = counted(scores["evaluation_template"].nunique(), "evaluation template")
    valid = int(scores["score"].notna().sum())
    yield Finding(
        f"It has {texts}, scored by {judges} under {templates}: {valid:,} of {len(scores):,} "
        "evaluations have a score.",
        "parsed_scores",
    )
