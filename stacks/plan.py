"""The plan of a stack: plain values of all its settings that a provider needs."""

from components import catalog
from components.machines.prior_state import PriorState
from components.machines.provider import StackPlan
from components.ports import TrafficSource
from stacks import api_manager
from stacks.config.settings import Settings
from stacks.volumes import volumes

NEW_STACK = PriorState()


def plan(settings: Settings, prior: PriorState = NEW_STACK) -> StackPlan:
    """Return the plan of a stack's next update."""
    stored = catalog.data()
    return StackPlan(
        api_manager=api_manager.working(settings, prior),
        volumes=volumes(settings),
        volume_paths={
            name: volume.path
            for name, volume in settings.volumes.named().items()
            if volume.path is not None or settings.kind in stored[name].kinds
        },
        sources={**settings.firewall.sources(), TrafficSource.CLUSTER: settings.machines.cluster_networks()},
        container_networks=settings.container_networks(),
    )
