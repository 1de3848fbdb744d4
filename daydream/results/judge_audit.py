"""How far planted texts move each judge under each template, paired with the clean essays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import NamedTuple

from daydream.results.scores import ScoreRow


class Move(NamedTuple):
    """What a plant did to one judge under one template.

    ``difference`` is the mean of planted less clean over ``n_pairs`` pairs of one essay and
    replicate, in points of the template's scale; ``n_up`` of them went up. ``n_unpaired`` planted
    essays lack a score, or their clean one does. None where no pair has both scores.
    """

    judge: str
    template: str
    plant: str
    n_pairs: int
    n_unpaired: int
    n_up: int
    clean: float | None
    difference: float | None


def moves(rows: Iterable[ScoreRow], planted: Mapping[str, tuple[str, str]]) -> list[Move]:
    """The moves by judge, template and plant.

    Args:
        rows: the scores of the audit's cohort.
        planted: for each planted essay the clean one's id and the plant's name.

    """
    listed = list(rows)
    scores = {_cell(row, row.parent_gen_id): row.score for row in listed}
    groups: dict[tuple[str, str, str], list[tuple[float | None, float | None]]] = defaultdict(list)
    for row in listed:
        if row.parent_gen_id in planted:
            clean, plant = planted[row.parent_gen_id]
            group = (row.evaluation_llm_model, row.evaluation_template, plant)
            groups[group].append((scores.get(_cell(row, clean)), row.score))
    return [_move(*group, pairs) for group, pairs in groups.items()]


def _cell(row: ScoreRow, essay: str) -> tuple[str, str, str, int]:
    return essay, row.evaluation_llm_model, row.evaluation_template, row.replicate


def _move(
    judge: str, template: str, plant: str, pairs: list[tuple[float | None, float | None]]
) -> Move:
    both = [(clean, moved) for clean, moved in pairs if clean is not None and moved is not None]
    differences = [moved - clean for clean, moved in both]
    return Move(
        judge,
        template,
        plant,
        n_pairs=len(both),
        n_unpaired=len(pairs) - len(both),
        n_up=sum(difference > 0 for difference in differences),
        clean=fmean(clean for clean, _ in both) if both else None,
        difference=fmean(differences) if both else None,
    )
