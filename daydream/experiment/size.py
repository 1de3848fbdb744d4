"""How many generations an experiment asks for, counted before any is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daydream.errors import CohortError

if TYPE_CHECKING:
    from daydream.experiment.model import Catalog
    from daydream.experiment.settings import Settings

_ENDLESS = 10**300


def count_subsets(n: int, k: int) -> int:
    """Number of k-subsets of n things; counting stops at 10**300."""
    count, k = 1, min(k, n - k)
    for i in range(1, k + 1):
        count = count * (n - k + i) // i
        if count > _ENDLESS:
            return _ENDLESS
    return count


def count_generations(catalog: Catalog, settings: Settings, combos: int) -> int:
    """Number of drafts, essays, evaluations and comparisons of the full product."""
    replicates = catalog.replicates
    models = len(catalog.generation_models)
    drafts = combos * len(catalog.templates("draft")) * models * replicates["draft"]
    essays = drafts * sum(
        1 if template.is_copy else replicates["essay"] for template in catalog.templates("essay")
    )
    return drafts + essays + count_judgements(catalog, settings, essays)


def count_judgements(catalog: Catalog, settings: Settings, essays: int) -> int:
    """Number of evaluations, and at most so many comparisons, of some essays."""
    judges = len(catalog.evaluation_models)
    evaluations = (
        essays * len(catalog.templates("evaluation")) * judges * catalog.replicates["evaluation"]
    )
    pairs = essays * min(settings.pairs_per_essay, max(essays - 1, 0) // 2 + 1)
    comparisons = (
        2 * pairs * len(catalog.templates("comparison")) * judges * catalog.replicates["comparison"]
    )
    return evaluations + comparisons


def check_size(count: int, settings: Settings, where: str) -> None:
    """Refuse an experiment that is larger than ``max_generations``.

    Raises:
        CohortError: with the number that is asked for.

    """
    if count <= settings.max_generations:
        return
    raise CohortError(
        f"{where}: k_max {settings.k_max} and the replicates ask for {in_words(count)} "
        f"generations, and max_generations allows {settings.max_generations:,}. Lower k_max, the "
        "replicates or the number of active rows, or raise max_generations (--config "
        "max_generations=N)."
    )


def in_words(count: int) -> str:
    """A count, of which an endless one is told by its size."""
    return f"{count:,}" if count < 10**15 else f"about 10^{len(str(min(count, _ENDLESS))) - 1}"
