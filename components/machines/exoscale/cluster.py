"""Machines that are instances on Exoscale."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Network

import pulumi
import pulumiverse_exoscale as exoscale

from components.machines import pool_addresses
from components.machines.cluster import NONE_LOST, Cluster, Key, Losses
from components.machines.error_hints import ErrorHints
from components.machines.exoscale.block_storage import Storage, StorageArgs
from components.machines.exoscale.error_hints import HINTS
from components.machines.exoscale.hand_over import HandOver, hand_over
from components.machines.exoscale.instance import (
    USER,
    InstanceArgs,
    InstancePool,
    PrivateAddress,
    instance,
)
from components.machines.exoscale.security_group import SecurityGroup, SecurityGroupArgs
from components.machines.exoscale.settings import system
from components.machines.machine import Machine
from components.machines.owner import Owner
from components.machines.volume import VolumeSpec
from components.ports import PortRule, TrafficSource

MAX_ANTI_AFFINITY_GROUP_SIZE = (
    8  # instances of one anti-affinity group at most: Exoscale documentation, "Anti-Affinity Groups"
)


@dataclass(frozen=True, kw_only=True)
class ExoscaleClusterArgs:
    """Settings of machines on Exoscale, all plain but whose they are and the key."""

    owner: Owner
    pools: Mapping[str, InstancePool]
    rows: Sequence[PortRule]
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]
    private_network: IPv4Network | None  # for traffic between the machines, all in one zone
    elastic_ip: str | None  # name of the machine that has it
    destroy_protected: bool  # by Exoscale
    protect: bool  # by Pulumi
    volumes: Mapping[str, VolumeSpec]  # by name
    retain_volumes: bool  # whether the block storage is still there when the cluster is destroyed
    imports: Collection[str] = ()  # volumes that are there and that the state does not have yet: their `id` is imported
    ssh_key: Key | None = None  # the user's, instead of a generated one
    public_key: str | None = None  # of `ssh_key`, for the preview
    losses: Losses = NONE_LOST
    givers: Mapping[str, str] = field(default_factory=dict)  # what a volume is attached to, where another gets it
    hand_overs: Sequence[HandOver] = ()  # of block storage that a living machine gives away


class ExoscaleCluster(Cluster):
    """Instances in a security group, with block storage, an elastic IP and a private network where these are wanted.

    An instance that is made anew under its name is another machine; its block storage moves to it. A changed login key
    is that of new machines: the others have to know it before. Destroying it removes all but the block storage that
    is kept.
    Errors: the update fails when Exoscale refuses something, with a line on what to do, or when a machine does not
    boot within ten minutes.
    Source: pulumiverse-exoscale 0.66.1; Exoscale documentation, "Compute".
    """

    def __init__(self, name: str, args: ExoscaleClusterArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "provider": "exoscale",
            "pools": {pool: asdict(settings) for pool, settings in args.pools.items()},
            "private_network": str(args.private_network) if args.private_network else None,
            "elastic_ip": args.elastic_ip,
            "destroy_protected": args.destroy_protected,
            "protect": args.protect,
            "public_key": args.public_key,
            "volumes": {volume: asdict(settings) for volume, settings in args.volumes.items()},
            "keep_volumes": args.retain_volumes,
        }
        super().__init__("ExoscaleCluster", name, props, args.ssh_key, opts)
        self.args = args
        self._hooks = ErrorHints(HINTS).hooks
        self._labels = args.owner.labels()
        # What cannot have labels has this name, so that people see in the portal whose it is.
        self._infrastructure = re.sub("[^a-z0-9]+", "-", args.owner.stack.lower())
        self._places = {
            f"{pool}-{ordinal}": (pool, ordinal)
            for pool, settings in args.pools.items()
            for ordinal in range(1, settings.count + 1)
        }
        self._zones = {name: args.pools[pool].zone for name, (pool, _) in self._places.items()}
        self._ssh_key = exoscale.SshKey(
            f"{name}-ssh-key", name=self._infrastructure, public_key=self.ssh_key.public, opts=self._own()
        )
        self._group = SecurityGroup(
            f"{name}-security",
            SecurityGroupArgs(name=self._infrastructure, rows=args.rows, sources=args.sources, hooks=self._hooks),
            pulumi.ResourceOptions(parent=self),
        )
        self._network = self._private_network(f"{name}-private", args.private_network) if args.private_network else None
        self._elastic_ip = self._address(f"{name}-address", args.elastic_ip) if args.elastic_ip else None
        self.stable_address = self._elastic_ip.ip_address if self._elastic_ip else None
        storage = StorageArgs(
            volumes=args.volumes,
            zones=self._zones,
            imports=args.imports,
            keep=args.retain_volumes,
            protect=args.protect,
            labels=self._labels,
        )
        self._storage = Storage(storage, self._own())
        self.volumes = self._storage.volumes
        self._given = {one.volume: self._hand_over(one) for one in args.hand_overs}
        apart = {pool: self._apart(pool, settings) for pool, settings in args.pools.items()}
        made: dict[str, Machine] = {}
        for machine in self._givers_first():
            pool, ordinal = self._places[machine]
            made[machine] = self._instance(machine, apart[pool][(ordinal - 1) // MAX_ANTI_AFFINITY_GROUP_SIZE], made)
        self.machines = {machine: made[machine] for machine in self._places}
        self.register_outputs(
            {
                "names": list(self.machines),
                "provider": "exoscale",
                "network": str(args.private_network) if args.private_network else "",
                "systems": {
                    machine: system(self._zones[machine], args.pools[pool].template_id)
                    for machine, (pool, _) in self._places.items()
                },
                "keep_volumes": args.retain_volumes,
                "protected": sorted(self._protected()),
                **args.losses.outputs(self.machines),
            }
        )

    def _private_network(self, name: str, network: IPv4Network) -> exoscale.PrivateNetwork:
        """Managed, so that Exoscale leases each address to its machine; the block of no pool is for everybody else."""
        return exoscale.PrivateNetwork(
            name,
            zone=next(iter(self._zones.values())),
            start_ip=str(network[2]),
            end_ip=str(network[pool_addresses.BLOCK_SIZE - 2]),
            netmask=str(network.netmask),
            labels=self._labels,
            opts=self._own(),
        )

    def _address(self, name: str, machine: str) -> exoscale.ElasticIp:
        return exoscale.ElasticIp(
            name, zone=self._zones[machine], labels=self._labels, opts=self._own(protect=self.args.protect)
        )

    def _hand_over(self, args: HandOver) -> Sequence[pulumi.Resource]:
        return hand_over(args, USER, self.ssh_key, self.args.losses.commands, self._own())

    def _protected(self) -> Iterator[str]:
        """Logical names of what Pulumi does not delete: what Exoscale keeps anyway is refused before the rest goes."""
        if self.args.protect or self.args.destroy_protected:
            yield from self.machines
        if self.args.protect:
            yield from (f"{volume}-volume" for volume in self._storage.blocks)
            yield from ["cluster-address"] if self._elastic_ip else []

    def _apart(self, pool: str, settings: InstancePool) -> list[exoscale.AntiAffinityGroup]:
        return [
            exoscale.AntiAffinityGroup(
                f"{pool}-apart-{number}", name=f"{self._infrastructure}-{pool}-{number}", opts=self._own()
            )
            for number in range(1, 1 + -(-settings.count // MAX_ANTI_AFFINITY_GROUP_SIZE))
        ]

    def _givers_first(self) -> list[str]:
        """All machines; one that gets a volume comes after the one that gives it away."""
        getters = {self.volumes[volume].machine for volume in self.args.givers}
        return sorted(self._places, key=lambda machine: machine in getters)

    def _instance(self, name: str, apart: exoscale.AntiAffinityGroup, made: Mapping[str, Machine]) -> Machine:
        pool, ordinal = self._places[name]
        args = InstanceArgs(
            name=f"{self._infrastructure}-{name}",
            pool=self.args.pools[pool],
            login=self.ssh_key,
            host_key=self.generate_key(f"{name}-host-key"),
            ssh_key=self._infrastructure,
            ssh_key_is_there=self._ssh_key,
            group=self._group,
            apart=apart,
            private=self._leased(pool, ordinal),
            elastic_ip=self._elastic_ip if name == self.args.elastic_ip else None,
            volumes=self._storage.of(name),
            labels=self._labels,
            destroy_protected=self.args.destroy_protected,
            losses=self.args.losses,
        )
        before = [step for one in self.args.hand_overs if one.giver.name == name for step in self._given[one.volume]]
        for volume, giver in self.args.givers.items():
            root = made[giver].root if self.volumes[volume].machine == name else None
            if root is not None:
                before.append(root)  # Exoscale does not attach what is attached there, nor does its plugin try again
        first = pulumi.ResourceOptions(depends_on=before)
        # Pulumi knows of both protections, as Exoscale's own refuses an instance when all that is in it is gone.
        own = self._own(protect=self.args.protect or self.args.destroy_protected)
        return instance(name, args, pulumi.ResourceOptions.merge(own, first))

    def _leased(self, pool: str, ordinal: int) -> PrivateAddress | None:
        network = self.args.private_network
        if self._network is None or network is None:
            return None
        address = str(pool_addresses.address(network, pool, ordinal))
        return PrivateAddress(network_id=self._network.id, address=address, prefix=network.prefixlen)

    def _own(self, *, protect: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, hooks=self._hooks, protect=protect)
