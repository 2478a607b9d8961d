"""The program's machines with their volumes, and nothing on them: what becomes of data is seen in seconds."""

from ipaddress import IPv4Network
from typing import Any

import pulumi_tls as tls

from components.firewall.rules import TrafficSource
from components.machines.machine import Machine
from components.machines.owner import this_infrastructure
from stacks import clusters, pulumi_runtime, transitions
from stacks.config import loader
from stacks.prior_state import PriorState


def no_command(_machine: Machine, name: str, *_script: Any, **_options: Any) -> tls.PrivateKey:
    """In place of what runs on a machine."""
    return tls.PrivateKey(name, algorithm="ED25519")


setattr(Machine, "command", no_command)  # noqa: B010 - a plain assignment is a redefinition to the type checker
settings, secrets = loader.load()


def build(prior: PriorState) -> dict[str, Any]:
    checked = transitions.checked(settings, prior)
    sources: dict[TrafficSource, list[IPv4Network]] = {source: [] for source in TrafficSource}
    cluster = clusters.build(settings, secrets, this_infrastructure(), checked, rows=[], sources=sources)
    return {"volumes": {name: volume.id for name, volume in cluster.volumes.items() if volume.id}}


pulumi_runtime.run(build)
