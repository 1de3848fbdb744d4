"""Processes that Snakemake starts for a job: what they need to find of this one."""

from __future__ import annotations

import os


def share_package(folder: str) -> None:
    """Let ``script:`` processes import the package from where it was imported here."""
    known = os.environ.get("PYTHONPATH", "")
    if folder not in known.split(os.pathsep):
        os.environ["PYTHONPATH"] = folder + (os.pathsep + known if known else "")
