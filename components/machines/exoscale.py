"""Machines that are instances on Exoscale."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network

import pulumi
import pulumiverse_exoscale as exoscale

from components.firewall.rules import Row, Source
from components.firewall.security_group import SecurityGroup, SecurityGroupArgs
from components.machines import addresses
from components.machines.advice import Advisor
from components.machines.cluster import MADE_BY_LABEL, Cluster, Key, made_by
from components.machines.exoscale_advice import ADVICE
from components.machines.exoscale_instance import InstanceArgs, InstancePool, PrivateAddress, instance
from components.machines.volume import FOLDER, Volume, VolumeArgs

APART = 8  # instances of one anti-affinity group at most: Exoscale documentation, "Anti-Affinity Groups"


@dataclass(frozen=True, kw_only=True)
class ExoscaleClusterArgs:
    """Settings of machines on Exoscale, all plain but the key."""

    pools: Mapping[str, InstancePool]
    rows: Sequence[Row]
    sources: Mapping[Source, Sequence[IPv4Network]]
    private_network: IPv4Network | None  # for traffic between the machines, all in one zone
    elastic_ip: str | None  # name of the machine that has it
    destroy_protected: bool  # by Exoscale
    protect: bool  # by Pulumi
    volumes: Mapping[str, VolumeArgs]  # by name
    keep: bool  # whether the block storage is still there when the cluster is destroyed
    adopt: Collection[str] = ()  # volumes that are there and that the state does not have yet: their `id` is imported
    own_key: Key | None = None  # the user's, instead of a generated one
    public_key: str | None = None  # of `own_key`, for the preview


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
        self._labels = {MADE_BY_LABEL: made_by()}
        # What cannot have labels has this name, so that people see in the portal whose it is.
        self._infrastructure = re.sub("[^a-z0-9]+", "-", made_by().lower())
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
        for pool, settings in args.pools.items():
            self._add_pool(pool, settings)
        self.register_outputs({"names": list(self.machines), "protected": sorted(self._protected())})

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
        """Nothing of it is ever changed.

        An imported volume has no size in the state of the plugin (0.66.1), which would resize it, and Pulumi 3.250
        forgets the id of what is changed as it is imported, and deletes it as the original of another import. It grows
        in the portal; the folder on it says when it is too small.
        """
        zone = self._zones[settings.machine]
        opts = pulumi.ResourceOptions(
            import_=f"{settings.id}@{zone}" if name in self.args.adopt else None,
            ignore_changes=["name", "labels", "size"],
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

    def _protected(self) -> Iterator[str]:
        """Logical names of what Pulumi does not delete: what Exoscale keeps anyway is refused before the rest goes."""
        if self.args.protect or self.args.destroy_protected:
            yield from self.machines
        if self.args.protect:
            yield from (f"{volume}-volume" for volume in self._blocks)
            yield from ["cluster-address"] if self._elastic_ip else []

    def _volume(self, name: str, settings: VolumeArgs) -> Volume:
        path = f"{FOLDER}/{name}"
        if not settings.block:
            return Volume(machine=settings.machine, path=path)
        identity = self._blocks[name].id
        device = identity.apply(lambda known: f"/dev/disk/by-id/virtio-{known[:20]}")
        return Volume(machine=settings.machine, path=path, id=identity, device=device, size_gib=settings.size_gib)

    def _add_pool(self, pool: str, settings: InstancePool) -> None:
        apart = [
            exoscale.AntiAffinityGroup(
                f"{pool}-apart-{number}", name=f"{self._infrastructure}-{pool}-{number}", opts=self._own()
            )
            for number in range(1, 1 + -(-settings.count // APART))
        ]
        for ordinal in range(1, settings.count + 1):
            name = f"{pool}-{ordinal}"
            args = InstanceArgs(
                name=f"{self._infrastructure}-{name}",
                pool=settings,
                login=self.login,
                host_key=self.generated_key(f"{name}-host-key"),
                ssh_key=self._infrastructure,
                ssh_key_is_there=self._ssh_key,
                group=self._group,
                apart=apart[(ordinal - 1) // APART],
                private=self._leased(pool, ordinal),
                elastic_ip=self._elastic_ip if name == self.args.elastic_ip else None,
                volumes=[block for volume, block in self._blocks.items() if self.volumes[volume].machine == name],
                labels=self._labels,
                destroy_protected=self.args.destroy_protected,
            )
            # Pulumi knows of both protections, as Exoscale's own refuses an instance when all that is in it is gone.
            protect = self.args.protect or self.args.destroy_protected
            self.machines[name] = instance(name, args, self._own(protect=protect))

    def _leased(self, pool: str, ordinal: int) -> PrivateAddress | None:
        network = self.args.private_network
        if self._network is None or network is None:
            return None
        address = str(addresses.address(network, pool, ordinal))
        return PrivateAddress(network_id=self._network.id, address=address, prefix=network.prefixlen)

    def _own(self, *, protect: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, hooks=self._hooks, protect=protect)
