"""Where the workflow's own files are, and which of the packages that it needs are missing.

Imports nothing but the standard library, so that it can tell what else is to be installed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_IN_WHEEL = PACKAGE / "workflow_files"  # hatch_build.py puts them there
IS_CHECKOUT = not _IN_WHEEL.is_dir()

WORKFLOW = PACKAGE.parent if IS_CHECKOUT else _IN_WHEEL
"""The folder of ``Snakefile``, ``rules/``, ``scripts/``, ``report/`` (captions), ``config/``,
``profiles/`` and ``data/1_raw``: beside the package in a checkout, in it when it was installed."""

SNAKEFILE = WORKFLOW / "Snakefile"
STARTER_CATALOGS = WORKFLOW / "data" / "1_raw"

REQUIRED = {
    "altair": "altair",
    "duckdb": "duckdb",
    "jinja2": "jinja2",
    "numpy": "numpy",
    "openai": "openai",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "pydantic": "pydantic",
    "pygments": "pygments",
    "pyyaml": "yaml",
    "scipy": "scipy",
    "vl-convert-python": "vl_convert",
}
"""What to install, and the module it gives. Not the embedded engine, which servers do without:
``llm.embedded`` names it when it is needed."""


def missing_packages() -> list[str]:
    """The packages that this Python lacks, by the names that pip knows; found without importing."""
    return [name for name, module in REQUIRED.items() if find_spec(module) is None]


def how_to_install(missing: list[str]) -> str:
    """One sentence of what is missing, and what to type."""
    names = " ".join(missing)
    if IS_CHECKOUT:
        return (
            f"{sys.executable} lacks {names}. `make setup` in {WORKFLOW} makes a .venv with all "
            f"that is needed: use its .venv/bin/snakemake and .venv/bin/daydream. Or add to this "
            f"Python: {sys.executable} -m pip install --editable {WORKFLOW}"
        )
    return f"{sys.executable} lacks {names}. Install it: {sys.executable} -m pip install {names}"
