"""Which versions of the models answered, from when to when, and with what parameters."""

from __future__ import annotations

import pandas as pd

KEYS = ["stage", "llm_model_id"]
_FIRST = {
    "returned_model": "model versions",
    "provider": "providers",
    "system_fingerprint": "system fingerprints",
    "temperature": "temperatures",
}
_MIXED = {**_FIRST, "max_tokens": "limits of max_tokens"}
VERSION = [*_FIRST, "fallback", "max_tokens", "parameters"]
_COLUMNS = [*KEYS, *VERSION, "first_at", "last_at", "n_answers", "n_priced", "mean_usd", "warning"]


def snapshots(answers: pd.DataFrame) -> pd.DataFrame:
    """A row per stage, model and version that answered; ``warning`` where there are several.

    ``answers`` has a row per generation: stage, llm_model_id, mode, the columns of ``VERSION``,
    ``answered_at`` (UTC, blank without an answer) and ``cost_usd`` (missing where unknown).
    Copies are left out, for no model made them. The warning names what of a model's answers in
    one stage is mixed: their scores are averages over different things; and how many answers are
    not the model's own but those of its fallback. ``mean_usd`` is over the
    ``n_priced`` answers whose cost is known.
    """
    frame = answers[(answers["mode"] != "copy") & (answers["answered_at"] != "")]
    if frame.empty:
        return pd.DataFrame(columns=_COLUMNS)
    frame = frame.assign(cost_usd=pd.to_numeric(frame["cost_usd"]))
    table = frame.groupby([*KEYS, *VERSION], dropna=False, sort=True).agg(
        first_at=("answered_at", "min"),
        last_at=("answered_at", "max"),
        n_answers=("answered_at", "size"),
        n_priced=("cost_usd", "count"),
        mean_usd=("cost_usd", "mean"),
    )
    table = table.reset_index()
    warnings = {key: _warning(part) for key, part in table.groupby(KEYS)}
    table["warning"] = [warnings[key] for key in zip(*(table[k] for k in KEYS), strict=True)]
    return table[_COLUMNS]


def _warning(part: pd.DataFrame) -> str:
    counts = {name: part[column].nunique(dropna=False) for column, name in _MIXED.items()}
    several = [f"{count} {name}" for name, count in counts.items() if count > 1]
    notes = [f"mixes {', '.join(several)}"] if several else []
    for fallback, own in part[part["fallback"] != ""].groupby("fallback")["n_answers"]:
        notes.append(f"has {own.sum()} of {part['n_answers'].sum()} answers of fallback {fallback}")
    return " and ".join(notes)
