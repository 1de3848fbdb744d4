"""The comparisons of one essay, with opponents and verdicts, for `daydream show`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from daydream.cli.console import WIDTH, aligned
from daydream.cli.text import result_of
from daydream.store.layout import Layout
from daydream.store.membership import Member
from daydream.store.status import state_of


def meetings(layout: Layout, essay: Member, children: Iterable[Member]) -> Iterator[str]:
    """A table of the comparisons among an essay's children; nothing when there are none."""
    comparisons = [child for child in children if child.stage == "comparison"]
    if not comparisons:
        return
    yield ""
    yield f"==== comparisons of {essay.gen_id} ".ljust(WIDTH, "=")
    rows: list[tuple[str, ...]] = [
        ("gen_id", "with", "template", "model", "result", "shown", "replicate")
    ]
    rows += [_row(layout, essay, member) for member in comparisons]
    yield from aligned(rows, texts=6)


def _row(layout: Layout, essay: Member, member: Member) -> tuple[str, ...]:
    is_first = member.parent_gen_id == essay.gen_id
    opponent = member.second_gen_id if is_first else member.parent_gen_id
    state, verdict = state_of(layout, member), result_of(layout, member)
    results = {"tie": "tie", "A": "won" if is_first else "lost", "B": "lost" if is_first else "won"}
    return (
        member.gen_id,
        opponent,
        member.template_id,
        member.llm_model_id,
        results.get(verdict, verdict) if state == "done" else state,
        "first" if is_first else "second",
        str(member.replicate),
    )
