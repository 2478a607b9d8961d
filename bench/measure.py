"""Measurements of the program and of the baseline script."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from bench import baseline_script, memory
from bench.machine import CHECKOUT, Quiet, local_settings, printed
from bench.objects import Objects, Transfer
from bench.readiness import Watcher
from bench.timeline import EventLog, Step
from components.machines import pool_addresses
from tests.e2e.harness import Result, Stack, run
from tests.e2e.harness import stack as temporary_stack
from tests.e2e.networks import this_computer

NAME = "nuvla-bench"  # of the stack; the bench removes everything with this name, before and after
SUBNET = IPv4Network("10.88.0.0/16")
SCRIPT_NAME, SCRIPT_SUBNET = "nuvla-bench-script", IPv4Network("10.89.0.0/16")
TIMEOUT_S = 900
BOOT_S = 20
SAMPLES, SAMPLE_INTERVAL_S = 12, 5.0  # of the memory in use, over a minute
UP = ("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs")
CHANGED_LINE = (
    "refresh_interval: 15s",
    "refresh_interval: 16s",
)  # a line of Prometheus' configuration, before and after


@dataclass(frozen=True)
class Up:
    """Durations of the first `up`."""

    healthy_s: float  # until all services are healthy, seen from outside: see readiness.py
    returns_s: float  # until the command returns


@dataclass(frozen=True)
class Life:
    """Durations of the commands in the life of an infrastructure."""

    up: Up
    second_up_s: float
    make_up_s: float
    preview_s: float
    line_changed_s: float
    worker_added_s: float
    destroy_s: float


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    """Measurements that deploy infrastructures and remove them afterwards."""

    def __init__(self, quiet: Quiet):
        self.settings = local_settings()
        self.quiet = quiet

    @contextmanager
    def stack(self, machines: int, image: str | None = None) -> Iterator[Stack]:
        """Make a stack of a manager and workers, without resources."""
        pools = {"manager": {"role": "manager", "count": 1}, "worker": {"role": "worker", "count": machines - 1}}
        settings = {
            "kind": "target",
            "machines": {"provider": "local", "subnet": str(SUBNET), "pools": pools},
            "firewall": {"management": [this_computer(str(SUBNET))]},
            "nfs": {"server": "ganesha"},  # local machines share the kernel of this computer
        }
        with (
            tempfile.TemporaryDirectory(prefix=f"{NAME}-") as folder,
            temporary_stack(NAME, Path(folder) / "program", settings) as stack,
        ):
            stack.remove()  # resources of a killed bench
            if image:
                stack.set("machines.image", image)
            yield stack

    def up(self, stack: Stack) -> Up:
        """Measure the first `up` of a stack."""
        self.quiet.wait()
        return self._up(stack)

    def _up(self, stack: Stack, *options: str, env: dict[str, str] | None = None) -> Up:
        machines = 1 + int(stack.get("machines.pools.worker.count"))
        watcher = Watcher(str(pool_addresses.address(SUBNET, "manager", 1)), stack.container("manager-1"), machines)
        watcher.start()
        start = time.monotonic()
        must(stack.run(*UP, *options, env=env))
        returns_s = time.monotonic() - start
        up = Up(watcher.result(), returns_s)
        say(f"  program: all is well {up.healthy_s:.1f} s, up returns {up.returns_s:.1f} s ({self.quiet.last()})")
        return up

    def timed(self, stack: Stack, *command: str) -> float:
        """Measure a later command of a stack."""
        self.quiet.wait()
        start = time.monotonic()
        must(stack.run(*command))
        took_s = time.monotonic() - start
        say(f"  {' '.join(command)}: {took_s:.1f} s ({self.quiet.last()})")
        return took_s

    def life(self) -> Life:
        """Measure the life of three machines, from the first `up` to `destroy`."""
        with self.stack(3) as stack:
            up = self.up(stack)
            second_up_s = self.timed(stack, *UP)
            make_up_s = self.timed(stack, "python", "-m", "tools.stack", "up", NAME)
            preview_s = self.timed(stack, "pulumi", "preview", "--expect-no-changes")
            configuration = stack.folder / "components/monitoring/files/prometheus.yml"
            configuration.write_text(configuration.read_text().replace(*CHANGED_LINE, 1))
            line_changed_s = self.timed(stack, *UP)
            stack.set("machines.pools.worker.count", 3)
            worker_added_s = self.timed(stack, *UP)
            destroy_s = self.timed(stack, "pulumi", "destroy", "--yes", "--skip-preview", "--suppress-outputs")
        return Life(up, second_up_s, make_up_s, preview_s, line_changed_s, worker_added_s, destroy_s)

    def program(self, machines: int, image: str | None = None) -> Up:
        """Measure the first `up` with another number or image of machines."""
        with self.stack(machines, image) as stack:
            return self.up(stack)

    def steps(self, machines: int) -> tuple[Up, list[Step]]:
        """Measure the first `up`, and return the steps of Pulumi's engine, too."""
        with self.stack(machines) as stack:
            path = stack.folder / "events.json"
            self.quiet.wait()
            log = EventLog(path)
            log.start()
            up = self._up(stack, "--event-log", str(path), env={"PULUMI_DEBUG_COMMANDS": "true"})
            return up, log.steps(up.returns_s, stack.must("pulumi", "stack", "export").text)

    def memory(self, machines: int) -> Counter[str]:
        """Return the largest memory use of the machines in the minute after an update, in KiB by program."""
        with self.stack(machines) as stack:
            self.up(stack)
            names = [stack.container(name) for name in stack.outputs()["machines"]]
            samples = []
            for _ in range(SAMPLES):
                time.sleep(SAMPLE_INTERVAL_S)
                samples.append(memory.used_kib(names))
        return max(samples, key=lambda sample: sample.total())

    def objects(self, rounds: int) -> list[Transfer]:
        """Measure transfers of large objects over S3, and plain copies."""
        with (
            self.stack(3) as stack,
            tempfile.TemporaryDirectory(prefix=f"{NAME}-objects-", dir=CHECKOUT / ".state") as folder,
        ):
            self.up(stack)
            objects = Objects(stack, Path(folder))
            transfers = []
            for _ in range(rounds):
                self.quiet.wait()
                transfers.append(objects.round())
                say(f"  {transfers[-1]} ({self.quiet.last()})")
            return transfers

    def script(self, machines: int, image: str | None = None) -> float:
        """Measure the baseline script, until all services of its target are healthy."""
        script = str(CHECKOUT / "bench/script.sh")
        env = baseline_script.environment(SCRIPT_SUBNET, self.settings, image)
        must(run(script, "down", SCRIPT_NAME, env=env))
        try:
            self.quiet.wait()
            watcher = Watcher(str(SCRIPT_SUBNET[257]), f"{SCRIPT_NAME}-manager-1", machines)  # its first machine
            watcher.start()
            must(run(script, "up", SCRIPT_NAME, str(SCRIPT_SUBNET), str(machines - 1), env=env, timeout_s=TIMEOUT_S))
            healthy_s = watcher.result()
        finally:
            must(run(script, "down", SCRIPT_NAME, env=env))
        say(f"  script: all is well {healthy_s:.1f} s ({self.quiet.last()})")
        return healthy_s

    @contextmanager
    def slow_image(self) -> Iterator[str]:
        """Build an image of machines that boot slowly; remove it at the end."""
        image = f"nuvla-swarm/{NAME}:slow"
        arguments = [f"--build-arg=MACHINE={self.settings['machines.image']}", f"--build-arg=BOOT_S={BOOT_S}"]
        file = CHECKOUT / "bench/slow.Dockerfile"
        printed("docker", "build", "--quiet", "--tag", image, *arguments, "--file", str(file), str(file.parent))
        try:
            yield image
        finally:
            printed("docker", "image", "rm", "--force", image)


def must(result: Result) -> None:
    if result.code != 0:
        raise RuntimeError(result.text)
