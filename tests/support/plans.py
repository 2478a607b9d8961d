"""Settings of machines and plans of stacks, for tests of what providers say about them."""

import json
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any, cast

from components.machines.existing.settings import ExistingMachines
from components.machines.exoscale.settings import ExoscaleMachines
from components.machines.local.settings import LocalMachines
from components.machines.prior_state import Member
from components.machines.provider import StackPlan
from components.machines.registry import MODELS
from components.ports import TrafficSource
from tests.support import configs


def local(**changed: Any) -> LocalMachines:
    """Return a manager and two workers on the local engine."""
    return cast(LocalMachines, _machines(configs.target()["machines"] | changed))


def existing(**changed: Any) -> ExistingMachines:
    """Return a manager and two workers that exist already."""
    return cast(ExistingMachines, _machines(configs.existing()["machines"] | changed))


def exoscale(**changed: Any) -> ExoscaleMachines:
    """Return a manager and two workers on Exoscale."""
    return cast(ExoscaleMachines, _machines(configs.exoscale()["machines"] | changed))


def plan(**changed: Any) -> StackPlan:
    """Return a plan without volumes, with operators at 192.0.2.0/24."""
    sources: dict[TrafficSource, list[IPv4Network]] = {source: [] for source in TrafficSource}
    sources[TrafficSource.MANAGEMENT] = [IPv4Network("192.0.2.0/24")]
    given = StackPlan(api_manager="manager-1", volumes={}, volume_paths={}, sources=sources, container_networks=[])
    return replace(given, **changed)


def member(role: str = "worker", **changed: Any) -> Member:
    """Return a machine that has joined the swarm."""
    given = Member(role=role, public_address="192.0.2.7", private_address="10.0.0.7", host_key="KEY")
    return replace(given, **changed)


def _machines(document: dict[str, Any]) -> Any:
    return MODELS[document["provider"]].model_validate_json(json.dumps(document))
