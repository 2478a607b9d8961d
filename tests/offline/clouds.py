"""Clouds of the stand-in of ``exoscale``, each with records, networks and addresses of its own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]

from tests.offline import plugin
from tests.offline.plugin import Made, Plugin

TIMEOUT_S = 300  # of a command of Docker
ZONE = "ch-gva-2"
TEMPLATE = "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01"
TOKENS = {
    "key": "exoscale:index/sshKey:SshKey",
    "group": "exoscale:index/securityGroup:SecurityGroup",
    "rule": "exoscale:index/securityGroupRule:SecurityGroupRule",
    "apart": "exoscale:index/antiAffinityGroup:AntiAffinityGroup",
    "instance": "exoscale:index/computeInstance:ComputeInstance",
    "volume": "exoscale:index/blockStorageVolume:BlockStorageVolume",
    "elastic": "exoscale:index/elasticIp:ElasticIp",
    "network": "exoscale:index/privateNetwork:PrivateNetwork",
}
MACHINE: dict[str, Any] = {"zone": ZONE, "templateId": TEMPLATE, "type": "standard.small", "diskSize": 10}


class Cloud:
    """One running plugin, and what it has made."""

    def __init__(self, running: Plugin, folder: Path) -> None:
        self._running = running
        self.folder = folder
        self._made: list[tuple[Plugin, Made]] = []

    def __getattr__(self, kind: str) -> Plugin:
        """The resource type, by a short name."""
        if kind not in TOKENS:
            raise AttributeError(kind)
        return self._running.of(TOKENS[kind])

    def make(self, kind: str, **inputs: Any) -> Made:
        """Creates one, to be removed in the end if the test has not."""
        found: Plugin = getattr(self, kind)
        made = found.create(inputs)
        self._made.append((found, made))
        return made

    def invoke(self, **inputs: Any) -> dict[str, Any]:
        return self._running.invoke("exoscale:index/getTemplate:getTemplate", inputs)

    def look_up_volume(self, **inputs: Any) -> dict[str, Any]:
        return self._running.invoke("exoscale:index/getBlockStorageVolume:getBlockStorageVolume", inputs)

    def logged(self) -> list[str]:
        """What the plugin has told the engine's log since the last question."""
        lines = self._running.log.lines
        self._running.log.entries.clear()
        return lines

    def remove_all(self) -> None:
        """Also after a test that failed: what is in use waits for its user to go."""
        while self._made:
            waiting, problem = [], None
            for found, made in reversed(self._made):
                try:
                    if found.read(made).id:  # else the test has removed it
                        found.delete(made)
                except grpc.RpcError as refused:
                    waiting.append((found, made))
                    problem = refused
            if problem and len(waiting) == len(self._made):
                raise problem
            self._made = waiting[::-1]

    def calls(self) -> list[str]:
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def leftovers(self) -> list[str]:
        """Of this cloud on the Docker engine, and in its folder."""
        key = sha256(str((self.folder / "cloud").resolve()).encode()).hexdigest()[:6]
        found = [
            line
            for kind, every in (("container", ["--all"]), ("network", []), ("volume", []))
            for line in docker(kind, "ls", *every, "--quiet", f"--filter=label=io.nuvla.exoscale.cloud={key}").split()
        ]
        return found + [path.name for path in (self.folder / "cloud").glob("*.json")]


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def environment(folder: Path, subnet: str) -> dict[str, str]:
    """What makes a cloud one of its own."""
    return {
        "EXOSCALE_STANDIN_FOLDER": str(folder / "cloud"),
        "EXOSCALE_STANDIN_SUBNET": subnet,
        "EXOSCALE_STANDIN_CALLS": str(folder / "calls"),
    }


@contextmanager
def cloud(folder: Path, subnet: str, config: dict[str, Any] | None = None) -> Iterator[Cloud]:
    """A cloud that leaves nothing."""
    with plugin.running(plugin.standin("exoscale"), environment(folder, subnet), config) as running:
        found = Cloud(running, folder)
        try:
            yield found
        finally:
            found.remove_all()
        assert found.leftovers() == []
