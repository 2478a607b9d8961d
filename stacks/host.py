"""A host: an infrastructure that Nuvla itself runs on."""

from typing import Any

from components.firewall.rules import host_rows
from components.nuvla.map_count import MapCount, MapCountArgs
from stacks import ground, services
from stacks.base import Base
from stacks.configuration import Secrets
from stacks.ground import Ground
from stacks.prior_state import PriorState
from stacks.settings import Settings


def build(settings: Settings, secrets: Secrets, prior: PriorState) -> dict[str, Any]:
    """The resources of a host: what every kind has, and what Nuvla's own services need; returns the stack's outputs."""
    machines = ground.build(settings, secrets, host_rows(swarm_port=settings.firewall.swarm_port), prior)
    base = Base(settings, machines, prior, _before_joining(settings, machines))
    services.add(base, secrets)
    base.end()
    return base.outputs() | {
        "networks": {"public": settings.swarm.public_network.name, "backend": settings.swarm.backend_network}
    }


def _before_joining(settings: Settings, machines: Ground) -> dict[str, MapCount]:
    return {
        name: MapCount(
            f"{name}-map-count",
            MapCountArgs(machine=machines.cluster.machines[name], prepared=machines.installed[name]),
            machines.cluster.inside(),
        )
        for name in settings.machines.labelled("type", "worker-db")
    }
