"""Machines that are instances on Exoscale."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Network

import pulumi
import pulumiverse_exoscale as exoscale

from components.firewall.rules import Row, Source
from components.firewall.security_group import SecurityGroup, SecurityGroupArgs
from components.machines import addresses
from components.machines.advice import Advisor
from components.machines.cluster import NONE_LOST, Cluster, Key, Losses
from components.machines.exoscale_advice import ADVICE
from components.machines.exoscale_instance import (
    USER,
    InstanceArgs,
    InstancePool,
    PrivateAddress,
    instance,
    system,
)
from components.machines.machine import Machine
from components.machines.owner import Owner
from components.machines.volume import FOLDER, Volume, VolumeArgs
from components.storage.hand_over import HandOver, hand_over

APART = 8  # instances of one anti-affinity group at most: Exoscale documentation, "Anti-Affinity Groups"


@dataclass(frozen=True, kw_only=True)
class ExoscaleClusterArgs:
    """Settings of machines on Exoscale, all plain but whose they are and the key."""

    owner: Owner
    pools: Mapping[str, InstancePool]
    rows: Sequence[Row]
    sources: Mapping[Source, Sequence[IPv4Network]]
    private_network: IPv4Network | None  # for traffic between the machines, all in one zone
    elastic_ip: str | None  # name of the machine that has it
    destroy_protected: bool  # by Exoscale
    protect: bool  # by Pulumi
    volumes: Mapping[str, VolumeArgs]  # by name
    keep: bool  # whether the block storage is still there when the cluster is destroyed
    own_key: Key | None = None  # the user's, instead of a generated one
    public_key: str | None = None  # of `own_key`, for the preview
    losses: Losses = NONE_LOST
    givers: Mapping[str, str] = field(
        default_factory=dict
    )  # machine that a volume is attached to, where another one gets it
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
            "keep_volumes": args.keep,
        }
        super().__init__("ExoscaleCluster", name, props, args.own_key, opts)
        self.args = args
        self._hooks = Advisor(ADVICE).hooks
        self._labels = args.owner.labels()
        # What cannot have labels has this name, so that people see in the portal whose it is.
        self._infrastructure = re.sub("[^a-z0-9]+", "-", args.owner.stack.lower())
        self._zones = {
            f"{pool}-{ordinal}": settings.zone
            for pool, settings in args.pools.items()
            for ordinal in range(1, settings.count + 1)
        }
        self._ssh_key = exoscale.SshKey(
            f"{name}-ssh-key", name=self._infrastructure, public_key=self.login.public, opts=self._own()
        )
        self._group = SecurityGroup(
            f"{name}-security",
            SecurityGroupArgs(name=self._infrastructure, rows=args.rows, sources=args.sources, hooks=self._hooks),
            pulumi.ResourceOptions(parent=self),
        )
        self._network = self._private_network(f"{name}-private", args.private_network) if args.private_network else None
        self._elastic_ip = self._address(f"{name}-address", args.elastic_ip) if args.elastic_ip else None
        self.entry_address = self._elastic_ip.ip_address if self._elastic_ip else None
        self._blocks = {
            volume: self._block(volume, settings) for volume, settings in args.volumes.items() if settings.block
        }
        self.volumes = {volume: self._volume(volume, settings) for volume, settings in args.volumes.items()}
        self._given = {one.volume: self._hand_over(one) for one in args.hand_overs}
        apart = {pool: self._apart(pool, settings) for pool, settings in args.pools.items()}
        made: dict[str, Machine] = {}
        for pool, ordinal in self._givers_first():
            made[f"{pool}-{ordinal}"] = self._instance(pool, ordinal, apart[pool][(ordinal - 1) // APART], made)
        self.machines = {name: made[name] for name in self._zones}
        self.register_outputs(
            {
                "names": list(self.machines),
                "provider": "exoscale",
                "network": str(args.private_network) if args.private_network else "",
                "systems": {
                    f"{pool}-{ordinal}": system(settings.zone, settings.template_id)
                    for pool, settings in args.pools.items()
                    for ordinal in range(1, settings.count + 1)
                },
                "keep_volumes": args.keep,
                **args.losses.outputs(self.machines),
            }
        )

    def _private_network(self, name: str, network: IPv4Network) -> exoscale.PrivateNetwork:
        """Managed, so that Exoscale leases each address to its machine; the block of no pool is for everybody else."""
        return exoscale.PrivateNetwork(
            name,
            zone=next(iter(self._zones.values())),
            start_ip=str(network[2]),
            end_ip=str(network[addresses.BLOCK_SIZE - 2]),
            netmask=str(network.netmask),
            labels=self._labels,
            opts=self._own(),
        )

    def _address(self, name: str, machine: str) -> exoscale.ElasticIp:
        return exoscale.ElasticIp(
            name, zone=self._zones[machine], labels=self._labels, opts=self._own(protect=self.args.protect)
        )

    def _block(self, name: str, settings: VolumeArgs) -> exoscale.BlockStorageVolume:
        zone = self._zones[settings.machine]
        opts = pulumi.ResourceOptions(
            import_=f"{settings.id}@{zone}" if settings.id else None,
            ignore_changes=["name", "labels"] if settings.id else None,  # those of the stack that made it
            protect=self.args.protect,
            retain_on_delete=self.args.keep,
        )
        return exoscale.BlockStorageVolume(
            f"{name}-volume",
            zone=zone,
            size=settings.size_gib,
            labels=self._labels,
            opts=pulumi.ResourceOptions.merge(self._own(), opts),
        )

    def _hand_over(self, args: HandOver) -> Sequence[pulumi.Resource]:
        return hand_over(args, USER, self.login, self.args.losses.commands, self._own())

    def _volume(self, name: str, settings: VolumeArgs) -> Volume:
        path = f"{FOLDER}/{name}"
        if not settings.block:
            return Volume(machine=settings.machine, path=path)
        identity = self._blocks[name].id
        device = identity.apply(lambda known: f"/dev/disk/by-id/virtio-{known[:20]}")
        return Volume(machine=settings.machine, path=path, id=identity, device=device)

    def _apart(self, pool: str, settings: InstancePool) -> list[exoscale.AntiAffinityGroup]:
        return [
            exoscale.AntiAffinityGroup(
                f"{pool}-apart-{number}", name=f"{self._infrastructure}-{pool}-{number}", opts=self._own()
            )
            for number in range(1, 1 + -(-settings.count // APART))
        ]

    def _givers_first(self) -> list[tuple[str, int]]:
        """Pool and ordinal of all machines; one that gets a volume comes after the one that gives it away."""
        getters = {self.volumes[volume].machine for volume in self.args.givers}
        every = [(pool, n) for pool, settings in self.args.pools.items() for n in range(1, settings.count + 1)]
        return sorted(every, key=lambda one: f"{one[0]}-{one[1]}" in getters)

    def _instance(
        self, pool: str, ordinal: int, apart: exoscale.AntiAffinityGroup, made: Mapping[str, Machine]
    ) -> Machine:
        name = f"{pool}-{ordinal}"
        args = InstanceArgs(
            name=f"{self._infrastructure}-{name}",
            pool=self.args.pools[pool],
            login=self.login,
            host_key=self.generated_key(f"{name}-host-key"),
            ssh_key=self._infrastructure,
            ssh_key_is_there=self._ssh_key,
            group=self._group,
            apart=apart,
            private=self._leased(pool, ordinal),
            elastic_ip=self._elastic_ip if name == self.args.elastic_ip else None,
            volumes=[block for volume, block in self._blocks.items() if self.volumes[volume].machine == name],
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
        return instance(name, args, pulumi.ResourceOptions.merge(self._own(protect=self.args.protect), first))

    def _leased(self, pool: str, ordinal: int) -> PrivateAddress | None:
        network = self.args.private_network
        if self._network is None or network is None:
            return None
        address = str(addresses.address(network, pool, ordinal))
        return PrivateAddress(network_id=self._network.id, address=address, prefix=network.prefixlen)

    def _own(self, *, protect: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, hooks=self._hooks, protect=protect)
