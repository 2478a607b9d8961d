"""A program of machines with their volumes and nothing on them: its updates show the fate of data in seconds."""

from typing import Any

import pulumi_tls as tls

from components import catalog
from components.machines.machine import Machine
from components.machines.owner import this_infrastructure
from components.machines.prior_state import PriorState
from components.machines.provider import ClusterInputs
from components.machines.registry import provider_of
from components.machines.turns import NO_TURNS
from stacks import pulumi_runtime, transitions
from stacks.config import loader
from stacks.plan import plan


def no_command(_machine: Machine, name: str, *_script: Any, **_options: Any) -> tls.PrivateKey:
    """Make a resource in place of what runs on a machine."""
    return tls.PrivateKey(name, algorithm="ED25519")


setattr(Machine, "command", no_command)  # noqa: B010 - a plain assignment is a redefinition to the type checker
settings, secrets = loader.load()


def build(prior: PriorState) -> dict[str, Any]:
    inputs = ClusterInputs(
        plan=plan(settings),
        owner=this_infrastructure(settings.kind),
        prior=transitions.checked(settings, prior),
        secrets=secrets,
        rows=[],
        ephemeral=settings.firewall.ephemeral.span,
        engine_version=settings.resolved_engine.version or "",
        kernel_nfs_server=None,
        retain_volumes=settings.volumes.retain_on_destroy,
        moves={},
        host_traces=catalog.host_traces(),
        turns=NO_TURNS,
    )
    cluster = provider_of(settings.machines).cluster(settings.machines, inputs)
    return {"volumes": {name: volume.id for name, volume in cluster.volumes.items() if volume.id}}


pulumi_runtime.run(build)
