"""The provider of local machines: their cluster, and the settings of a stack that conflict with them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import pulumi
import pulumi_docker as docker

from components.machines.cluster import Cluster, Pool
from components.machines.local.cluster import LocalCluster, LocalClusterArgs
from components.machines.local.computer import lacks
from components.machines.local.settings import LocalMachines
from components.machines.provider import ClusterInputs, Provider, StackPlan, incomplete_key, login_keys, made_host_keys
from components.machines.turns import Build
from components.ports import TrafficSource


class Local(Provider[LocalMachines]):
    """Containers on the Docker engine of the computer that runs the program."""

    def missing_secrets(self, machines: LocalMachines, secret_keys: Collection[str]) -> Iterator[str]:
        yield from incomplete_key(machines.ssh.public_key, secret_keys)

    def conflicts(self, machines: LocalMachines, plan: StackPlan) -> Iterator[str]:
        """`firewall.management` holds the program's address; the kernel has inotify instances for `pools` (local)."""
        yield from lacks(len(machines.names("manager", "worker")))
        gateway, management = machines.subnet[1], plan.sources[TrafficSource.MANAGEMENT]
        if not any(gateway in network for network in management):
            yield (
                f"firewall.management: {', '.join(map(str, management))} given; "
                f"allowed: networks that hold {gateway}, from which this program reaches local machines"
            )

    def builds(self, machines: LocalMachines, plan: StackPlan) -> Mapping[str, Build]:
        return {
            name: Build(
                shape={
                    "image": machines.image,
                    "privileged": machines.privileged,
                    "public_key": machines.ssh.public_key or _generated(machines),
                    "volumes": sorted(volume for volume, spec in plan.volumes.items() if spec.machine == name),
                }
            )
            for name in machines.names("manager", "worker")
        }

    def cluster(self, machines: LocalMachines, inputs: ClusterInputs) -> Cluster:
        args = LocalClusterArgs(
            owner=inputs.owner,
            pools={
                name: Pool(role=pool.role, count=pool.count, availability=pool.availability, labels=pool.labels)
                for name, pool in machines.pools.items()
            },
            subnet=machines.subnet,
            image=machines.image,
            privileged=machines.privileged,
            volumes=inputs.plan.volumes,
            retain_volumes=inputs.retain_volumes,
            imports=inputs.prior.due_imports(inputs.plan.volumes),
            # Another key of the user's own is there when a machine is recreated: none learns it from the former one.
            keys=replace(login_keys(inputs.secrets, machines.ssh, inputs.prior), former_own=None),
            host_keys=made_host_keys(machines.ssh, inputs.prior, machines.lost),
            public_key=machines.ssh.public_key,
            losses=inputs.prior.losses(frozenset(machines.lost)),
            turns=inputs.turns,
        )
        # A preview needs no engine, so the provider does not connect before it creates something.
        engine = docker.Provider("local-engine", disable_docker_daemon_check=True)
        return LocalCluster("cluster", args, pulumi.ResourceOptions(providers=[engine]))


def _generated(machines: LocalMachines) -> str:
    """Return a text for the generated key that machines are created with; empty for the first one."""
    generation = machines.ssh.used_key_generation
    return f"generation {generation}" if generation > 1 else ""


PROVIDER = Local()
