"""`daydream push` and `daydream pull`: a data root and its copy in object storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from daydream.errors import ConfigError
from daydream.experiment.settings import Limit, Settings
from daydream.llm.budget import Budget
from daydream.store.bucket.client import Bucket
from daydream.store.bucket.copier import Copier, Moved, Side
from daydream.store.bucket.mirror import Mirror
from daydream.store.layout import Layout


def pushed(settings: Settings, address: str | None, overwrite: bool) -> Iterator[str]:
    """Send to the store what is newer here, and say what that was."""
    root = settings.data_root
    if not Path(root).is_dir():
        raise ConfigError(f"there is no {root} to push. Name it: --config data_root=DIR")
    mirror = _mirror(settings, address, "here" if overwrite else None)
    moved = mirror.push(mirror.listed())
    yield f"{root}: {_counted(moved.pushed, 'sent to')} {mirror.bucket.address}{_merged(moved)}"
    if moved.newer_there:
        yield f"{moved.newer_there} file(s) are newer there: daydream pull"


def pulled(settings: Settings, address: str | None, overwrite: bool) -> Iterator[str]:
    """Bring from the store what is newer there, and say what that was."""
    mirror = _mirror(settings, address, "there" if overwrite else None)
    there = mirror.listed()
    if not there:
        raise ConfigError(
            f"there is nothing under {mirror.bucket.address}. Push a data root first, or name "
            "another address."
        )
    moved = mirror.pull(there)
    yield f"{settings.data_root}: {_counted(moved.pulled, 'brought from')} {mirror.bucket.address}"
    if moved.ledgers:
        yield f"Among them are {moved.ledgers} ledger(s) with answers that were paid elsewhere."


def _mirror(settings: Settings, address: str | None, prefer: Side | None) -> Mirror:
    where = address or settings.store
    if where is None:
        raise ConfigError(
            "no object storage is named. Add an address such as s3://bucket/prefix, or set the key "
            "`store` in the configuration."
        )
    budget = Budget(Layout(settings.data_root), Limit())
    return Mirror(Copier(settings.data_root, Bucket(where), prefer, budget.ledger_grew))


def _counted(names: list[str], what: str) -> str:
    return f"{len(names)} file(s) {what}" if names else f"nothing to be {what}"


def _merged(moved: Moved) -> str:
    both = set(moved.pulled) & set(moved.pushed)
    return f"; {len(both)} of them merged with what was there" if both else ""
