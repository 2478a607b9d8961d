"""Clusters of containers on the local Docker engine."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from ipaddress import IPv4Network

import pulumi
import pulumi_docker as docker

from components.machines import pool_addresses
from components.machines.cluster import DATA_LABEL, GENERATED, NONE_LOST, Cluster, LoginKeys, Losses, Pool
from components.machines.error_hints import SSH_HINTS, ErrorHints
from components.machines.host_key import FIRST_HOST_KEYS, HostKeys, with_host_key
from components.machines.local.container import ContainerArgs, container
from components.machines.machine import Machine
from components.machines.owner import NEVER_RELABELLED, Owner
from components.machines.turns import NO_TURNS, Turns
from components.machines.volume import FOLDER, VolumeLocation, VolumeSpec

BOOT_S = 120  # that a machine may take until it answers


@dataclass(frozen=True, kw_only=True)
class LocalClusterArgs:
    """Settings of local machines, in plain values except the owner and the key."""

    owner: Owner
    pools: Mapping[str, Pool]
    subnet: IPv4Network  # of the bridge network that the machines share
    image: str  # built from local/
    privileged: bool  # False: a list of capabilities and the host's cgroups instead
    volumes: Mapping[str, VolumeSpec]  # by name
    retain_volumes: bool  # whether the volumes are retained when the cluster is destroyed
    imports: Collection[str] = ()  # names of the volumes that this update imports by their `id`
    keys: LoginKeys = GENERATED
    host_keys: HostKeys = FIRST_HOST_KEYS
    public_key: str | None = None  # of the user's own key, for the preview
    losses: Losses = NONE_LOST
    turns: Turns = NO_TURNS


class LocalCluster(Cluster):
    """A bridge network, and on it one container for each machine.

    A machine's disk (/var/lib/docker) is a volume of the engine that outlives the container: if a container is
    recreated, the machine is the same member of the swarm. Each data volume is a further volume, mounted by the
    machine that uses it. Destroying the cluster removes containers, disks and network, and the data volumes unless
    they are retained.
    Errors: the update fails when the engine does not answer, the subnet is in use, or the image is missing.
    """

    def __init__(self, name: str, args: LocalClusterArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "provider": "local",
            "pools": {pool: asdict(settings) for pool, settings in args.pools.items()},
            "subnet": str(args.subnet),
            "image": args.image,
            "privileged": args.privileged,
            "public_key": args.public_key,
            "volumes": {volume: asdict(settings) for volume, settings in args.volumes.items()},
            "keep_volumes": args.retain_volumes,
        }
        super().__init__("LocalCluster", name, props, args.keys, opts, host_keys=args.host_keys)
        self.args = args
        self._hooks = ErrorHints().hooks
        self._ssh_hooks = ErrorHints(SSH_HINTS, "ssh-advice").hooks
        self._stack = args.owner.stack.replace("/", "-")
        self._labels = args.owner.labels()
        self.network = docker.Network(
            f"{name}-network",
            name=self._stack,
            ipam_configs=[docker.NetworkIpamConfigArgs(subnet=str(args.subnet), gateway=str(args.subnet[1]))],
            labels=[docker.NetworkLabelArgs(label=key, value=label) for key, label in self._labels.items()],
            opts=pulumi.ResourceOptions(
                parent=self, delete_before_replace=True, hooks=self._hooks, ignore_changes=NEVER_RELABELLED
            ),
        )
        self._volumes = {volume: self._volume(volume, settings) for volume, settings in args.volumes.items()}
        for pool, settings in args.pools.items():
            for ordinal in range(1, settings.count + 1):
                machine = self._machine(pool, ordinal, settings)
                self.machines[machine.name] = machine
        self.keep_outputs(
            args.losses,
            {"provider": "local", "network": str(args.subnet), "keep_volumes": args.retain_volumes},
            made=list(self._volumes.values()),
        )

    def _volume(self, name: str, settings: VolumeSpec) -> docker.Volume:
        """Create a data volume. No update changes the volume: any change would replace it and lose its data."""
        volume = docker.Volume(
            f"{name}-volume",
            labels=[
                docker.VolumeLabelArgs(label=DATA_LABEL, value=name),
                *(docker.VolumeLabelArgs(label=key, value=label) for key, label in self._labels.items()),
            ],
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=self._hooks,
                import_=settings.id if name in self.args.imports else None,
                ignore_changes=["name", *NEVER_RELABELLED],
                retain_on_delete=self.args.retain_volumes,
            ),
        )
        self.volumes[name] = VolumeLocation(machine=settings.machine, path=f"{FOLDER}/{name}", id=volume.name)
        return volume

    def _machine(self, pool: str, ordinal: int, settings: Pool) -> Machine:
        name = f"{pool}-{ordinal}"
        first, replaced = self.generate_host_key(name)
        args = ContainerArgs(
            container_name=f"{self._stack}-{name}",
            pool=settings,
            image=self.args.image,
            privileged=self.args.privileged,
            network=self.network,
            address=str(pool_addresses.address(self.args.subnet, pool, ordinal)),
            ssh_key=self.ssh_key,
            host_key=first,
            data_volumes={
                f"{FOLDER}/{volume}": self._volumes[volume]
                for volume, spec in self.args.volumes.items()
                if spec.machine == name
            },
            labels=self._labels,
            losses=self.args.losses,
            turn=self.args.turns.await_turn(name),
        )
        machine = container(name, args, pulumi.ResourceOptions(parent=self, hooks=self._hooks))
        machine = replace(machine, hooks=self._ssh_hooks)
        if replaced is None:
            return machine
        return with_host_key(machine, replaced, pulumi.ResourceOptions(parent=self), patience_s=BOOT_S)
