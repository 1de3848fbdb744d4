"""`daydream init`: makes a new experiment directory and says what to type next."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path

from daydream.errors import CallError
from daydream.experiment.settings import DEFAULT_ENDPOINTS
from daydream.experiment.starter import write_experiment
from daydream.llm.embedded import INSTALL, model_file


def init(_: None, arguments: argparse.Namespace) -> Iterator[str]:
    """Make a directory with an experiment of its own: catalogs, configuration, Snakefile."""
    folder: Path = arguments.folder
    write_experiment(folder)
    yield f"{folder} has an experiment that runs as it is. Its own are:"
    yield "  daydream.yaml   what it asks for, where that is not as shipped"
    yield "  data/1_raw      concepts, templates and models; edit them"
    yield "  Snakefile       a few lines that use the installed workflow"
    yield "  profiles        how Snakemake runs it, such as the calls in flight"
    yield "Next:"
    yield f"  cd {shlex.quote(str(folder))}"
    if not _has_embedded_model():
        yield f"  {INSTALL}   # the embedded model; other models need none"
    yield "  daydream plan   # what is to be asked, at what cost"
    yield "  snakemake       # asks, scores and reports"


def _has_embedded_model() -> bool:
    try:
        return model_file(DEFAULT_ENDPOINTS["embedded"]).is_file()
    except CallError:
        return False
