"""The table of essays that the page sorts and filters, a row each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from daydream.report.data import ReportTables
from daydream.report.grid import as_float
from daydream.results.final_results import with_shares
from daydream.store.membership import CONTROL, IMPORT

KEYS = ("combo_id", "draft_template", "generation_template", "generation_model")


class EssayRow(NamedTuple):
    """An essay and its scores.

    ``mean`` is of the shares of the scale, 0 to 1, over evaluations with a score; None when there
    is none. ``cost_usd`` is of the essay and its draft, as far as answers in use; None when
    unknown. ``is_covered`` says whether enough evaluations have a score; an essay of which none is
    expected is not covered. ``apart`` is how far its judges are apart under one template, at most,
    as a share of the scale; None with fewer than two judges. ``address`` is a passage that speaks
    to the judge, blank where there is none.
    """

    gen_id: str
    combo_id: str
    draft_template: str
    generation_template: str
    generation_model: str
    replicate: int
    status: str
    mean: float | None
    n_valid: int
    n_expected: int
    is_covered: bool
    cost_usd: float | None
    title: str = ""
    apart: float | None = None
    address: str = ""


def essay_rows(tables: ReportTables) -> list[EssayRow]:
    """A row for every essay of the cohort, in its order."""
    generations = tables.generations
    drafts = generations[generations["stage"] == "draft"].set_index("gen_id")
    essays = essays_of(generations)
    addresses = tables.scores.groupby("parent_gen_id")["address_to_judge"].first().to_dict()
    every_share = with_shares(tables.scores, tables.scales)
    apart = _apart(every_share)
    shares = every_share.groupby("parent_gen_id")["share"]
    scored = shares.agg(["mean", "count", "size"]).to_dict(orient="index")
    by_draft = drafts[["template_id", "combo_id", "cost_usd"]].to_dict(orient="index")
    return [
        _row(
            essay, by_draft.get(essay["parent_gen_id"], {}), scored.get(essay["gen_id"], {}), tables
        )._replace(
            apart=apart.get(essay["gen_id"]), address=str(addresses.get(essay["gen_id"]) or "")
        )
        for essay in essays.to_dict(orient="records")
    ]


def essays_of(generations: pd.DataFrame) -> pd.DataFrame:
    """The essays among the generations of a cohort, without its controls."""
    essays = generations[generations["stage"] == "essay"]
    is_control = (essays["template_id"] == IMPORT) & essays["llm_model_id"].str.startswith(CONTROL)
    return essays[~is_control.astype(bool)]


def _apart(shares: pd.DataFrame) -> dict[str, float]:
    """By essay: the largest range of its judges' means under one template."""
    keys = ["parent_gen_id", "evaluation_template"]
    judges = (
        shares.dropna(subset=["share"]).groupby([*keys, "evaluation_llm_model"])["share"].mean()
    )
    ranges = judges.groupby(keys).agg(["min", "max", "size"])
    ranges = ranges[ranges["size"] > 1]
    widest = (ranges["max"] - ranges["min"]).groupby("parent_gen_id").max()
    return {str(gen_id): float(width) for gen_id, width in widest.items()}


def _row(
    essay: Mapping[Any, Any],
    draft: Mapping[Any, Any],
    scored: Mapping[Any, Any],
    tables: ReportTables,
) -> EssayRow:
    valid, expected = int(scored.get("count", 0)), int(scored.get("size", 0))
    costs = as_float(draft.get("cost_usd")), as_float(essay["cost_usd"])
    return EssayRow(
        gen_id=essay["gen_id"],
        combo_id=draft.get("combo_id") or essay["combo_id"],
        draft_template=draft.get("template_id", ""),
        generation_template=essay["template_id"],
        generation_model=essay["llm_model_id"],
        replicate=int(essay["replicate"]),
        status=essay["status"],
        mean=as_float(scored.get("mean")),
        n_valid=valid,
        n_expected=expected,
        is_covered=expected > 0 and valid >= tables.min_coverage * expected - 1e-9,
        cost_usd=None if costs[0] is None or costs[1] is None else costs[0] + costs[1],
    )


def as_script(rows: Iterable[EssayRow], tables: ReportTables) -> str:
    """The rows as JavaScript; a page from disk may load a script, but fetch nothing."""
    rows = list(rows)
    listed = {key: list(dict.fromkeys(getattr(row, key) for row in rows)) for key in KEYS}
    places = {key: {value: n for n, value in enumerate(listed[key])} for key in KEYS}
    content = {
        "names": {
            key: [
                [value, tables.names.of(key, value), _words(tables, key, value)] for value in found
            ]
            for key, found in listed.items()
        },
        "rows": [_compact(row, places) for row in rows],
    }
    return assigned("DAYDREAM_ESSAYS", content)


def _words(tables: ReportTables, key: str, value: str) -> str:
    """What a search finds besides the name: the ids of the concepts."""
    combo = tables.names.combos.get(value) if key == "combo_id" else None
    return " ".join(combo.concept_ids) if combo else ""


def _compact(row: EssayRow, places: Mapping[str, Mapping[str, int]]) -> list[Any]:
    return [
        row.gen_id,
        *(places[key][getattr(row, key)] for key in KEYS),
        row.replicate,
        row.status,
        None if row.mean is None else round(row.mean, 6),
        row.n_valid,
        row.n_expected,
        int(row.is_covered),
        None if row.cost_usd is None else round(row.cost_usd, 9),
        row.title,
        None if row.apart is None else round(row.apart, 6),
        int(bool(row.address)),
    ]


def assigned(variable: str, content: Any) -> str:
    """A script that sets a global variable, safe inside a page and as a file."""
    return f"window.{variable} = {as_json(content)};\n"


def as_json(content: Any) -> str:
    """JSON that no HTML parser and no old JavaScript engine can misread.

    Escaped beyond JSON's own need: ``<``, ``>`` and ``&``, which could end or open markup, and the
    two line separators that JavaScript once took for the end of a line.
    """
    text = json.dumps(_finite(content), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _finite(content: Any) -> Any:
    """JSON has no NaN; a chart treats null alike."""
    if isinstance(content, float):
        return as_float(content)
    if isinstance(content, Mapping):
        return {str(key): _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content if content is None or not pd.api.types.is_scalar(content) else _plain(content)


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's."""
    return value.item() if hasattr(value, "item") else value
