"""A walk: random changes of a stack with an application on it, one after the other, each of which leaves all whole."""

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
from tests.e2e.moments import wait_for

APP = "shop"
APP_LABELS = (
    "traefik.enable=true",
    f"traefik.http.routers.{APP}.rule=PathPrefix(`/{APP}`)",
    f"traefik.http.routers.{APP}.entrypoints=websecure",
    f"traefik.http.routers.{APP}.tls=true",
    f"traefik.http.services.{APP}.loadbalancer.server.port=80",
)
PATIENCE_S = 180
SHARE_OF_REFUSED = 0.25  # of steps that ask for what is refused


class NotNowError(Exception):
    """A step that nothing can be done for as things are."""


@dataclass(frozen=True)
class Expected:
    """What the update after a step does."""

    told: str  # what was changed, for people
    refused: str | None = None  # what it says, as a regular expression, if it touches nothing


Step = Callable[["Walk"], Expected]


@dataclass
class Walk:
    """A stack that is changed, and what has to outlive that."""

    made: Stack
    seed: str
    hostname: str = "{}"  # of a machine, by its name
    files: dict[tuple[str, str], str] = field(
        default_factory=dict
    )  # machine, path -> content, none of it the program's
    labels: dict[str, str] = field(default_factory=dict)  # machine -> the label `walk` that an operator gave its node
    told: list[str] = field(default_factory=list)
    app: str = ""  # id of the application's service

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.decks: dict[bool, list[Step]] = {True: [], False: []}  # steps to come, of those that are refused or not

    # Settings: each step reads them from the stack's file, and writes them there.

    def settings(self) -> dict[str, Any]:
        """What is in the stack's file, by section."""
        config = yaml.safe_load(self.made.file.read_text())["config"]
        return {key.removeprefix("nuvla-swarm:"): copy.deepcopy(value) for key, value in config.items()}

    def get(self, path: str, default: Any = None) -> Any:
        """A setting, or what it is if unset."""
        found: Any = self.settings()
        for part in path.split("."):
            if not isinstance(found, dict) or part not in found:
                return default
            found = found[part]
        return found

    def pools(self) -> dict[str, dict[str, Any]]:
        """The pools of machines, as they are set."""
        found: dict[str, dict[str, Any]] = self.get("machines.pools")
        return found

    def machines(self, role: str | None = None, *, active: bool = False) -> list[str]:
        """Machines that the settings have, of one role or all, without those that are lost."""
        names = [
            f"{name}-{member}"
            for name, pool in self.pools().items()
            if role in (None, pool["role"]) and (not active or pool.get("availability", "active") == "active")
            for member in (pool["hosts"] if "hosts" in pool else range(1, pool.get("count", 1) + 1))
        ]
        return [name for name in names if name not in self.get("machines.lost", [])]

    @property
    def entry(self) -> str:
        """The manager that the program talks to."""
        return str(self.get("swarm.api_manager"))

    def docker(self, *command: str) -> str:
        """Docker on the entry."""
        answer = self.made.on(self.entry, "docker", *command)
        assert answer.code == 0, answer.text
        return answer.text.strip()

    # What has to outlive every step.

    def start(self) -> None:
        """Puts an application onto the swarm."""
        options = ["--detach", "--network=traefik-public", "--endpoint-mode=dnsrr"]
        labels = [f"--label={label}" for label in APP_LABELS]
        self.app = self.docker("service", "create", "--quiet", f"--name={APP}", *options, *labels, "whoami:test")

    def put(self, machine: str, path: str) -> None:
        """Writes a file of somebody else's into a folder on a machine."""
        content = f"{self.seed} {machine} {path}"
        written = self.made.on(machine, "bash", "-c", 'printf %s "$0" >"$1"', content, path)
        assert written.code == 0, written.text
        self.files[machine, path] = content

    def assert_whole(self) -> None:
        """The machines, the application, the files and labels are there, and an update has nothing to do."""
        again = self.made.up()
        assert again.code == 0, again.text
        assert again.touched() == set(), again.text
        assert "pending_operations" not in self.made.must("pulumi", "stack", "export").text
        listed = self.docker("node", "ls", "--format", "{{.Hostname}} {{.Status}}").splitlines()
        assert sorted(listed) == sorted(f"{self.hostname.format(name)} Ready" for name in self.machines())
        for machine, label in self.labels.items():
            form = '{{index .Spec.Labels "walk"}}'
            assert self.docker("node", "inspect", self.hostname.format(machine), "--format", form) == label
        assert self.docker("service", "inspect", "--format", "{{.ID}}", APP) == self.app
        for (machine, path), content in self.files.items():
            if machine in self.get("machines.lost", []):
                continue
            assert self.made.on(machine, "cat", path).text == content, f"{path} on {machine}"
        url = f"https://{self.made.address(self.entry)}/{APP}"
        with self.made.user() as client:
            wait_for(lambda: client.get(url, timeout=5).status_code == 200, f"{url} answers", PATIENCE_S)

    # The walk.

    def go(self, steps: int, valid: Sequence[Step], refused: Sequence[Step]) -> None:
        """Does so many steps; each is told, and the walk with the same seed has the same ones."""
        self.assert_whole()
        for number in range(1, steps + 1):
            asked = self.chance.random() < SHARE_OF_REFUSED
            before = self.made.file.read_text()
            expected = self._step(self.decks[asked], refused if asked else valid)
            self.told.append(expected.told)
            print(f"step {number}: {expected.told}", flush=True)
            result = self.made.make("up")
            assert "Traceback" not in result.text, result.text
            if expected.refused is None:
                assert result.code == 0, result.text
            else:
                assert result.code != 0, result.text
                assert re.search(expected.refused, result.text), result.text
                update = Result(result.code, result.text.partition("Updating (")[2])  # after a refresh
                assert update.touched() <= {"networks-look"}, result.text
                self.made.file.write_text(before)
            self.assert_whole()

    def _step(self, deck: list[Step], steps: Sequence[Step]) -> Expected:
        """Does a step of those that did not have their turn, if one can be done now, and else of all."""
        for _ in range(2):
            for step in list(deck):
                with suppress(NotNowError):
                    expected = step(self)
                    deck.remove(step)
                    return expected
            deck[:] = self.chance.sample(steps, len(steps))
        raise AssertionError("no step is possible")

    def killed_update(self) -> None:
        """Starts `make up` and kills it, and all that it started, somewhere on its way."""
        lines = self.chance.randrange(1, 60)
        log = self.made.folder / "killed.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["make", "up", f"STACK={self.made.name}"],
                env=self.made.env,
                cwd=self.made.folder,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

        def far_enough() -> bool:
            told = log.read_text().partition("Updating (")[2]
            return process.poll() is not None or told.count("\n") >= lines

        try:
            wait_for(far_enough, f"{lines} lines of an update", PATIENCE_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.made.end()


def seed_of(request: pytest.FixtureRequest) -> str:
    """What a walk is chosen by: that of the run, or a new one; printed, so that it can be walked again."""
    seed = str(request.config.getoption("seed") or secrets.token_hex(4))
    print(f"again: --seed {seed} --steps {request.config.getoption('steps')}")
    return seed
