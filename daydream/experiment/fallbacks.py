"""Fallbacks: who answers for a model whose own endpoint brings no answer any more.

The cell ``fallback`` in a model's row names another row of ``llm_models.csv``, or an endpoint for
the same model. A fallback's own fallback is not followed: one step, and what was asked for is seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from daydream.experiment.csv_rows import Row
from daydream.experiment.model import Model


def fallback_of(model: Model, models: Iterable[Model]) -> Model | None:
    """Who answers in place of a model; None when nobody does.

    Args:
        model: the model that is asked for.
        models: every row of the catalog.

    Returns:
        another model with all that its own row says, or the same model at another endpoint.
    """
    if not model.fallback:
        return None
    rows = (other for other in models if other.id == model.fallback)
    other = next(rows, None) or replace(model, endpoint=model.fallback)
    return replace(other, fallback="")


def with_fallbacks(requested: Iterable[Model], models: Sequence[Model]) -> list[Model]:
    """All models that a run may call: those that it asks for, and their fallbacks behind them."""
    requested = list(requested)
    fallbacks = (fallback_of(model, models) for model in requested)
    return list(dict.fromkeys([*requested, *filter(None, fallbacks)]))


def check_fallback(
    row: Row, model: Model, models: Sequence[Model], endpoints: Collection[str]
) -> None:
    """Check the fallback of a model that is used.

    Raises:
        CatalogError: when it is neither a model nor an endpoint, is both, or is no other one.
    """
    name = model.fallback
    if not name:
        return
    other = next((known for known in models if known.id == name), None)
    if other is None and name not in endpoints:
        row.fail(
            "fallback",
            f"'{name}' is neither the id of a model nor an endpoint",
            f"Endpoints are {', '.join(sorted(endpoints))}.",
        )
    if other is not None and name in endpoints:
        row.fail("fallback", f"'{name}' is a model and an endpoint", "Rename one of them.")
    if name in (model.id, model.endpoint):
        row.fail("fallback", f"'{name}' is what falls back", "Name another one.")
    if other is not None and not other.model:
        row.fail("fallback", f"the row of '{name}' has no model", "Fill in its cell `model`.")
    if other is not None and other.endpoint not in endpoints:
        row.fail(
            "fallback",
            f"'{name}' is at endpoint '{other.endpoint}', which the configuration does not have",
            f"Name one of {', '.join(sorted(endpoints))} in its row, or describe it there.",
        )
