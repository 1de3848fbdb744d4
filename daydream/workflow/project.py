"""An opened experiment: its settings, where its files are, its design and its cohort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from daydream.errors import CatalogError, CohortError
from daydream.experiment.cohort import Design
from daydream.experiment.fallbacks import with_fallbacks
from daydream.experiment.installation import STARTER_CATALOGS
from daydream.experiment.model import Model
from daydream.experiment.settings import Settings
from daydream.experiment.slices import members_of_slice
from daydream.generation.prompt_builder import PromptBuilder
from daydream.llm.budget import check_bounds, check_prices
from daydream.llm.pricing import price
from daydream.llm.request import LIMITS
from daydream.store.layout import STAGES, Layout, exists
from daydream.store.membership import Member, Membership
from daydream.workflow.membership_file import MembershipFile
from daydream.workflow.vanished_texts import VanishedTexts


class Project:
    """What an experiment is, on disk and in its configuration; it starts and changes nothing.

    What the rules ask of it is in ``inputs``, the tables that it has in ``tables``, the making of
    its generations in ``jobs``.
    """

    def __init__(self, config: Mapping[str, Any], spec: str | None = None) -> None:
        """Read and check configuration and catalogs.

        Raises:
            ConfigError: when a key is unknown or a value cannot be used.
            CatalogError: when a catalog cannot be used.

        """
        self.settings = Settings.from_config(config)
        self.layout = Layout(self.settings.data_root)
        _check_data_root(self.layout)
        self.design = Design.load(self.settings, self.layout, spec)
        check_prices(self.settings.budget, _unpriced_models(self.design))
        check_bounds(self.settings.budget, _unbounded_models(self.design))
        self.cohort = self.design.cohort_id
        self.membership_file = MembershipFile(self.layout.membership(self.cohort))
        self._part: tuple[Membership, Membership] | None = None
        if self.settings.part is not None:
            self._check_made()

    @property
    def membership(self) -> Membership:
        """The cohort's membership as it is on disk.

        Raises:
            CohortError: when it is not there, or damaged.

        """
        return self.membership_file.read()

    @property
    def title(self) -> str:
        """What this run is about, at the beginning of a line."""
        part = self.settings.slice
        return f"Slice {part} of cohort {self.cohort}" if part else f"Cohort {self.cohort}"

    @property
    def part(self) -> Membership:
        """What of the membership this run is about: all of it, or the members of its slice.

        Raises:
            CohortError: as for ``membership``.

        """
        whole, part = self.membership, self.settings.part
        if part is None:
            return whole
        if self._part is None or self._part[0] is not whole:
            own = members_of_slice(_in_order(whole), part)
            self._part = (whole, Membership(whole.cohort_id, own))
        return self._part[1]

    def members(self) -> Iterator[Member]:
        """Every generation that the design asks for in this run, parents before children."""
        if self.settings.part is None:
            return iter(self._designed)
        return _in_order(self.part)  # of a cohort that is made, and not for something else

    def all_members(self) -> Iterator[Member]:
        """Every generation of the cohort, parents before children, made or not."""
        if self.settings.part is None:
            return iter(self._designed)
        return _in_order(self.membership)

    @cached_property
    def _designed(self) -> list[Member]:
        """What the design asks for; a plan goes through it several times, each id is a hash."""
        return list(self.design.members())

    def _check_made(self) -> None:
        """Slices share a cohort, and none may make it again under the others.

        Raises:
            CohortError: when it is not made, or for something else.
        """
        if not exists(self.layout.membership(self.cohort)) or self.design.is_stale():
            raise CohortError(
                f"slice={self.settings.slice} is a part of cohort {self.cohort}, which is not made "
                "yet, or was made for something else. Make it first, once for all slices, with the "
                "same configuration: snakemake cohort"
            )

    @cached_property
    def prompts(self) -> PromptBuilder:
        """What renders prompts and builds requests."""
        return PromptBuilder(self.design)

    @cached_property
    def vanished(self) -> VanishedTexts:
        """Optional texts that are gone."""
        return VanishedTexts(self.layout, self.prompts.sources)

    def announcement(self) -> str:
        """What a cohort that is not made yet is going to contain; blank when it is made."""
        if exists(self.layout.membership(self.cohort)):
            return ""
        counts = Counter(member.stage for member in self.design.members())
        requested = ", ".join(f"{counts[stage]} {stage}(s)" for stage in self.design.stages)
        return f"Cohort {self.cohort} is not made yet. It asks for {requested}."


def _in_order(membership: Membership) -> Iterator[Member]:
    return (member for stage in STAGES for member in membership.stage(stage))


def _check_data_root(layout: Layout) -> None:
    if not Path(layout.under("1_raw")).is_dir():
        raise CatalogError(
            f"there is no {layout.under('1_raw')} in {Path.cwd()}. Name a directory that "
            "has one (--config data_root=DIR), let `daydream init DIR` make an experiment, or "
            "start from a copy of the shipped catalogs: "
            f"mkdir -p {layout.root} && cp -r {STARTER_CATALOGS} {layout.root}/"
        )


def _unpriced_models(design: Design) -> list[str]:
    unpriced = (m.id for m in _callable_models(design) if price(m.prices, 1, 1) is None)
    return list(dict.fromkeys(unpriced))


def _unbounded_models(design: Design) -> list[str]:
    """The models whose calls carry no limit on the tokens of an answer."""
    unbounded = (m.id for m in _callable_models(design) if not _is_bounded(design, m))
    return list(dict.fromkeys(unbounded))


def _is_bounded(design: Design, model: Model) -> bool:
    endpoint = design.settings.endpoints[model.endpoint]
    keys = {**endpoint.body_keys, **dict(model.body_keys)}
    limits = {"max_tokens", *LIMITS.intersection(endpoint.extra_body)}
    return any(keys.get(name, name) is not None for name in limits)


def _callable_models(design: Design) -> list[Model]:
    """The models that a run may call, fallbacks included."""
    catalog = design.catalog
    return with_fallbacks(
        (*catalog.generation_models, *catalog.evaluation_models), catalog.all_models
    )
