"""What the settings of a stack say to its provider of machines."""

from components import catalog
from components.machines.provider import StackPlan
from components.ports import TrafficSource
from stacks.config.settings import Settings
from stacks.volumes import volumes


def plan(settings: Settings) -> StackPlan:
    """Return the plain values that a provider needs."""
    stored, given = catalog.data(), settings.volumes.named()
    return StackPlan(
        api_manager=settings.api_manager,
        volumes=volumes(settings),
        volume_paths={
            name: volume.path
            for name, volume in given.items()
            if volume.path is not None or settings.kind in stored[name].kinds
        },
        sources={**settings.firewall.sources(), TrafficSource.CLUSTER: settings.machines.cluster_networks()},
        container_networks=settings.container_networks(),
    )
