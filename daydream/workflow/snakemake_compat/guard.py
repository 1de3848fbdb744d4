"""The guard of every reach into Snakemake: one warning where Snakemake is built otherwise."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def reach(purpose: str, fallback: Callable[[], T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a reach: where Snakemake is built otherwise, warn once and go on without it."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def reach(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except (AttributeError, ImportError) as error:
                warn_once(purpose, str(error))
                return fallback()

        return reach

    return decorate


@functools.cache
def warn_once(purpose: str, error: str) -> None:
    """Say what is not available, the first time that it is missed."""
    message = "This version of Snakemake is built differently, so %s is not available (%s)."
    logging.getLogger("snakemake.logging").warning(message % (purpose, error))
