"""The stand-in of ``exoscale`` removes a machine also when its engine fails to do so at first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import CHECKOUT

BUSY = 'driver "overlay2" failed to remove root filesystem: unlinkat /data: directory not empty'


@pytest.mark.parametrize(
    ("failures", "reason", "tries", "succeeds"),
    [(0, "", 1, True), (2, BUSY, 3, True), (3, BUSY, 3, False), (1, "permission denied", 1, False)],
)
def test_machine_in_use_is_removed_by_another_try(
    tmp_path: Path, failures: int, reason: str, tries: int, succeeds: bool
) -> None:
    asked, docker = tmp_path / "asked", tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$*" >>{asked}\n'
        f"[ $(wc -l <{asked}) -gt {failures} ] || {{ echo '{reason}' >&2; exit 1; }}\n"
    )
    docker.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", "from exoscale.cloud import docker; docker.remove('machine')"],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT / "offline/plugins")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.read_text() == "rm --force --volumes machine\n" * tries
    assert (done.returncode == 0) == succeeds
    assert reason in done.stderr or succeeds
