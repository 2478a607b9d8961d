"""A random walk: changes of a stack with an application on it, one after the other; each leaves the stack intact."""

import copy
import os
import random
import re
import secrets
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from tests.e2e.harness import Result, Stack
from tests.e2e.waiting import wait_for

APP = "shop"
APP_LABELS = (
    "traefik.enable=true",
    f"traefik.http.routers.{APP}.rule=PathPrefix(`/{APP}`)",
    f"traefik.http.routers.{APP}.entrypoints=websecure",
    f"traefik.http.routers.{APP}.tls=true",
    f"traefik.http.services.{APP}.loadbalancer.server.port=80",
)
ANSWER_TIMEOUT_S = 180
SHARE_OF_REFUSED = 0.25  # of the steps: the program has to refuse them


class StepNotPossibleError(Exception):
    """The stack's present state does not allow the step."""


@dataclass(frozen=True)
class Expected:
    """What the update after a step is expected to do."""

    description: str  # of the change, for people
    refused: str | None = None  # regular expression of the error, if the update has to change nothing


Step = Callable[["Walk"], Expected]


@dataclass
class Walk:
    """A stack that changes, and what has to survive the changes."""

    stack: Stack
    seed: str
    hostname: str = "{}"  # format: name of a machine -> hostname
    # (machine, path) -> content of a file that the program does not own
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # machine -> label `walk` that an operator put on its node
    history: list[str] = field(default_factory=list)
    app_id: str = ""  # id of the application's service

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.decks: dict[bool, list[Step]] = {True: [], False: []}  # refused or not -> steps to come

    # Settings: each step reads them from the stack's file and writes them there.

    def settings(self) -> dict[str, Any]:
        """Return the settings in the stack's file, by section."""
        config = yaml.safe_load(self.stack.file.read_text())["config"]
        return {key.removeprefix("nuvla-swarm:"): copy.deepcopy(value) for key, value in config.items()}

    def get(self, path: str, default: Any = None) -> Any:
        """Return a setting, or `default` if it is unset."""
        found: Any = self.settings()
        for part in path.split("."):
            if not isinstance(found, dict) or part not in found:
                return default
            found = found[part]
        return found

    def pools(self) -> dict[str, dict[str, Any]]:
        """Return the pools of machines in the settings."""
        pools: dict[str, dict[str, Any]] = self.get("machines.pools")
        return pools

    def machines(self, role: str | None = None, *, active: bool = False) -> list[str]:
        """Return the machines in the settings, of one role or all, without lost ones."""
        names = [
            f"{name}-{member}"
            for name, pool in self.pools().items()
            if role in (None, pool["role"]) and (not active or pool.get("availability", "active") == "active")
            for member in (pool["hosts"] if "hosts" in pool else range(1, pool.get("count", 1) + 1))
        ]
        return [name for name in names if name not in self.get("machines.lost", [])]

    @property
    def api_manager(self) -> str:
        """Return the manager whose API the program uses."""
        return str(self.get("swarm.api_manager"))

    def docker(self, *command: str) -> str:
        """Run `docker` on the API manager, and return its output."""
        answer = self.stack.on(self.api_manager, "docker", *command)
        assert answer.code == 0, answer.text
        return answer.text.strip()

    # What has to survive every step.

    def deploy_application(self) -> None:
        """Deploy the application onto the swarm."""
        options = ["--detach", "--network=traefik-public", "--endpoint-mode=dnsrr"]
        labels = [f"--label={label}" for label in APP_LABELS]
        self.app_id = self.docker("service", "create", "--quiet", f"--name={APP}", *options, *labels, "whoami:test")

    def write_file(self, machine: str, path: str) -> None:
        """Write a file that the program does not own onto a machine."""
        content = f"{self.seed} {machine} {path}"
        completed = self.stack.on(machine, "bash", "-c", 'printf %s "$0" >"$1"', content, path)
        assert completed.code == 0, completed.text
        self.files[machine, path] = content

    def assert_intact(self) -> None:
        """Assert that machines, application, files and labels are there, and that an update changes nothing."""
        again = self.stack.up()
        assert again.code == 0, again.text
        assert again.touched() == set(), again.text
        assert "pending_operations" not in self.stack.must("pulumi", "stack", "export").text
        listed = self.docker("node", "ls", "--format", "{{.Hostname}} {{.Status}}").splitlines()
        assert sorted(listed) == sorted(f"{self.hostname.format(name)} Ready" for name in self.machines())
        for machine, label in self.labels.items():
            label_format = '{{index .Spec.Labels "walk"}}'
            assert self.docker("node", "inspect", self.hostname.format(machine), "--format", label_format) == label
        assert self.docker("service", "inspect", "--format", "{{.ID}}", APP) == self.app_id
        for (machine, path), content in self.files.items():
            if machine in self.get("machines.lost", []):
                continue
            assert self.stack.on(machine, "cat", path).text == content, f"{path} on {machine}"
        url = f"https://{self.stack.address(self.api_manager)}/{APP}"
        with self.stack.https_session() as session:
            wait_for(lambda: session.get(url, timeout=5).status_code == 200, f"{url} answers", ANSWER_TIMEOUT_S)

    # The walk.

    def run(self, steps: int, valid: Sequence[Step], refused: Sequence[Step]) -> None:
        """Do a number of steps and print each; a walk with the same seed has the same steps."""
        self.assert_intact()
        for number in range(1, steps + 1):
            is_refused = self.rng.random() < SHARE_OF_REFUSED
            before = self.stack.file.read_text()
            expected = self._do_next_step(self.decks[is_refused], refused if is_refused else valid)
            self.history.append(expected.description)
            print(f"step {number}: {expected.description}", flush=True)
            result = self.stack.make("up")
            assert "Traceback" not in result.text, result.text
            if expected.refused is None:
                assert result.code == 0, result.text
            else:
                assert result.code != 0, result.text
                assert re.search(expected.refused, result.text), result.text
                update = Result(result.code, result.text.partition("Updating (")[2])  # after a refresh
                assert update.touched() <= {"networks-look"}, result.text
                self.stack.file.write_text(before)
            self.assert_intact()

    def _do_next_step(self, deck: list[Step], steps: Sequence[Step]) -> Expected:
        """Do a step from the deck if its state allows one, and otherwise from a new deck of all steps."""
        for _ in range(2):
            for step in list(deck):
                with suppress(StepNotPossibleError):
                    expected = step(self)
                    deck.remove(step)
                    return expected
            deck[:] = self.rng.sample(steps, len(steps))
        raise AssertionError("no step is possible")

    def kill_update(self) -> None:
        """Start `make up`, and kill it with its children after a random number of printed lines."""
        lines = self.rng.randrange(1, 60)
        log = self.stack.folder / "killed.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["make", "up", f"STACK={self.stack.name}", "YES=1", "VERBOSE=1"],
                env=self.stack.env,
                cwd=self.stack.folder,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

        def has_enough_lines() -> bool:
            printed = log.read_text().partition("Updating (")[2]
            return process.poll() is not None or printed.count("\n") >= lines

        try:
            wait_for(has_enough_lines, f"{lines} lines of an update", ANSWER_TIMEOUT_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.stack.kill_processes()


def seed_of(request: pytest.FixtureRequest) -> str:
    """Return the seed of the run, or a new one; print how to repeat the walk."""
    seed = str(request.config.getoption("seed") or secrets.token_hex(4))
    print(f"again: --seed {seed} --steps {request.config.getoption('steps')}")
    return seed
