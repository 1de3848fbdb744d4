"""Where a data root is: whether its file system has what the store relies on.

Each function looks at one thing and finds it ``ok``, ``wrong`` (with what to do), or ``unsure``,
where it cannot be told from this host.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from daydream.errors import LockError
from daydream.store.locks import hold

State = Literal["ok", "unsure", "wrong"]
FILES_PER_GENERATION = 7  # its folder, its files and Snakemake's record of it
MAX_SKEW_S = 2.0
_PATIENCE_S = 20.0
_HOLDER = (
    "import sys; from daydream.store.locks import hold; "
    "held = hold(sys.argv[1]); print('held' if held else 'not', flush=True); sys.stdin.read()"
)
_BETWEEN_HOSTS = ("nfs", "nfs4", "lustre", "gpfs", "beegfs", "ceph", "cifs", "smb3", "glusterfs")
_SAFE_MOUNT = "Use a file system with locks between hosts: NFSv4, or Lustre mounted with flock."


class Finding(NamedTuple):
    """What came of a look at one thing, in a line."""

    subject: str
    state: State
    message: str


class Mount(NamedTuple):
    """A line of the kernel's table of mounts."""

    point: str
    kind: str
    options: tuple[str, ...]


def check_locks(root: str) -> Finding:
    """Whether two processes of this host cannot hold one file of the data root."""
    try:
        with _scratch(root) as path, _holder(path) as process:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "held":
                return Finding("locks", "wrong", f"a process could not lock a file in {root}.")
            if (second := hold(path)) is not None:
                second.close()
                return Finding(
                    "locks", "wrong", f"two processes hold one file in {root}. {_SAFE_MOUNT}"
                )
    except LockError as error:
        return Finding("locks", "wrong", str(error))
    return Finding("locks", "ok", f"of two processes one gets a file in {root}")


def check_locks_between_hosts(root: str, mounts: Sequence[Mount] | None = None) -> Finding:
    """What the mount tells of locks between hosts, which one host cannot try."""
    mount = mount_of(root, read_mounts() if mounts is None else mounts)
    kind, options = mount.kind, set(mount.options)
    subject, where = "locks between hosts", f"{mount.point} is {mount.kind}"
    local = {"nolock", "localflock", "local_lock=all", "local_lock=flock"} & options
    if local or (kind == "lustre" and "flock" not in options):
        why = f"mounted with {', '.join(sorted(local))}" if local else "mounted without flock"
        return Finding(subject, "wrong", f"{where}, {why}. {_SAFE_MOUNT}")
    if _reaches_hosts(kind):
        message = "which one host cannot try; slices on two hosts try it themselves as they run"
        return Finding(subject, "unsure", f"{where}, {message}")
    return Finding(subject, "ok", f"{where}, which only this host writes to")


def is_between_hosts(root: str) -> bool:
    """Whether other hosts may write to a folder, too, as far as its mount tells."""
    return _reaches_hosts(mount_of(root, read_mounts()).kind)


def _reaches_hosts(kind: str) -> bool:
    return kind in _BETWEEN_HOSTS or kind.startswith("fuse")


def check_clock(root: str) -> Finding:
    """Whether the file system's time is this host's, as times of files decide what is made."""
    with _scratch(root) as path:
        before = time.time()
        Path(path).write_bytes(b"")
        skew = os.stat(path).st_mtime - (before + time.time()) / 2
    if abs(skew) > MAX_SKEW_S:
        return Finding(
            "clock", "wrong", f"files are dated {skew:+.0f} s off this host. Synchronise its clock."
        )
    return Finding("clock", "ok", "files are dated as this host's clock has it")


def check_inodes(root: str, generations: int) -> Finding:
    """Whether so many generations more can have their files."""
    needed, stat = generations * FILES_PER_GENERATION, os.statvfs(root)
    if stat.f_files == 0:
        return Finding("inodes", "unsure", f"{needed:,} files to come, and no count of free ones")
    message = f"{stat.f_favail:,} files more are possible, {needed:,} are to come"
    if stat.f_favail < needed:
        return Finding("inodes", "wrong", f"{message}. Remove files, or ask for a larger quota.")
    return Finding("inodes", "ok", f"{message} (a quota of your own may be smaller)")


def read_mounts() -> list[Mount]:
    """The mounts of this host; none where the kernel does not tell."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    fields = (line.split() for line in lines)
    return [Mount(f[1], f[2], tuple(f[3].split(","))) for f in fields if len(f) > 3]


def mount_of(root: str, mounts: Sequence[Mount]) -> Mount:
    """The mount that a folder is on."""
    real = os.path.realpath(root)
    on = [mount for mount in mounts if _is_below(real, mount.point)]
    # The last of equals hides the others.
    return max(reversed(on), key=lambda m: len(m.point), default=Mount("/", "unknown", ()))


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


@contextmanager
def _scratch(root: str) -> Iterator[str]:
    path = Path(root, f".doctor-{uuid.uuid4().hex}")
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _holder(path: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=_PATIENCE_S)
