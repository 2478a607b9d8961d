"""The provider of Exoscale: its clusters, and the settings of a stack that conflict with them."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence

import pulumi
import pulumiverse_exoscale as exoscale

from components.machines.cluster import Cluster
from components.machines.exoscale import changes, volume_import, volume_moves
from components.machines.exoscale.cluster import ExoscaleCluster, ExoscaleClusterArgs
from components.machines.exoscale.instance import InstancePool
from components.machines.exoscale.settings import ExoscaleMachines, ExoscalePoolSettings
from components.machines.provider import ClusterInputs, Provider, StackPlan, incomplete_key, login_keys, made_host_keys
from components.machines.turns import Build
from components.ports import TrafficSource


class Exoscale(Provider[ExoscaleMachines]):
    """Instances on Exoscale."""

    rules = changes.RULES

    def missing_secrets(self, machines: ExoscaleMachines, secret_keys: Collection[str]) -> Iterator[str]:
        """Yield a line for a missing API key, which the plugin reads from the environment too, or half an SSH key."""
        missing = [
            key for key in ExoscaleMachines.secrets if key not in secret_keys and not os.environ.get(key.upper())
        ]
        if missing:
            variables = " and ".join(key.upper() for key in ExoscaleMachines.secrets)
            yield (
                f"{', '.join(missing)}: not given; required: an API key of your Exoscale organization and its secret, "
                f"as secrets of the stack or as {variables} in the environment"
            )
        yield from incomplete_key(machines.ssh.public_key, secret_keys)

    def conflicts(self, machines: ExoscaleMachines, plan: StackPlan) -> Iterator[str]:
        """`import_id` requires `block_storage`; no firewall source overlaps `machines.private_network` (exoscale)."""
        yield from _sources_in_the_private_network(machines, plan)
        for name, volume in plan.volumes.items():
            if volume.id is not None and not volume.block:
                yield (
                    f"volumes.{name}.import_id: {volume.id} given; allowed: only with volumes.{name}.block_storage: "
                    "true, which outlives its machine"
                )

    def builds(self, machines: ExoscaleMachines, plan: StackPlan) -> Mapping[str, Build]:  # noqa: ARG002
        return machines.builds()

    def cluster(self, machines: ExoscaleMachines, inputs: ClusterInputs) -> Cluster:
        plan, prior = inputs.plan, inputs.prior
        cloud = exoscale.Provider(
            "exoscale",
            key=inputs.secrets.get("exoscale_api_key"),
            secret=inputs.secrets.get("exoscale_api_secret"),
        )
        imports = prior.due_imports(plan.volumes)
        volume_import.check_imports(imports, plan.volumes, machines.zones(), cloud)
        args = ExoscaleClusterArgs(
            owner=inputs.owner,
            pools={name: _instances(machines, pool) for name, pool in machines.pools.items()},
            rows=inputs.rows,
            sources=plan.sources,
            private_network=machines.private_network,
            elastic_ip=plan.api_manager if machines.elastic_ip else None,
            destroy_protected=machines.destroy_protection,
            protect=machines.pulumi_protect,
            volumes=plan.volumes,
            retain_volumes=inputs.retain_volumes,
            imports=imports,
            keys=login_keys(inputs.secrets, machines.ssh, inputs.prior),
            host_keys=made_host_keys(machines.ssh, inputs.prior, machines.lost),
            public_key=machines.ssh.public_key,
            losses=prior.losses(frozenset(machines.lost)),
            turns=inputs.turns,
            volume_sources=volume_moves.volume_sources(machines, plan, prior),
            hand_overs=volume_moves.hand_overs(machines, plan, prior, inputs.moves),
        )
        return ExoscaleCluster("cluster", args, pulumi.ResourceOptions(providers=[cloud]))


def _instances(machines: ExoscaleMachines, pool: ExoscalePoolSettings) -> InstancePool:
    template = pool.template or machines.template
    return InstancePool(
        role=pool.role,
        count=pool.count,
        availability=pool.availability,
        labels=pool.labels,
        size=pool.size,
        disk_gib=pool.disk_gib,
        zone=pool.zone or machines.zone,
        template_id=template.id,
        template_name=template.name,
    )


def _sources_in_the_private_network(machines: ExoscaleMachines, plan: StackPlan) -> Iterator[str]:
    """Yield a line for each source network of the firewall that overlaps the private network."""
    network = machines.private_network
    if network is None:
        return
    others: Sequence[TrafficSource] = (TrafficSource.MANAGEMENT, TrafficSource.NUVLA, TrafficSource.USERS)
    for source in others:
        for index, source_network in enumerate(plan.sources[source]):
            if source_network.prefixlen and source_network.overlaps(network):
                yield (
                    f"firewall.{source}[{index}]: {source_network} given; "
                    f"allowed: a network outside machines.private_network, {network}"
                )


PROVIDER = Exoscale()
