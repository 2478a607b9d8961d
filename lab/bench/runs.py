"""One measurement of the program, and one of the script."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from components.machines import addresses
from lab.bench.answers import Watcher
from lab.bench.machine import CHECKOUT, Quiet, lab_settings, machine_flags, printed
from lab.bench.timeline import EventLog, Step
from stacks.settings import Images
from tests.e2e.harness import Result, Stack, run
from tests.e2e.harness import stack as temporary_stack

NAME = "lab-bench"  # of the stack; what bears this name is removed, before and after
SUBNET = IPv4Network("10.90.0.0/16")
SCRIPT_NAME, SCRIPT_SUBNET = "lab-bench-script", IPv4Network("10.91.0.0/16")
TIMEOUT_S = 900
BOOT_S = 20


@dataclass(frozen=True)
class Up:
    """How long it took to make everything."""

    answers_s: float  # until Traefik answers
    returns_s: float  # until the command returns


@dataclass(frozen=True)
class Life:
    """How long the parts of one infrastructure's life took, in seconds."""

    up: Up
    second_up_s: float
    make_up_s: float
    preview_s: float
    worker_added_s: float
    destroy_s: float


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    """Makes infrastructures and measures that; leaves nothing behind."""

    def __init__(self, quiet: Quiet):
        self.settings = lab_settings()
        self._quiet = quiet

    @contextmanager
    def stack(self, machines: int, image: str | None = None) -> Iterator[Stack]:
        """A stack of one manager and workers, not up yet."""
        pools = {"manager": {"role": "manager", "count": 1}, "worker": {"role": "worker", "count": machines - 1}}
        settings = {"provider": "local", "subnet": str(SUBNET), "pools": pools}
        with (
            tempfile.TemporaryDirectory(prefix=f"{NAME}-") as folder,
            temporary_stack(NAME, Path(folder) / "program", {"kind": "target", "machines": settings}) as made,
        ):
            made.remove()  # of a bench that was killed
            if image:
                made.set("machines.image", image)
            yield made

    def up(self, stack: Stack) -> Up:
        """The program, from nothing."""
        self._quiet.wait()
        return self._up(stack)

    def _up(self, stack: Stack, *options: str, env: dict[str, str] | None = None) -> Up:
        watcher = Watcher(str(addresses.address(SUBNET, "manager", 1)))
        watcher.start()
        start = time.monotonic()
        must(stack.run("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs", *options, env=env))
        returns_s = time.monotonic() - start
        up = Up(watcher.result(), returns_s)
        say(f"  program: Traefik answers {up.answers_s:.1f} s, up returns {up.returns_s:.1f} s ({self._quiet.last()})")
        return up

    def timed(self, stack: Stack, *command: str) -> float:
        """Another command of the program, when there is something already."""
        self._quiet.wait()
        start = time.monotonic()
        must(stack.run(*command))
        took_s = time.monotonic() - start
        say(f"  {' '.join(command)}: {took_s:.1f} s ({self._quiet.last()})")
        return took_s

    def life(self) -> Life:
        """Three machines, from nothing to nothing."""
        with self.stack(3) as stack:
            up = self.up(stack)
            second_up_s = self.timed(stack, "pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs")
            make_up_s = self.timed(stack, "lab/stack.sh", "up", NAME)
            preview_s = self.timed(stack, "pulumi", "preview", "--expect-no-changes")
            stack.set("machines.pools.worker.count", 3)
            worker_added_s = self.timed(stack, "pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs")
            destroy_s = self.timed(stack, "pulumi", "destroy", "--yes", "--skip-preview", "--suppress-outputs")
        return Life(up, second_up_s, make_up_s, preview_s, worker_added_s, destroy_s)

    def program(self, machines: int, image: str | None = None) -> Up:
        """The program, from nothing, on another number or kind of machines."""
        with self.stack(machines, image) as stack:
            return self.up(stack)

    def steps(self, machines: int) -> tuple[Up, list[Step]]:
        """The same, with what the engine did when."""
        with self.stack(machines) as stack:
            path = stack.folder / "events.json"
            self._quiet.wait()
            log = EventLog(path)
            log.start()
            up = self._up(stack, "--event-log", str(path), env={"PULUMI_DEBUG_COMMANDS": "true"})
            return up, log.steps(up.returns_s, stack.must("pulumi", "stack", "export").text)

    def script(self, machines: int, image: str | None = None) -> float:
        """The script, from nothing to Traefik answering."""
        script = str(CHECKOUT / "lab/bench/script.sh")
        mirrors = [value for path, value in self.settings.items() if path.startswith("engine.registry_mirrors")]
        env = os.environ | {
            "MACHINE_IMAGE": image or self.settings["machines.image"],
            "MACHINE_FLAGS": "\n".join(machine_flags(self.settings["machines.privileged"] == "true")),
            "DAEMON_JSON": json.dumps({"registry-mirrors": mirrors}),
            "TRAEFIK_IMAGE": self.settings.get("images.traefik", Images().traefik),
        }
        must(run(script, "down", SCRIPT_NAME, env=env))
        try:
            self._quiet.wait()
            watcher = Watcher(str(SCRIPT_SUBNET[257]))  # the script's first machine
            watcher.start()
            must(run(script, "up", SCRIPT_NAME, str(SCRIPT_SUBNET), str(machines - 1), env=env, timeout_s=TIMEOUT_S))
            answers_s = watcher.result()
        finally:
            must(run(script, "down", SCRIPT_NAME, env=env))
        say(f"  script: Traefik answers {answers_s:.1f} s ({self._quiet.last()})")
        return answers_s

    @contextmanager
    def slow_image(self) -> Iterator[str]:
        """An image of machines that take long to boot."""
        image = f"nuvla-swarm/{NAME}:slow"
        arguments = [f"--build-arg=MACHINE={self.settings['machines.image']}", f"--build-arg=BOOT_S={BOOT_S}"]
        file = CHECKOUT / "lab/bench/slow.Dockerfile"
        printed("docker", "build", "--quiet", "--tag", image, *arguments, "--file", str(file), str(file.parent))
        try:
            yield image
        finally:
            printed("docker", "image", "rm", "--force", image)


def must(result: Result) -> None:
    if result.code != 0:
        raise RuntimeError(result.text)
