"""Clusters of instances on Exoscale."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Network

import pulumi

from components.machines.cluster import GENERATED, NONE_LOST, Cluster, LoginKeys, Losses
from components.machines.error_hints import ErrorHints
from components.machines.exoscale.block_storage import Storage, StorageArgs
from components.machines.exoscale.error_hints import HINTS, SSH_HINTS
from components.machines.exoscale.hand_over import HandOver, hand_over
from components.machines.exoscale.instance import USER, InstanceArgs, InstancePool, instance
from components.machines.exoscale.lockout import Lockout
from components.machines.exoscale.settings import system
from components.machines.exoscale.shared_resources import SharedResources, SharedResourcesArgs
from components.machines.host_key import FIRST_HOST_KEYS, HostKeys
from components.machines.machine import Machine
from components.machines.owner import Owner
from components.machines.turns import NO_TURNS, Turns
from components.machines.volume import VolumeSpec
from components.ports import PortRule, TrafficSource


@dataclass(frozen=True, kw_only=True)
class ExoscaleClusterArgs:
    """Settings of machines on Exoscale, in plain values except the owner and the key."""

    owner: Owner
    pools: Mapping[str, InstancePool]
    rows: Sequence[PortRule]
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]
    private_network: IPv4Network | None  # for traffic between the machines, all in one zone
    elastic_ip: str | None  # name of the machine that has it
    destroy_protected: bool  # by Exoscale
    protect: bool  # by Pulumi
    volumes: Mapping[str, VolumeSpec]  # by name
    retain_volumes: bool  # whether the block storage is retained when the cluster is destroyed
    imports: Collection[str] = ()  # names of the volumes that this update imports by their `id`
    keys: LoginKeys = GENERATED
    host_keys: HostKeys = FIRST_HOST_KEYS
    public_key: str | None = None  # of the user's own key, for the preview
    losses: Losses = NONE_LOST
    turns: Turns = NO_TURNS
    volume_sources: Mapping[str, str] = field(
        default_factory=dict
    )  # volume that moves -> machine that it is attached to
    hand_overs: Sequence[HandOver] = ()  # of block storage that a living machine gives up


class ExoscaleCluster(Cluster):
    """Instances in a security group, with block storage, an elastic IP and a private network if configured.

    An instance that is replaced under its name is another machine; its block storage moves to the new instance. A
    changed SSH key reaches only new machines: add it to the existing ones before. Destroying the cluster removes
    everything except retained block storage.
    Outputs: as a `Cluster`; ``network`` (str), the private network; ``systems`` (dict), the zone and template of each
    machine; ``protected`` (list), the logical names of resources that Pulumi or Exoscale refuses to destroy.
    Errors: the update fails if Exoscale refuses a request, with a hint, or if a machine does not boot within ten
    minutes.
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
        super().__init__("ExoscaleCluster", name, props, args.keys, opts, host_keys=args.host_keys)
        self.args = args
        self._hooks = ErrorHints(HINTS).hooks
        self._ssh_hooks = ErrorHints(SSH_HINTS, "ssh-advice").hooks
        self._lockout = Lockout(management=args.sources[TrafficSource.MANAGEMENT])
        self._labels = args.owner.labels()
        self._infrastructure = re.sub("[^a-z0-9]+", "-", args.owner.stack.lower())
        self._ordinals = {
            f"{pool}-{ordinal}": (pool, ordinal)
            for pool, settings in args.pools.items()
            for ordinal in range(1, settings.count + 1)
        }
        self._zones = {machine: args.pools[pool].zone for machine, (pool, _) in self._ordinals.items()}
        self._shared = SharedResources(name, self._shared_args(), self)
        self.stable_address = self._shared.elastic_ip.ip_address if self._shared.elastic_ip else None
        self._storage = Storage(self._storage_args(), self._child_options())
        self.volumes = self._storage.volumes
        self._hand_overs = {
            volume.volume: hand_over(volume, USER, self.ssh_key, args.losses.commands, self._child_options())
            for volume in args.hand_overs
        }
        machines: dict[str, Machine] = {}
        for machine in self._sources_first():
            machines[machine] = self._instance(machine, machines)
        self.machines = {machine: machines[machine] for machine in self._ordinals}
        roots = [*(machine.root for machine in machines.values()), self._shared.elastic_ip]
        self.keep_outputs(
            args.losses,
            {
                "provider": "exoscale",
                "network": str(args.private_network) if args.private_network else "",
                "keep_volumes": args.retain_volumes,
                "protected": sorted(self._protected()),
            },
            made=[*self._storage.blocks.values(), *(root for root in roots if root is not None)],
            systems={
                machine: system(self._zones[machine], args.pools[pool].template_id)
                for machine, (pool, _) in self._ordinals.items()
            },
        )

    def _shared_args(self) -> SharedResourcesArgs:
        return SharedResourcesArgs(
            infrastructure=self._infrastructure,
            labels=self._labels,
            public_key=self.ssh_key.public,
            pools=self.args.pools,
            zones=self._zones,
            rows=self.args.rows,
            sources=self.args.sources,
            private_network=self.args.private_network,
            elastic_ip=self.args.elastic_ip,
            protect=self.args.protect,
            hooks=self._hooks,
        )

    def _storage_args(self) -> StorageArgs:
        return StorageArgs(
            volumes=self.args.volumes,
            zones=self._zones,
            imports=self.args.imports,
            retain=self.args.retain_volumes,
            protect=self.args.protect,
            labels=self._labels,
        )

    def _protected(self) -> Iterator[str]:
        """Yield the logical names of resources that Pulumi protects, so that it refuses before it deletes others."""
        if self.args.protect or self.args.destroy_protected:
            yield from self.machines
        if self.args.protect:
            yield from (f"{volume}-volume" for volume in self._storage.blocks)
            yield from ["cluster-address"] if self._shared.elastic_ip else []

    def _sources_first(self) -> list[str]:
        """Return all machines; a machine that gets a volume comes after the machine that gives it up."""
        destinations = {self.volumes[volume].machine for volume in self.args.volume_sources}
        return sorted(self._ordinals, key=lambda machine: machine in destinations)

    def _instance(self, name: str, machines: Mapping[str, Machine]) -> Machine:
        """Create the instance of a machine; `machines` are those created before."""
        pool, ordinal = self._ordinals[name]
        first, replaced = self.generate_host_key(name)
        args = InstanceArgs(
            name=f"{self._infrastructure}-{name}",
            pool=self.args.pools[pool],
            ssh_key=self.ssh_key,
            host_key=first,
            replaced_host_key=replaced,
            ssh_key_name=self._infrastructure,
            depends_on=self._shared.ssh_key,
            group=self._shared.security_group,
            anti_affinity_group=self._shared.anti_affinity_group(pool, ordinal),
            private=self._shared.private_address(pool, ordinal),
            elastic_ip=self._shared.elastic_ip if name == self.args.elastic_ip else None,
            volumes=self._storage.of(name),
            labels=self._labels,
            destroy_protected=self.args.destroy_protected,
            losses=self.args.losses,
            ssh_hooks=self._ssh_hooks,
            ready_hooks=self._lockout.hooks,
        )
        depends_on: list[pulumi.Input[pulumi.Resource]] = [
            command
            for volume in self.args.hand_overs
            if volume.source.name == name
            for command in self._hand_overs[volume.volume]
        ]
        for volume, source in self.args.volume_sources.items():
            root = machines[source].root if self.volumes[volume].machine == name else None
            if root is not None:
                # Exoscale refuses to attach a volume that is attached elsewhere, and its plugin does not retry.
                depends_on.append(root)
        depends_on += self.args.turns.await_turn(name)
        # Pulumi protects the instance in both cases: Exoscale's own protection would refuse its deletion only after
        # everything inside is gone.
        options = self._child_options(protect=self.args.protect or self.args.destroy_protected)
        return instance(
            name, args, pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=depends_on))
        )

    def _child_options(self, *, protect: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, hooks=self._hooks, protect=protect)
