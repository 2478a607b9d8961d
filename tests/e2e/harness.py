"""A stack of its own, in a folder of its own, on the real engine."""

import copy
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests
import yaml

from components import catalog
from stacks.config import loader
from tests.support.configs import texts
from tests.support.stand_ins import skip_without_stand_in

CHECKOUT = Path(__file__).parents[2]
PROGRAM = [
    "Pulumi.yaml",
    "__main__.py",
    "components",
    "stacks",
    "Makefile",
    "tools",
    "local",
    "offline",
    "requirements.txt",
    "pyproject.toml",
]
LABEL = "io.nuvla.swarm.stack"
TIMEOUT_S = 300


@dataclass(frozen=True)
class Result:
    """What one command printed."""

    code: int
    text: str

    def count(self, what: str) -> int:
        """How many resources were `created`, `changed`, `unchanged` ..., by the summary of Pulumi."""
        found = re.search(rf"(\d+) {what}", self.text)
        return int(found[1]) if found else 0

    def touched(self) -> set[str]:
        """Logical names of the resources that were to be changed in any way."""
        lines = re.findall(r"^ *(?:\+|-|~|\+-|\+\+|--) +\S+:\S+ +(\S+)", self.text, re.MULTILINE)
        return {name for name in lines if not name.startswith("nuvla-swarm-")}


def run(
    *command: str, env: dict[str, str] | None = None, cwd: Path | None = None, timeout_s: int = TIMEOUT_S
) -> Result:
    """Runs a command to its end, with both outputs in one text; one that does not end tells what it has said so far."""
    try:
        done = subprocess.run(
            command,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=env,
            cwd=cwd,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as expired:
        said = expired.output.decode(errors="replace") if isinstance(expired.output, bytes) else expired.output
        raise AssertionError(f"not done after {timeout_s} s: {' '.join(command)}\n{said}") from expired
    return Result(done.returncode, done.stdout)


def docker(*arguments: str) -> str:
    """Asks the Docker engine that the machines run on."""
    answer = run("docker", *arguments)
    assert answer.code == 0, answer.text
    return answer.text.strip()


def environment(path: Path) -> bytes:
    """The environment of a process, empty when it has just ended or is somebody else's."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _skip_without_images(settings: Mapping[str, Any]) -> None:
    """Skip the running test if a service of the stack has an image that offline mode has no stand-in for."""
    parsed, _ = loader.parse(texts(settings))
    if parsed is not None:
        skip_without_stand_in(*catalog.images_of(parsed.features))


class Stack:
    """A copy of the program with a configuration and a state of its own."""

    def __init__(self, name: str, folder: Path, settings: dict[str, Any]):
        self.name = name
        self.folder = folder
        self.env = os.environ | {
            "PULUMI_BACKEND_URL": f"file://{folder / '.state'}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "passphrase of a test",
        }
        self.env.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        (folder / ".state").mkdir(parents=True)
        for part in PROGRAM:
            source, target = CHECKOUT / part, folder / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")
        _skip_without_images(settings)
        self.must("pulumi", "stack", "init", name)
        for key, value in settings.items():
            self.set(key, value)
        self.must("tools/stack.sh", "fill-in", name)

    def must(self, *command: str, env: dict[str, str] | None = None) -> Result:
        result = self.run(*command, env=env)
        assert result.code == 0, result.text
        return result

    def run(self, *command: str, env: dict[str, str] | None = None, timeout_s: int = TIMEOUT_S) -> Result:
        return run(*command, env=self.env | (env or {}), cwd=self.folder, timeout_s=timeout_s)

    @property
    def file(self) -> Path:
        """The stack's configuration."""
        return self.folder / f"Pulumi.{self.name}.yaml"

    def get(self, path: str) -> Any:
        """What `path`, such as `machines.image`, is set to."""
        section, *steps = path.split(".")
        found = yaml.safe_load(self.file.read_text())["config"][f"nuvla-swarm:{section}"]
        for step in steps:
            found = found[step]
        return found

    def set(self, path: str, value: Any) -> None:
        """Sets what `path`, such as `machines.pools.worker.count`, stands for."""
        document = yaml.safe_load(self.file.read_text())
        section, *steps = path.split(".")
        place, key = document.setdefault("config", {}), f"nuvla-swarm:{section}"
        for step in steps:
            place, key = place.setdefault(key, {}), step
        place[key] = value
        self.file.write_text(yaml.safe_dump(document))

    def preview(self, *options: str, env: dict[str, str] | None = None) -> Result:
        return self.run("pulumi", "preview", "--color=never", "--non-interactive", *options, env=env)

    def up(self, *options: str) -> Result:
        return self.run("pulumi", "up", "--yes", "--skip-preview", "--color=never", "--non-interactive", *options)

    def destroy(self) -> Result:
        return self.run("pulumi", "destroy", "--yes", "--skip-preview", "--color=never", "--non-interactive")

    def make(self, goal: str) -> Result:
        return self.run("make", goal, f"STACK={self.name}")

    def outputs(self) -> dict[str, Any]:
        text = self.must("pulumi", "stack", "output", "--json", "--show-secrets").text
        found: dict[str, Any] = json.loads(text)
        return found

    def state(self) -> str:
        """The state as it is stored."""
        return "".join(
            path.read_text()
            for path in (self.folder / ".state").rglob("*")
            if path.suffix in (".json", ".attrs", ".bak")
        )

    def certificate(self) -> Path:
        """A file with the certificate that Traefik shows, made by the program."""
        resources = json.loads(self.must("pulumi", "stack", "export").text)["deployment"]["resources"]
        [made] = [resource for resource in resources if resource["urn"].endswith("::traefik-certificate-cert")]
        file = self.folder / "trusted.pem"
        file.write_text(made["outputs"]["certPem"])
        return file

    def user(self) -> requests.Session:
        """Somebody who trusts the certificate of Traefik, and no other."""
        session = requests.Session()
        session.verify = str(self.certificate())
        session.trust_env = False  # or else REQUESTS_CA_BUNDLE would be trusted instead
        return session

    def container(self, machine: str) -> str:
        return f"nuvla-swarm-{self.name}-{machine}"

    def burn(self, machine: str) -> None:
        """Removes a local machine with the disk that its engine is on."""
        engine = '{{range .Mounts}}{{if eq .Destination "/var/lib/docker"}}{{.Name}}{{end}}{{end}}'
        disk = docker("inspect", "--format", engine, self.container(machine))
        docker("rm", "--force", self.container(machine))
        docker("volume", "rm", disk)

    def address(self, machine: str) -> str:
        """Address of a machine, as the engine says it: quicker than to ask for all outputs."""
        return docker(
            "inspect", "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.container(machine)
        )

    def on(self, machine: str, *command: str) -> Result:
        """Runs a command inside a machine."""
        return run("docker", "exec", self.container(machine), *command)

    def nodes(self) -> dict[str, str]:
        """State of the swarm's nodes, a ghost among them, as "<hostname>" or "<hostname>#2" -> "Ready Active"."""
        text = self.on(
            "manager-1", "docker", "node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.Availability}}"
        ).text
        found: dict[str, str] = {}
        for line in text.splitlines():
            host, state = line.split(" ", 1)
            found[f"{host}#2" if host in found else host] = state
        return found

    def on_engine(self, kind: str) -> list[str]:
        """Ids of what bears the stack's label on the Docker engine: of kind container, network or volume."""
        every = ["--all"] if kind == "container" else []
        label = f"label={LABEL}=nuvla-swarm/{self.name}"
        return docker(kind, "ls", *every, "--quiet", "--filter", label).split()

    def leftovers(self) -> list[str]:
        return [found for kind in ("container", "network", "volume") for found in self.on_engine(kind)]

    def processes(self) -> list[int]:
        """What runs for this stack: plugins of a killed Pulumi live on in groups of their own."""
        mark = f"file://{self.folder / '.state'}".encode()
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mark in environment(path)]

    def end(self) -> None:
        """Ends what still runs for this stack."""
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def of_folder(self, folder: Path) -> Self:
        """The stack of this name that an earlier run made in another folder, which may be gone."""
        other = copy.copy(self)
        other.folder = folder
        other.env = {key: value.replace(str(self.folder), str(folder)) for key, value in self.env.items()}
        return other

    def remove(self) -> None:
        """Removes whatever is left, however the test ended."""
        self.end()
        for kind in ("container", "network", "volume"):
            force = [] if kind == "network" else ["--force"]
            for found in self.on_engine(kind):
                docker(kind, "rm", *force, found)


@contextmanager
def stack(name: str, folder: Path, settings: dict[str, Any]) -> Iterator[Stack]:
    """A stack, and nothing of it afterwards."""
    made = Stack(name, folder, settings)
    with alone(made):
        yield made


@contextmanager
def alone(made: Stack) -> Iterator[None]:
    """Nobody else has a stack of this name; what a killed run of these tests left is removed, and all in the end."""
    engine = docker("info", "--format", "{{.ID}}").replace(":", "")[:12]
    with (Path(tempfile.gettempdir()) / f"nuvla-swarm-{engine}-{made.name}.folder").open("a+") as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)  # which ends with this process, however that ends
        except BlockingIOError:
            raise AssertionError(f"another run of these tests has the stack {made.name}: wait until it ends") from None
        note.seek(0)
        if before := note.read():
            made.of_folder(Path(before)).remove()
        note.truncate(0)
        note.write(str(made.folder))
        note.flush()
        try:
            yield
        finally:
            made.remove()
        note.truncate(0)
