"""A new experiment directory: catalogs of its own, a configuration and a Snakefile."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from daydream.errors import ConfigError
from daydream.experiment.config_file import OWN_FILE
from daydream.experiment.installation import SNAKEFILE, STARTER_CATALOGS, WORKFLOW

ENTRIES = ("Snakefile", OWN_FILE, "profiles", "data")
"""What a new experiment consists of, at its top."""


def write_experiment(folder: Path) -> None:
    """Write an experiment that runs as it is, into a folder that is made when it is not there.

    All of it is prepared beside its place and then renamed, so that nothing half written is left.

    Raises:
        ConfigError: when something of the same name is there, or the folder cannot be written.

    """
    _check_free(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".daydream-init-", dir=folder) as prepared:
            _prepare(Path(prepared))
            for name in ENTRIES:
                os.rename(Path(prepared, name), folder / name)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}.") from error


def _check_free(folder: Path) -> None:
    taken = [name for name in ENTRIES if os.path.lexists(folder / name)]
    if taken:
        raise ConfigError(
            f"{folder} has {', '.join(taken)} already, and nothing is overwritten. "
            "Name a directory without them, such as a new one."
        )


def _prepare(folder: Path) -> None:
    starter = WORKFLOW / "config" / "starter"
    shutil.copyfile(starter / SNAKEFILE.name, folder / SNAKEFILE.name)
    shutil.copyfile(starter / OWN_FILE, folder / OWN_FILE)
    profile = folder / "profiles" / "default"
    profile.mkdir(parents=True)
    shutil.copyfile(WORKFLOW / "profiles" / "default" / "config.yaml", profile / "config.yaml")
    shutil.copytree(STARTER_CATALOGS, folder / "data" / "1_raw", copy_function=shutil.copyfile)
