"""Which versions of the models answered, from when to when, and with what parameters."""

from __future__ import annotations

import pandas as pd

KEYS = ["stage", "llm_model_id"]
VERSION = ["returned_model", "provider", "system_fingerprint", "temperature", "max_tokens"]
MIXED = {
    "returned_model": "model versions",
    "provider": "providers",
    "system_fingerprint": "system fingerprints",
    "temperature": "temperatures",
}
_COLUMNS = [*KEYS, *VERSION, "first_at", "last_at", "n_answers", "warning"]


def snapshots(generations: pd.DataFrame) -> pd.DataFrame:
    """A row per stage, model and version that answered; ``warning`` where there are several.

    ``generations`` has a row per generation: stage, llm_model_id, mode, the columns of
    ``VERSION`` and ``answered_at`` (UTC, blank without an answer). Copies are left out, for no
    model made them. The warning names what of a model's answers in one stage is mixed: their
    scores are averages over different things.
    """
    frame = generations[(generations["mode"] != "copy") & (generations["answered_at"] != "")]
    if frame.empty:
        return pd.DataFrame(columns=_COLUMNS)
    grouped = frame.groupby([*KEYS, *VERSION], dropna=False, sort=True)["answered_at"]
    table = grouped.agg(first_at="min", last_at="max", n_answers="size").reset_index()
    warnings = {key: _warning(part) for key, part in table.groupby(KEYS)}
    table["warning"] = [warnings[key] for key in zip(*(table[k] for k in KEYS), strict=True)]
    return table[_COLUMNS]


def _warning(part: pd.DataFrame) -> str:
    several = [
        f"{part[column].nunique(dropna=False)} {name}"
        for column, name in MIXED.items()
        if part[column].nunique(dropna=False) > 1
    ]
    return f"mixes {', '.join(several)}" if several else ""
