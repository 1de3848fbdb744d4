"""The package built and installed as a user would, in environments apart from this one."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.workspace import ROOT

SITE = Path(sysconfig.get_path("purelib"))
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


@dataclass(frozen=True)
class Environment:
    """A Python with the packages of this one, but without what is installed as editable."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, lacks: Sequence[str] = ()) -> Environment:
        """Make one, without the named packages of this Python."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        there = SITE
        if lacks:
            there = folder / "dependencies"
            there.mkdir()
            for path in SITE.iterdir():
                if path.name.split("-")[0] not in lacks:
                    (there / path.name).symlink_to(path)
        (cls(folder).site / "dependencies.pth").write_text(f"{there}\n")
        return cls(folder)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        (path,) = self.folder.glob("lib/python3*/site-packages")
        return path

    def install(self, *what: str | Path, backend: Path | None = None) -> None:
        """Install without dependencies; sources are built with the backend in a folder."""
        command = [*PIP, "--python", self.python, "install", "--quiet", "--no-deps", "--no-index"]
        env = without_this_checkout() | ({"PYTHONPATH": str(backend)} if backend else {})
        done = subprocess.run(
            [*command, "--no-build-isolation", *what], env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run ``python ARGUMENTS``."""
        return subprocess.run(
            [self.python, *arguments],
            cwd=cwd,
            env=without_this_checkout(),
            capture_output=True,
            text=True,
            timeout=240,
        )


def without_this_checkout() -> dict[str, str]:
    """The variables of this process, without those that lead to this checkout."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}


def fetch_backend(folder: Path) -> Path:
    """Install the build backend that pyproject.toml asks for into a folder, with pip."""
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    command = [*PIP, "install", "--quiet", "--no-compile", "--target", folder, *requires]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def build(backend: Path, source: Path, target: str, folder: Path) -> Path:
    """Build the sdist or the wheel of a source tree; the file."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "-d", folder]
    env = without_this_checkout() | {"PYTHONPATH": str(backend)}
    done = subprocess.run(command, cwd=source, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return path


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist; the source tree in it."""
    with tarfile.open(sdist) as file:
        file.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    return tree
