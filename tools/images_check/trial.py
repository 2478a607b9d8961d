"""Trials of an image: containers as the swarm starts them, without the swarm, its networks and its data."""

import os
import re
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tools.images_check import engine
from tools.images_check.contract import Contract, Metrics
from tools.images_check.program import PASSWORD, Mounted, Start

PATIENCE_S = 90  # until a container is healthy; Grafana makes its database first
INTERVAL_S = 0.5
SYSTEM = ("/", "/proc", "/sys")  # of the machine, which exporters read
DOCKER_SOCKET = "/var/run/docker.sock"
SOCKET_VOLUME = "docker-proxy"
LAYERS = "/var/lib/docker/image"
METRICS_USERS = "/run/secrets/metrics-users"  # of Traefik
LABEL = "com.docker.swarm.service.name"  # by which cAdvisor names a container's service
FAULT = re.compile(r"error|fail|fatal|unknown|not defined|invalid|refus|cannot|alert", re.IGNORECASE)


def missing_commands(image: str, contract: Contract) -> list[str]:
    """Return the commands of the contract that an image lacks."""
    script = 'for name; do command -v "$name" >/dev/null || echo "$name"; done'
    wanted = list(contract.commands)
    done = engine.docker(
        *("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", image, "-c", script, "sh", *wanted)
    )
    return done.stdout.split() if done.returncode == 0 else [f"/bin/sh ({engine.last_line(done)})"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A container of an image, to be used as a context: it ends with it."""

    image: str
    contract: Contract
    start: Start
    patience_s: float = PATIENCE_S
    notes: list[str] = field(default_factory=list)  # of what the image says will go

    @cached_property
    def name(self) -> str:
        """Name of the container, and of its image."""
        return f"nuvla-swarm-images-check-{os.getpid()}-{self.start.service}"

    def problems(self) -> list[str]:
        """Return what the image lacks, after the container has run and is removed."""
        try:
            return [f"{self.start.service}: {problem}" for problem in self._problems()]
        finally:
            engine.docker("rm", "--force", "--volumes", self.name)
            engine.docker("image", "rm", "--force", self.name)

    def _problems(self) -> Iterator[str]:
        if failure := engine.build(self.name, self.image, self._entries()) or self._run():
            yield failure
            return
        if failure := self._unhealthy():
            yield failure
            return
        if self.contract.metrics:
            yield from self._missing_metrics(self.contract.metrics)
        log = self._log()
        if self.contract.complaints:
            yield from (f'it says "{line}"' for line in log if re.search(self.contract.complaints, line))
        self.notes.extend(line for line in log if "deprecated" in line.lower())

    def _run(self) -> str:
        start = self.start
        options = ["--detach", "--name", self.name, "--label", f"{LABEL}={start.service}"]
        options += ["--read-only", "--network", "none", "--cap-drop", "ALL"]
        options += [f"--cap-add={one}" for one in start.capabilities]
        options += [f"--tmpfs={folder}:mode=1777,size=64m" for folder in start.temporary]
        options += [f"--env={key}={value}" for key, value in start.environment.items()]
        options += [option for mount in start.mounts for option in self._mount(mount)]
        options += [f"--user={start.user}"] if start.user else []
        options += [f"--entrypoint={start.command[0]}"] if start.command else []
        done = engine.docker("run", *options, self.name, *start.command[1:], *start.arguments)
        return "" if done.returncode == 0 else engine.last_line(done)

    def _mount(self, mount: Mounted) -> list[str]:
        """Return the options of a mount: what is the machine's own is shown, and what would be data is empty."""
        source, target = mount.source, mount.target
        if source == DOCKER_SOCKET:
            source = engine.socket()
        elif source == LAYERS:
            source = f"{engine.root_folder()}/image"
            target = target.replace(LAYERS, source)
        elif source == SOCKET_VOLUME and mount.read_only:
            source, target = engine.socket(), f"{target}/docker.sock"
        elif source not in SYSTEM:
            return ["--volume", target]
        return ["--mount", f"type=bind,source={source},target={target},readonly"]

    def _entries(self) -> Iterator[engine.Entry]:
        start = self.start
        user = int(start.user.partition(":")[0]) if start.user else 0
        for mount in start.mounts:
            if mount.source not in SYSTEM and not mount.target.endswith(".sock"):
                yield engine.Entry(path=mount.target, mode=0o1777)
        for path, text in start.files.items():
            yield engine.Entry(path=path, text=text)
        for path, text in start.secrets.items():
            yield engine.Entry(path=path, text=text, mode=0o400, user=user)

    def _unhealthy(self) -> str:
        """Wait for the health check; return why it does not succeed, or an empty text."""
        deadline = time.monotonic() + self.patience_s
        check: Sequence[str] = ("/bin/sh", "-c", self.start.health_script, "health", "0", "0", "3", *self.start.health)
        if not self.contract.healthy_alone:
            check = ("true",)
        while True:
            done = engine.docker("exec", self.name, *check)
            if done.returncode == 0:
                return ""
            running = engine.docker("inspect", "--format", "{{.State.Running}}", self.name).stdout.strip()
            if running != "true":
                return f'does not start: "{self._fault()}"'
            if time.monotonic() > deadline:
                return f'not healthy after {self.patience_s:.0f} seconds: "{self._fault() or engine.last_line(done)}"'
            time.sleep(INTERVAL_S)

    def _missing_metrics(self, metrics: Metrics) -> Iterator[str]:
        """Yield the metrics that do not appear; some need a round of measuring first."""
        deadline = time.monotonic() + self.patience_s / 3
        while True:
            shown = "\n".join(self._page(url) for url in metrics.pages)
            missing = [
                name for name in metrics.at_start if not re.search(rf"^(# TYPE )?{name}[ {{]", shown, re.MULTILINE)
            ]
            if not missing or time.monotonic() > deadline:
                break
            time.sleep(INTERVAL_S)
        if missing:
            yield f"the metrics {', '.join(missing)}"

    def _page(self, url: str) -> str:
        name = self.start.secrets.get(METRICS_USERS, "").partition(":")[0]
        login = b64encode(f"{name}:{PASSWORD}".encode()).decode()
        options = ["-q", "-O", "-", "--header", f"Authorization: Basic {login}"]
        options += ["--no-check-certificate"] if url.startswith("https:") else []
        return engine.docker("exec", self.name, "timeout", "5", "wget", *options, url).stdout

    def _log(self) -> list[str]:
        done = engine.docker("logs", "--tail", "400", self.name)
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).splitlines()

    def _fault(self) -> str:
        """Return the last line of the log that tells of a fault, or else the last line."""
        lines = [line.strip() for line in self._log() if line.strip()]
        faults = [line for line in lines if FAULT.search(line)]
        return (faults or lines or [""])[-1][:300]
