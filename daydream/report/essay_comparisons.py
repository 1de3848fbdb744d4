"""The comparisons of one essay, for the essay's page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from daydream.formats import printable
from daydream.report.generation_view import GenerationView, read_generation_view, reasoning_of
from daydream.report.names import Names
from daydream.report.text import DisplayText
from daydream.results.comparisons import ComparisonRow, cohort_comparisons
from daydream.store.layout import Layout
from daydream.store.membership import Membership

WON, LOST, TIED, UNDECIDED = "won", "lost", "tied", "undecided"
_ORDERS = 2


class Order(NamedTuple):
    """A pair judged in one order; ``verdict`` is WON, LOST or TIED of the page's essay.

    ``verdict`` is blank when there is none, and then ``error`` says why. ``reasoning`` is what an
    answer in JSON gives as such.
    """

    generation: GenerationView
    is_first: bool
    verdict: str
    error: str
    reasoning: DisplayText | None


class Meeting(NamedTuple):
    """Two essays before one judge, in both orders, from the side of the page's essay.

    ``outcome`` is WON or LOST where both orders say so, TIED where they differ or say tie, and
    UNDECIDED where an order has no verdict. ``opponent`` is a gen_id.
    """

    opponent: str
    described: str
    outcome: str
    orders: tuple[Order, ...]


class Comparisons:
    """The comparisons of a cohort, by the essays that were in them."""

    def __init__(self, layout: Layout, membership: Membership, names: Names) -> None:
        self._layout, self._membership, self._names = layout, membership, names
        self._rows: dict[str, list[ComparisonRow]] = {}
        for row in cohort_comparisons(layout, membership):
            for essay in (row.first_gen_id, row.second_gen_id):
                self._rows.setdefault(essay, []).append(row)

    def of(self, essay: str) -> tuple[Meeting, ...]:
        """The meetings of an essay, in the order of the cohort."""
        by_opponent: dict[tuple[object, ...], list[Order]] = {}
        for row in self._rows.get(essay, ()):
            opponent = row.second_gen_id if row.first_gen_id == essay else row.first_gen_id
            judged = (row.comparison_template, row.evaluation_llm_model, row.replicate)
            by_opponent.setdefault((opponent, *judged), []).append(self._order(essay, row))
        return tuple(
            Meeting(str(key[0]), self._described(str(key[0])), outcome(orders), _sorted(orders))
            for key, orders in by_opponent.items()
        )

    def _order(self, essay: str, row: ComparisonRow) -> Order:
        member = self._membership.member("comparison", row.gen_id)
        generation = read_generation_view(self._layout, self._names, member)
        by_winner = {"": TIED, essay: WON}
        return Order(
            generation=generation,
            is_first=row.first_gen_id == essay,
            verdict=by_winner.get(row.winner_gen_id, LOST) if row.verdict else "",
            error=printable(row.error),
            reasoning=reasoning_of(generation.raw),
        )

    def _described(self, essay: str) -> str:
        """What an essay was made of, as its title is on its own page only."""
        line = self._membership.lineage(self._membership.member("essay", essay))
        draft, made = line["draft"], line["essay"]
        of: Callable[[str, str], str] = self._names.of
        parts = (
            self._names.combo(draft.combo_id),
            of("draft_template", draft.template_id),
            of("generation_template", made.template_id),
            of("generation_model", made.llm_model_id),
        )
        return ", ".join(parts)


def _sorted(orders: Sequence[Order]) -> tuple[Order, ...]:
    return tuple(sorted(orders, key=lambda order: not order.is_first))


def outcome(orders: Sequence[Order]) -> str:
    """What the orders of a pair say together."""
    verdicts = {order.verdict for order in orders}
    if len(orders) != _ORDERS or "" in verdicts:
        return UNDECIDED
    return verdicts.pop() if len(verdicts) == 1 else TIED


def tally(meetings: Sequence[Meeting]) -> str:
    """How the meetings of an essay ended, such as ``won 2, lost 1, tied 0``."""
    ends = [meeting.outcome for meeting in meetings]
    outcomes = (WON, LOST, TIED) if UNDECIDED not in ends else (WON, LOST, TIED, UNDECIDED)
    return ", ".join(f"{end} {ends.count(end)}" for end in outcomes)
