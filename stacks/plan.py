"""The plan of a stack: plain values of all its settings that a provider needs."""

from components import catalog
from components.machines.provider import StackPlan
from components.ports import TrafficSource
from stacks.config.settings import Settings
from stacks.volumes import volumes


def plan(settings: Settings) -> StackPlan:
    """Return the plan of a stack."""
    stored = catalog.data()
    return StackPlan(
        api_manager=settings.api_manager,
        volumes=volumes(settings),
        volume_paths={
            name: volume.path
            for name, volume in settings.volumes.named().items()
            if volume.path is not None or settings.kind in stored[name].kinds
        },
        sources={**settings.firewall.sources(), TrafficSource.CLUSTER: settings.machines.cluster_networks()},
        container_networks=settings.container_networks(),
    )
