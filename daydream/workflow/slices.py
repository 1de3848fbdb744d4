"""What is in the way of a sliced run: tables, a force that reaches too far, undividable limits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from daydream.experiment.fallbacks import with_fallbacks
from daydream.workflow.forcing import EVERYTHING, FORCED_VARIABLE
from daydream.workflow.project import Project

TABLES_OF_COHORT = ("parsed_scores", "parsed_comparisons")


def obstacles_to_slice(project: Project, rules: Iterable[str]) -> Iterator[str]:
    """A message for each thing that a run of one slice must not do; nothing without a slice.

    Args:
        project: the experiment.
        rules: the names of the rules that are going to run.
    """
    if project.settings.part is None:
        return
    if os.environ.get(FORCED_VARIABLE) == EVERYTHING:
        yield (
            "-F makes the cohort again too, which all slices share. Force generations: "
            "-R generate_draft generate_essay generate_evaluation"
        )
    if not set(TABLES_OF_COHORT).isdisjoint(rules):
        yield only_generations(project)


def only_generations(project: Project) -> str:
    """Why a slice has no tables: they would tell of a part as if it were the cohort."""
    return (
        f"slice={project.settings.slice} makes generations only, as tables are of the whole "
        "cohort. Ask for evaluation (or comparison); when all slices are made, run without a slice."
    )


def obstacles_of_limits(project: Project, models: Iterable[str], count: int) -> Iterator[str]:
    """A message for each endpoint that takes fewer calls at once than there are slices.

    Args:
        project: the experiment.
        models: ids of the models that are going to be called.
        count: how many slices there are.
    """
    catalog = project.design.catalog
    requested = [catalog.model(model) for model in models]
    for name in sorted({m.endpoint for m in with_fallbacks(requested, catalog.all_models)}):
        endpoint = project.settings.endpoints[name]
        is_shared = not endpoint.is_own and not (project.settings.batch and endpoint.batch)
        if is_shared and endpoint.max_concurrency < count:
            yield (
                f"endpoints.{name}.max_concurrency is {endpoint.max_concurrency}, and {count} "
                f"slices would call at least {count} times at once. Use at most "
                f"{endpoint.max_concurrency} slices, or raise it."
            )


def has_own_models(project: Project) -> bool:
    """Whether a model may be asked that each slice serves itself, or has in its process."""
    catalog = project.design.catalog
    requested = (*catalog.generation_models, *catalog.evaluation_models)
    models = with_fallbacks(requested, catalog.all_models)
    return any(project.settings.endpoints[model.endpoint].is_own for model in models)
