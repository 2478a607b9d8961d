"""The provider of existing hosts: their cluster, and the settings of a stack that conflict with them."""

from collections.abc import Collection, Iterator
from itertools import combinations
from pathlib import PurePosixPath

from components.machines.cluster import Cluster
from components.machines.existing import changes
from components.machines.existing.cluster import ExistingCluster, ExistingClusterArgs, HostArgs, HostPool
from components.machines.existing.settings import ExistingMachines, ExistingPoolSettings
from components.machines.prior_state import PriorState
from components.machines.provider import ClusterInputs, Provider, StackPlan
from components.machines.settings import SSH_KEY


class Existing(Provider[ExistingMachines]):
    """Hosts that answer SSH; the program restores them when it leaves."""

    rules = changes.RULES

    def missing_secrets(self, _machines: ExistingMachines, secret_keys: Collection[str]) -> Iterator[str]:
        if SSH_KEY not in secret_keys:
            yield f"{SSH_KEY}: not given; required: the key that opens the machines, in OpenSSH format"

    def conflicts(self, machines: ExistingMachines, plan: StackPlan) -> Iterator[str]:
        """No address pool contains the address of a host, and no volume's folder contains another's (existing)."""
        yield from _hosts_among_containers(machines, plan)
        yield from _volumes_apart(machines, plan)

    def is_same_machine(self, machines: ExistingMachines, prior: PriorState, name: str) -> bool:
        return changes.is_same_machine(machines, prior, name)

    def cluster(self, machines: ExistingMachines, inputs: ClusterInputs) -> Cluster:
        args = ExistingClusterArgs(
            owner=inputs.owner,
            pools={name: _hosts(pool) for name, pool in machines.pools.items()},
            engine_version=inputs.engine_version,
            ephemeral=inputs.ephemeral,
            data_path=machines.data_path,
            volumes=inputs.plan.volumes,
            key=inputs.secrets[SSH_KEY],
            host_traces=inputs.host_traces,
            kernel_needs={
                name: (["firewall"] if machines.firewall else [])
                + (["files"] if name == inputs.kernel_nfs_server else [])
                for name in machines.hosts()
            },
            losses=inputs.prior.losses(frozenset(machines.lost)),
        )
        return ExistingCluster("cluster", args)


def _hosts(pool: ExistingPoolSettings) -> HostPool:
    return HostPool(
        role=pool.role,
        availability=pool.availability,
        labels=pool.labels,
        hosts={
            member: HostArgs(
                address=str(host.address),
                private_address=str(host.private_address or host.address),
                port=host.port,
                user=host.user,
                host_key=host.host_key,
                labels=host.labels,
            )
            for member, host in pool.hosts.items()
        },
    )


def _hosts_among_containers(machines: ExistingMachines, plan: StackPlan) -> Iterator[str]:
    """Yield a line for each network of containers that holds the address of a machine."""
    for name, host in machines.hosts().items():
        for address in host.addresses():
            for path, network in plan.container_networks:
                if address in network:
                    yield f"{path}: {network} given; allowed: a network without machine {name}, {address}"


def _volumes_apart(machines: ExistingMachines, plan: StackPlan) -> Iterator[str]:
    """Yield a line for each volume whose setting puts it into the folder of another volume, or around that folder."""
    paths = plan.volume_paths
    folders = {name: PurePosixPath(path or f"{machines.data_path}/{name}") for name, path in paths.items()}
    lines: dict[str, str] = {}
    for volume, other in combinations(folders, 2):
        # If a setting names both folders, the line is about the inner or later folder; else about the folder that a
        # setting names.
        outer, inner = (volume, other) if folders[other].is_relative_to(folders[volume]) else (other, volume)
        if not folders[inner].is_relative_to(folders[outer]):
            continue
        wrong, right = (inner, outer) if paths[inner] else (outer, inner)
        if folders[inner] == folders[outer]:
            allowed = f"another folder than that of volumes.{right}"
        elif wrong == inner:
            allowed = f"a folder outside that of volumes.{right}, {folders[right]}"
        else:
            allowed = f"a folder without that of volumes.{right}, {folders[right]}"
        lines.setdefault(wrong, f"volumes.{wrong}.path: {folders[wrong]} given; allowed: {allowed}")
    yield from lines.values()


PROVIDER = Existing()
