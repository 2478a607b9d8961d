"""A host: an infrastructure that Nuvla itself runs on."""

from typing import Any

from components.firewall.rules import host_rows
from components.nuvla_host.map_count import MapCount, MapCountArgs
from stacks import foundation, services
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.foundation import Ground
from stacks.prior_state import PriorState
from stacks.swarm_platform import Base


def build(settings: Settings, secrets: Secrets, prior: PriorState) -> dict[str, Any]:
    """The resources of a host: what every kind has, and what Nuvla's own services need; returns the stack's outputs."""
    machines = foundation.build(settings, secrets, host_rows(swarm_port=settings.firewall.swarm_port), prior)
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
