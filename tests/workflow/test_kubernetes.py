"""The Kubernetes Job of slices is one, and its command makes a slice in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.mock_server import MockServer
from tests.support.s3 import skip_without_packages
from tests.support.workspace import ROOT, Workspace

MANIFEST = ROOT / "profiles" / "kubernetes" / "slices.yaml"


@pytest.fixture
def job() -> dict[str, Any]:
    return yaml.safe_load(MANIFEST.read_text())


def test_the_manifest_is_a_job_by_the_schemas_of_kubernetes(job: dict[str, Any]) -> None:
    skip_without_packages()
    kubernetes = pytest.importorskip("kubernetes_validate")
    kubernetes.validate(job, kubernetes.latest_version(), strict=True)
    job["spec"]["completionMod"] = "Indexed"  # the schema is strict, so a slip would be seen
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(job, kubernetes.latest_version(), strict=True)


def test_the_numbers_of_slices_agree(job: dict[str, Any]) -> None:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    values = {entry["name"]: entry["value"] for entry in container["env"]}
    assert job["spec"]["completionMode"] == "Indexed"
    assert int(values["SLICES"]) == job["spec"]["completions"]


def test_the_command_of_a_pod_makes_its_slice(
    job: dict[str, Any], tmp_path: Path, server: MockServer, s3_address: str
) -> None:
    home = Workspace(tmp_path / "home", server.base_url, {"store": s3_address})
    home.run("cohort")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    config, pod = tmp_path / "daydream.yaml", tmp_path / "pod"
    shutil.copy(home.root / "config.yaml", config)
    pod.mkdir()
    python = tmp_path / "bin"
    python.mkdir()
    for name, target in (("python3", "exec {}"), ("snakemake", "exec {} -m snakemake")):
        script = python / name
        script.write_text(f'#!/bin/sh\n{target.format(sys.executable)} "$@"\n')
        script.chmod(0o755)
    done = subprocess.run(
        [*container["command"], *container["args"]],
        cwd=pod,
        env={
            **os.environ,
            **{entry["name"]: entry["value"] for entry in container["env"]},
            "SLICES": "2",
            "HOME": str(pod),
            "DAYDREAM_CONFIG": str(config),
            "JOB_COMPLETION_INDEX": "0",
            "PATH": f"{python}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Slice 1/2 of cohort trial" in done.stderr
    assert server.paid == 8
    assert len(list(pod.glob("data/gens/evaluation/*/parsed.txt"))) == 4
