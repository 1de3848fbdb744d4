"""What a spec's rules on self-judgement need to know of authors and judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daydream.experiment.spec.model import Level

Same = Callable[[Level, Level], bool]


@dataclass(frozen=True)
class Judging:
    """What the catalogs know of authors and judges; without them only the axes are known.

    Attributes:
        same_model: whether two model ids are one model.
        same_provider: whether they have one provider; None when that is not known.
        is_copy: whether an essay template copies the draft, whose model is then the author.

    """

    same_model: Same = lambda model_a, model_b: model_a == model_b
    same_provider: Same | None = None
    is_copy: Callable[[Level], bool] = lambda template: False
