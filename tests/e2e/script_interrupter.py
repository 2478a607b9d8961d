"""A machine on which the scenarios of tests/interrupted run, one after the other, and their scripts are killed."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.e2e.existing_hosts import isolation
from tests.e2e.harness import docker, image_of
from tests.interrupted.scenarios import Scenario
from tests.support.checkout import CHECKOUT

INSIDE = Path("tests/interrupted/inside")
DRIVER = ("python3", "-m", "tests.interrupted.inside.driver")


class Interrupter:
    """A machine without a network, and the driver of the scenarios inside it."""

    def __init__(self, driver: "subprocess.Popen[str]"):
        self._driver = driver

    def problems(self, scenario: Scenario, seed: str, most: int) -> list[str]:
        """Return what is wrong after kills of the script: at up to `most` steps that the seed chooses."""
        assert self._driver.stdin
        assert self._driver.stdout
        request = {"scenario": scenario.request(), "seed": seed, "most": most}
        print(json.dumps(request), file=self._driver.stdin, flush=True)
        problems: list[str] = []
        for line in self._driver.stdout:
            report: dict[str, Any] = json.loads(line)
            if "tried" in report:
                print(f"{scenario.title}, seed {seed}: {report}")
                return problems
            problems.append(report["problem"])
        return [*problems, f"the driver has ended with {self._driver.wait()}; its errors are above"]


@contextmanager
def interrupter() -> Iterator[Interrupter]:
    """Yield a new machine, and remove it afterwards."""
    container = f"nuvla-swarm-interrupted-{uuid4().hex[:8]}"
    mounts = ["--volume=/var/lib/docker", "--tmpfs=/run", "--tmpfs=/tmp:exec", "--network=none"]
    options = ["--hostname=machine", "--env=container=docker"]
    docker("create", f"--name={container}", *options, *mounts, *isolation(), image_of("machine"))
    try:
        docker("start", container)
        docker("exec", container, "mkdir", "--parents", f"/opt/{INSIDE.parent}")
        docker("cp", str(CHECKOUT / INSIDE), f"{container}:/opt/{INSIDE}")
        command = ["docker", "exec", "--interactive", "--workdir=/opt", container, *DRIVER]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
            yield Interrupter(driver)
            assert driver.stdin
            driver.stdin.close()
    finally:
        docker("rm", "--force", "--volumes", container)
