"""Forces: what ``-f``, ``-F`` and ``-R`` name, for jobs in threads and in child processes alike."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

FORCED_VARIABLE = "DAYDREAM_FORCED"
EVERYTHING = "*"


def forced_targets(
    forceall: bool, forcetargets: bool, targets: Iterable[str], forcerun: Iterable[str]
) -> str:
    """What ``-F``, ``-f`` and ``-R`` name, in one string that child processes inherit.

    Children are started with a force of their own, so they must not look at their own flags.
    """
    if forceall:
        return EVERYTHING
    names = {*forcerun, *(targets if forcetargets else ())}
    return "\n".join(sorted(os.path.normpath(name) for name in names))


def share_forces(
    forceall: bool, targets: Iterable[str], forcerun: Iterable[str], base_names: Mapping[str, str]
) -> None:
    """Make known to this process and its children what is forced.

    A module's rules are forced by the names that they have in this run: ``base_names`` tells which
    of our rules each is, for those who ask by these.
    """
    names = (*forcerun, *(base_names[name] for name in forcerun if name in base_names))
    os.environ[FORCED_VARIABLE] = forced_targets(forceall, True, targets, names)


def is_forced(rule: str, output: str) -> bool:
    """Whether the user asked for this job by force."""
    names = os.environ.get(FORCED_VARIABLE, "").split("\n")
    return EVERYTHING in names or rule in names or os.path.normpath(output) in names
