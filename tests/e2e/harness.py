"""Stacks of tests: a copy of the program in a temporary folder, with its own state, on a real Docker engine."""

import copy
import fcntl
import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import requests
import yaml

from components import catalog
from stacks.config import loader
from tests.e2e.machines import patience
from tests.support.checkout import CHECKOUT, copy_part
from tests.support.configs import texts
from tests.support.stand_ins import is_offline, skip_without_stand_in
from tools.computer_settings import nested

SCRIPTS = CHECKOUT / "tests/e2e/files"  # for machines and probes
PROGRAM_PARTS = [
    "Pulumi.yaml",
    "__main__.py",
    "components",
    "stacks",
    "Makefile",
    "tools",
    "local",
    "offline",
    "examples",
    "requirements.txt",
    "pyproject.toml",
]
STACK_LABEL = "io.nuvla.swarm.stack"
TIMEOUT_S = 900  # of a command that hangs: one of a large stack takes minutes while others want the cores
TRAEFIK_ALONE: dict[str, Any] = {section: {"enabled": False} for section in ("monitoring", "nfs", "s3")}  # settings


@dataclass(frozen=True)
class Result:
    """The exit code of a command, and what the command printed."""

    code: int
    text: str

    def count(self, what: str) -> int:
        """Return the number that Pulumi's summary puts before `what`, such as `created` or `unchanged`."""
        match = re.search(rf"(\d+) {what}", self.text)
        return int(match[1]) if match else 0

    def touched(self) -> set[str]:
        """Return the logical names of the resources that Pulumi creates, changes, replaces or deletes."""
        lines = re.findall(r"^ *(?:\+|-|~|\+-|\+\+|--) +\S+:\S+ +(\S+)", self.text, re.MULTILINE)
        return {name for name in lines if not name.startswith("nuvla-swarm-")}


class PatientSession(requests.Session):
    """A session that gives machines more time to answer that are slow, or whose cores others want."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        return super().send(request, **options | {"timeout": options["timeout"] * patience()})


def run(
    *command: str, env: dict[str, str] | None = None, cwd: Path | None = None, timeout_s: int = TIMEOUT_S
) -> Result:
    """Run a command to its end, with both outputs in one text.

    Errors: `AssertionError` with the output so far, if the command takes longer than `timeout_s`.
    """
    try:
        completed = subprocess.run(
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
        output = expired.output.decode(errors="replace") if isinstance(expired.output, bytes) else expired.output
        raise AssertionError(f"not done after {timeout_s} s: {' '.join(command)}\n{output}") from expired
    return Result(completed.returncode, completed.stdout)


def docker(*arguments: str) -> str:
    """Run `docker` on the engine of the machines, and return its output."""
    answer = run("docker", *arguments)
    assert answer.code == 0, answer.text
    return answer.text.strip()


def labelled(kind: str, label: str) -> list[str]:
    """Return the ids of the containers, networks or volumes (`kind`) with a label on the engine, stopped ones too."""
    stopped_too = ["--all"] if kind == "container" else []
    return docker(kind, "ls", *stopped_too, "--quiet", "--filter", f"label={label}").split()


def remove_labelled(label: str) -> None:
    """Remove the containers, networks and volumes with a label."""
    for kind in ("container", "network", "volume"):
        force = [] if kind == "network" else ["--force"]
        for identity in labelled(kind, label):
            docker(kind, "rm", *force, identity)


def processes_with(mark: str) -> list[int]:
    """Return the ids of the processes with a text in their environment."""
    found = Path("/proc").glob("[0-9]*/environ")
    return [int(path.parent.name) for path in found if mark.encode() in environment_of(path)]


def kill(processes: Iterable[int]) -> None:
    """Kill processes, of which some may have ended."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def environment_of(path: Path) -> bytes:
    """Return the environment of a process: empty if the process has ended or belongs to another user."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _skip_without_images(settings: Mapping[str, Any]) -> None:
    """Skip the running test if a service of the stack has an image that offline mode has no stand-in for."""
    parsed, _ = loader.parse(texts(settings))
    if parsed is not None:
        skip_without_stand_in(*catalog.images_of(parsed.features))


@cache
def computer_settings() -> dict[str, dict[str, Any]]:
    """Return the settings of local machines on this computer's engine, by section."""
    return nested(run("local/settings.sh", cwd=CHECKOUT).text.splitlines())


@cache
def image_of(target: str) -> str:
    """Return the name of an image of local/Dockerfile, such as `plain`."""
    [image] = [tag for tag in run("local/build.sh", "tags", cwd=CHECKOUT).text.split() if f"/{target}:" in tag]
    return image


class Stack:
    """A copy of the program with its own configuration and state."""

    device = "eth0"  # of each machine

    def __init__(self, name: str, folder: Path, settings: dict[str, Any]):
        self.name = name
        self.folder = folder
        self.env = os.environ | {
            "PULUMI_BACKEND_URL": f"file://{folder / '.state'}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "passphrase of a test",
            "NUVLA_SWARM_OFFLINE": "true" if is_offline() else "false",  # stand-ins for remote machines too
        }
        self.env.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        (folder / ".state").mkdir(parents=True)
        for part in PROGRAM_PARTS:
            copy_part(CHECKOUT / part, folder / part)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")
        _skip_without_images(settings)
        self.must("pulumi", "stack", "init", name)
        for key, value in settings.items():
            self.set(key, value)
        is_local = settings["machines"].get("provider") == "local"
        for section, values in computer_settings().items() if is_local else ():
            for key, value in values.items():
                self.set(f"{section}.{key}", value)

    def must(self, *command: str, env: dict[str, str] | None = None) -> Result:
        """Run a command that has to succeed."""
        result = self.run(*command, env=env)
        assert result.code == 0, result.text
        return result

    def run(self, *command: str, env: dict[str, str] | None = None, timeout_s: int = TIMEOUT_S) -> Result:
        return run(*command, env=self.env | (env or {}), cwd=self.folder, timeout_s=timeout_s)

    @property
    def file(self) -> Path:
        """Return the path of the stack's configuration."""
        return self.folder / f"Pulumi.{self.name}.yaml"

    def get(self, path: str) -> Any:
        """Return the value of the setting at `path`, such as `machines.image`."""
        section, *steps = path.split(".")
        value = yaml.safe_load(self.file.read_text())["config"][f"nuvla-swarm:{section}"]
        for step in steps:
            value = value[step]
        return value

    def set(self, path: str, value: Any) -> None:
        """Set the setting at `path`, such as `machines.pools.worker.count`."""
        document = yaml.safe_load(self.file.read_text())
        section, *steps = path.split(".")
        place, key = document.setdefault("config", {}), f"nuvla-swarm:{section}"
        for step in steps:
            place, key = place.setdefault(key, {}), step
        place[key] = value
        self.file.write_text(yaml.safe_dump(document))

    def allow(self, rule: str) -> None:
        """Make an exception from a rule of changes, until tomorrow."""
        self.set(f"exceptions.{rule}", (datetime.now(UTC).date() + timedelta(1)).isoformat())

    def unset(self, path: str) -> None:
        """Remove the setting at `path`."""
        document = yaml.safe_load(self.file.read_text())
        section, *steps, last = path.split(".")
        place = document["config"][f"nuvla-swarm:{section}"]
        for step in steps:
            place = place[step]
        del place[last]
        self.file.write_text(yaml.safe_dump(document))

    def preview(self, *options: str, env: dict[str, str] | None = None) -> Result:
        return self.run("pulumi", "preview", "--color=never", "--non-interactive", *options, env=env)

    def up(self, *options: str) -> Result:
        return self.run("pulumi", "up", "--yes", "--skip-preview", "--color=never", "--non-interactive", *options)

    def destroy(self) -> Result:
        return self.run("pulumi", "destroy", "--yes", "--skip-preview", "--color=never", "--non-interactive")

    def make(self, goal: str, *variables: str) -> Result:
        """Run a goal as a pipeline does, with Pulumi's own output; `variables` such as VERBOSE=0 win."""
        return self.run("make", goal, f"STACK={self.name}", "YES=1", "VERBOSE=1", *variables)

    def outputs(self) -> dict[str, Any]:
        text = self.must("pulumi", "stack", "output", "--json", "--show-secrets").text
        outputs: dict[str, Any] = json.loads(text)
        return outputs

    def state(self) -> str:
        """Return the texts of the files that Pulumi writes."""
        return "".join(
            path.read_text()
            for path in (self.folder / ".state/.pulumi").rglob("*")
            if path.suffix in (".json", ".attrs", ".bak")
        )

    def certificate(self) -> Path:
        """Write the certificate that Traefik serves by default into a file, and return its path."""
        file = self.folder / "trusted.pem"
        own = yaml.safe_load(self.file.read_text())["config"].get("nuvla-swarm:traefik", {}).get("certificate")
        if own:
            file.write_text(own)
            return file
        resources = json.loads(self.must("pulumi", "stack", "export").text)["deployment"]["resources"]
        [certificate] = [resource for resource in resources if resource["urn"].endswith("::traefik-certificate-cert")]
        file.write_text(certificate["outputs"]["certPem"])
        return file

    def https_session(self) -> requests.Session:
        """Return a session that trusts the certificate of Traefik and no other."""
        session = PatientSession()
        session.verify = str(self.certificate())
        session.trust_env = False  # otherwise requests trusts REQUESTS_CA_BUNDLE instead
        return session

    def container(self, machine: str) -> str:
        return f"nuvla-swarm-{self.name}-{machine}"

    def remove_with_disk(self, machine: str) -> None:
        """Remove a local machine with the volume of its engine."""
        engine = '{{range .Mounts}}{{if eq .Destination "/var/lib/docker"}}{{.Name}}{{end}}{{end}}'
        disk = docker("inspect", "--format", engine, self.container(machine))
        docker("rm", "--force", self.container(machine))
        docker("volume", "rm", disk)

    def address(self, machine: str) -> str:
        """Return the address of a machine, as the engine reports it: faster than all outputs of the stack."""
        return docker(
            "inspect", "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.container(machine)
        )

    def on(self, machine: str, *command: str) -> Result:
        """Run a command inside a machine."""
        return run("docker", "exec", self.container(machine), *command)

    def in_network(self, machine: str, image: str, *command: str) -> list[str]:
        """Return a command that runs one of an image, with its input, in the network of a machine."""
        network = f"--network=container:{self.container(machine)}"
        return ["docker", "run", "--rm", "--interactive", network, image, *command]

    @property
    def subnet(self) -> str:
        """Return the network of the machines."""
        subnet: str = self.get("machines.subnet")
        return subnet

    @contextmanager
    def counted_as_member(self, machine: str, address: str) -> Iterator[None]:
        """Have the firewall of a machine take an address for a member of the swarm, as it does with any neighbour."""
        yield

    def set_workers(self, count: int) -> None:
        """Set how many workers the next `up` leaves."""
        self.set("machines.pools.worker.count", count)

    def restart(self, *machines: str) -> None:
        """Restart machines, and return while they start."""
        docker("restart", *map(self.container, machines))

    def nodes(self) -> dict[str, str]:
        """Return the state of each node, such as "Ready Active", by hostname: "<hostname>#2" for a ghost node."""
        text = self.on(
            "manager-1", "docker", "node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.Availability}}"
        ).text
        states: dict[str, str] = {}
        for line in text.splitlines():
            host, state = line.split(" ", 1)
            states[f"{host}#2" if host in states else host] = state
        return states

    @property
    def label(self) -> str:
        """Label of all that the stack has on the engine."""
        return f"{STACK_LABEL}=nuvla-swarm/{self.name}"

    def labelled_ids(self, kind: str) -> list[str]:
        """Return the ids of the containers, networks or volumes (`kind`) with the stack's label on the engine."""
        return labelled(kind, self.label)

    def leftovers(self) -> list[str]:
        """Return the ids of all that the stack has on the engine."""
        return [identity for kind in ("container", "network", "volume") for identity in self.labelled_ids(kind)]

    def processes(self) -> list[int]:
        """Return the ids of this stack's processes: plugins of a killed Pulumi live on in other process groups."""
        return processes_with(f"file://{self.folder / '.state'}")

    def kill_processes(self) -> None:
        """Kill the processes that still run for this stack."""
        kill(self.processes())

    def in_folder(self, folder: Path) -> Self:
        """Return the stack of this name that an earlier run created in another folder, which may be gone."""
        other = copy.copy(self)
        other.folder = folder
        other.env = {key: value.replace(str(self.folder), str(folder)) for key, value in self.env.items()}
        return other

    def remove(self) -> None:
        """Remove all that is left of the stack, however the test ended."""
        self.kill_processes()
        remove_labelled(self.label)


@contextmanager
def stack(name: str, folder: Path, settings: dict[str, Any]) -> Iterator[Stack]:
    """Yield a new stack, and remove all of it afterwards."""
    new_stack = Stack(name, folder, settings)
    with exclusive(new_stack):
        yield new_stack


@contextmanager
def exclusive(stack: Stack) -> Iterator[None]:
    """Lock the name of a stack; remove what a killed run of these tests left, and the whole stack at the end."""
    engine = docker("info", "--format", "{{.ID}}").replace(":", "")[:12]
    with (Path(tempfile.gettempdir()) / f"nuvla-swarm-{engine}-{stack.name}.folder").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the lock ends with this process, however it ends
        except BlockingIOError:
            raise AssertionError(f"another run of these tests has the stack {stack.name}: wait until it ends") from None
        lock.seek(0)
        if former_folder := lock.read():
            stack.in_folder(Path(former_folder)).remove()
        lock.truncate(0)
        lock.write(str(stack.folder))
        lock.flush()
        try:
            yield
        finally:
            stack.remove()
        lock.truncate(0)
