"""The table `snapshots`: which versions of the models answered, from the metadata of a cohort."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from daydream.results.statistics.snapshots import snapshots
from daydream.results.table_files import write_table
from daydream.store.layout import Layout
from daydream.store.membership import Membership, read_membership
from daydream.store.metadata import as_number, as_text, read_metadata

_NUMBERS = ("temperature", "max_tokens", "mean_usd")
_WHOLE = ("n_answers", "n_priced")


class AnswerRow(NamedTuple):
    """What the metadata say of the answer in use; ``""`` or None where they do not.

    ``parameters`` are those of the request, as JSON with sorted keys. ``cost_usd`` is None where
    the price is unknown.
    """

    stage: str
    llm_model_id: str
    mode: str
    returned_model: str
    provider: str
    system_fingerprint: str
    fallback: str
    temperature: float | None
    max_tokens: float | None
    parameters: str
    answered_at: str
    cost_usd: float | None


def cohort_answers(layout: Layout, membership: Membership) -> Iterator[AnswerRow]:
    """A row per generation of the cohort, in its order."""
    for stage in membership.by_stage:
        for member in membership.stage(stage):
            metadata = read_metadata(layout, stage, member.gen_id)
            yield _row(stage, member.llm_model_id, metadata)


def _row(stage: str, model: str, metadata: Mapping[str, Any]) -> AnswerRow:
    recorded = metadata.get("parameters")
    parameters: dict[str, Any] = recorded if isinstance(recorded, dict) else {}
    return AnswerRow(
        stage=stage,
        llm_model_id=model,
        mode=as_text(metadata.get("mode")) or "llm",
        returned_model=as_text(metadata.get("returned_model")) or "",
        provider=as_text(metadata.get("provider")) or "",
        system_fingerprint=as_text(metadata.get("system_fingerprint")) or "",
        fallback=as_text(metadata.get("fallback")) or "",
        temperature=as_number(parameters.get("temperature")),
        max_tokens=as_number(parameters.get("max_tokens")),
        parameters=json.dumps(parameters, sort_keys=True) if parameters else "",
        answered_at=as_text(metadata.get("answered_at")) or "",
        cost_usd=as_number(metadata.get("cost_usd")),
    )


def make_snapshots(membership: str, outputs: Iterable[str]) -> None:
    """Write the table of a cohort, as CSV or Parquet; its store is where its membership is."""
    root = Path(membership).parents[2]  # the membership is cohorts/<cohort>/membership.csv in it
    answers = cohort_answers(Layout(str(root)), read_membership(membership))
    frame = pd.DataFrame(answers, columns=list(AnswerRow._fields))
    table = _typed(snapshots(frame))
    for output in outputs:
        write_table(output, table)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Each column's own type, which a table without rows does not know."""
    kinds = dict.fromkeys(table.columns, "string")
    kinds |= dict.fromkeys(_NUMBERS, "float64") | dict.fromkeys(_WHOLE, "Int64")
    return table.astype(kinds)
