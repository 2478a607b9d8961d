"""Stacks whose machines are instances of the stand-in of Exoscale, each with its own cloud."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.e2e.harness import Stack, docker, exclusive, run
from tests.e2e.port_probes import Prober, running_prober
from tests.support.checkout import CHECKOUT

ZONE = "ch-gva-2"
TEMPLATE = {"id": "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01", "name": "Linux Ubuntu 24.04 LTS 64-bit"}
EXOSCALE_MACHINES = {"provider": "exoscale", "zone": ZONE, "template": TEMPLATE}


def cloud_label(folder: Path) -> str:
    """Return the label of all that a stand-in of Exoscale, with its records in a folder, has on the engine."""
    return f"io.nuvla.exoscale.cloud={sha256(str(folder.resolve()).encode()).hexdigest()[:6]}"


class ExoscaleStack(Stack):
    """A stack with its cloud, whose public addresses are from `subnet`."""

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
        """Return the cloud's records of a kind, such as `instance`, by id."""
        file = self.folder / "cloud/cloud.json"
        cloud: dict[str, dict[str, dict[str, Any]]] = json.loads(file.read_text()) if file.exists() else {}
        return cloud.get(kind, {})

    def instance(self, machine: str) -> dict[str, Any]:
        """Return the record of a machine, with its id."""
        name = f"nuvla-swarm-{self.name}-{machine}"
        [instance] = [
            {**record, "id": key} for key, record in self.records("instance").items() if record["name"] == name
        ]
        return instance

    def urn(self, machine: str) -> str:
        """Return the URN of a machine's instance, as `pulumi stack --show-urns` shows it."""
        cluster, instance = "nuvla:machines:ExoscaleCluster", "exoscale:index/computeInstance:ComputeInstance"
        return f"urn:pulumi:{self.name}::nuvla-swarm::{cluster}${instance}::{machine}"

    def container(self, machine: str) -> str:
        return str(self.instance(machine)["container"])

    def address(self, machine: str) -> str:
        return str(self.instance(machine)["address"])

    def calls(self) -> list[str]:
        """Return the calls of the API so far."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def label(self) -> str:
        return cloud_label(self.folder / "cloud")

    def leftovers(self) -> list[str]:
        return [*super().leftovers(), *map(str, (self.folder / "cloud").glob("*.json"))]

    def remove(self) -> None:
        """Destroy the machines by the plugin, which detaches devices of volumes too; then remove all that is left."""
        if self.records("instance") or self.records("block-storage"):
            self.destroy()
        super().remove()


@contextmanager
def exoscale_stack(name: str, folder: Path, settings: dict[str, Any], subnet: str) -> Iterator[ExoscaleStack]:
    """Yield a new stack, and remove all of it afterwards."""
    stack = ExoscaleStack(name, folder, settings, subnet)
    with exclusive(stack):
        yield stack


@contextmanager
def exoscale_prober(target: ExoscaleStack, member: str) -> Iterator[Prober]:
    """Yield a prober in the zone of the machines, with an address of each source and the address of a machine."""
    zone = docker("inspect", "--format={{.HostConfig.NetworkMode}}", target.container(member))
    with running_prober(target, zone, member) as prober:
        yield prober
