"""Stacks whose machines are instances of the stand-in of Exoscale, each in a cloud of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.e2e import expected_ports
from tests.e2e.harness import CHECKOUT, LABEL, Stack, alone, docker, run
from tests.e2e.port_probes import OUTSIDE, Prober

ZONE = "ch-gva-2"
TEMPLATE = {"id": "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01", "name": "Linux Ubuntu 24.04 LTS 64-bit"}
ON_EXOSCALE = {"provider": "exoscale", "zone": ZONE, "template": TEMPLATE}


class CloudStack(Stack):
    """A stack with its cloud: `subnet` is where the public addresses are from."""

    def __init__(self, name: str, folder: Path, settings: dict[str, Any], subnet: str):
        super().__init__(name, folder, settings)
        self.env |= {
            "EXOSCALE_API_KEY": "EXO-of-a-test",
            "EXOSCALE_API_SECRET": "of-a-test",
            "EXOSCALE_STANDIN_FOLDER": str(folder / "cloud"),
            "EXOSCALE_STANDIN_SUBNET": subnet,
            "EXOSCALE_STANDIN_CALLS": str(folder / "calls"),
        }
        for line in run("local/settings.sh", cwd=CHECKOUT).text.splitlines():
            path, _, value = line.partition("=")
            if not path.startswith("machines."):
                self.set(path.removesuffix("[0]"), [value] if path.endswith("[0]") else value)

    def records(self, kind: str) -> dict[str, dict[str, Any]]:
        """What the cloud has of a kind, such as `instance`, by id."""
        file = self.folder / "cloud/cloud.json"
        found: dict[str, dict[str, dict[str, Any]]] = json.loads(file.read_text()) if file.exists() else {}
        return found.get(kind, {})

    def instance(self, machine: str) -> dict[str, Any]:
        """The record of a machine, with its id."""
        name = f"nuvla-swarm-{self.name}-{machine}"
        [found] = [{**record, "id": key} for key, record in self.records("instance").items() if record["name"] == name]
        return found

    def container(self, machine: str) -> str:
        return str(self.instance(machine)["container"])

    def address(self, machine: str) -> str:
        return str(self.instance(machine)["address"])

    def calls(self) -> list[str]:
        """Calls of the API so far."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def on_engine(self, kind: str) -> list[str]:
        key = sha256(str((self.folder / "cloud").resolve()).encode()).hexdigest()[:6]
        every = ["--all"] if kind == "container" else []
        return docker(kind, "ls", *every, "--quiet", "--filter", f"label=io.nuvla.exoscale.cloud={key}").split()

    def leftovers(self) -> list[str]:
        return [*super().leftovers(), *map(str, (self.folder / "cloud").glob("*.json"))]

    def remove(self) -> None:
        """By the plugin, which ends the devices of volumes too; else whatever is left."""
        if self.records("instance") or self.records("block-storage"):
            self.destroy()
        super().remove()


@contextmanager
def cloud_stack(name: str, folder: Path, settings: dict[str, Any], subnet: str) -> Iterator[CloudStack]:
    """A stack, and nothing of it afterwards."""
    made = CloudStack(name, folder, settings, subnet)
    with alone(made):
        yield made


@dataclass(frozen=True)
class CloudProber(Prober):
    """Its packets as one of the machines come from a container in the network of that one."""

    member: str

    def script(self, name: str, source: str, *arguments: object) -> list[str]:
        if source != expected_ports.CLUSTER:
            return super().script(name, source, *arguments)
        return Prober(self.member, self.image, self.addresses).script(name, source, *arguments)


@contextmanager
def prober(target: CloudStack, member: str) -> Iterator[CloudProber]:
    """Somebody in the zone of the machines with an address of each source, and that of a machine."""
    names = run("local/build.sh", "tags", cwd=CHECKOUT).text.split()
    [image] = [name for name in names if "/probe:" in name]
    machine = target.container(member)
    zone = docker("inspect", "--format={{.HostConfig.NetworkMode}}", machine)
    containers = {place: f"nuvla-swarm-{target.name}-{place}-prober" for place in ("zone", "member")}
    networks = {"zone": zone, "member": f"container:{machine}"}
    try:
        for place, network in networks.items():
            options = [f"--name={containers[place]}", f"--network={network}", "--cap-add=NET_ADMIN"]
            options.append(f"--label={LABEL}=nuvla-swarm/{target.name}")
            docker("run", "--detach", *options, image, "sleep", "infinity")
        for address in OUTSIDE.values():
            docker("exec", containers["zone"], "ip", "address", "add", f"{address}/32", "dev", "eth0")
        addresses = OUTSIDE | {expected_ports.CLUSTER: target.address(member)}
        yield CloudProber(containers["zone"], image, addresses, containers["member"])
    finally:
        docker("rm", "--force", "--volumes", *containers.values())
