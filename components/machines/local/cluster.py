"""Machines that are containers on the local Docker engine."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_docker as docker

from components.machines import pool_addresses
from components.machines.cluster import DATA_LABEL, NONE_LOST, Cluster, Key, Losses, Pool
from components.machines.error_hints import ErrorHints
from components.machines.machine import Machine
from components.machines.owner import NEVER_RELABELLED, Owner
from components.machines.volume import FOLDER, VolumeLocation, VolumeSpec

# What systemd and an inner Docker engine need. SYS_TIME, SYS_MODULE, SYS_RAWIO and SYS_BOOT are left out:
# machines share the kernel of the host, and none of these belongs to one of them.
_NAMES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_CHROOT SYS_PTRACE SYS_ADMIN "
    "SYS_NICE SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP"
).split()
# As the engine reports them, so that a refresh finds no change.
CAPABILITIES = sorted(f"CAP_{name}" for name in _NAMES)


DISK = "/var/lib/docker"
# What is set of a container: of a machine that is lost, it stays as it is.
IGNORED_WHEN_LOST = [
    *("name", "hostname", "image", "restart", "envs", "stop_signal", "networks_advanced", "volumes", "uploads"),
    *("labels", "tmpfs", "privileged", "cgroupns_mode", "capabilities", "security_opts", "device_cgroup_rules"),
    "mounts",
]


@dataclass(frozen=True, kw_only=True)
class LocalClusterArgs:
    """Settings of local machines, all plain but whose they are and the key."""

    owner: Owner
    pools: Mapping[str, Pool]
    subnet: IPv4Network  # of the bridge network that the machines share
    image: str  # made from local/
    privileged: bool  # False: the capabilities above and the host's cgroups instead
    volumes: Mapping[str, VolumeSpec]  # by name
    retain_volumes: bool  # whether the volumes are still there when the cluster is destroyed
    imports: Collection[str] = ()  # volumes that are there and that the state does not have yet: their `id` is imported
    ssh_key: Key | None = None  # the user's, instead of a generated one
    public_key: str | None = None  # of `ssh_key`, for the preview
    losses: Losses = NONE_LOST


class LocalCluster(Cluster):
    """A bridge network, and on it containers that behave as hosts: systemd, sshd, room for an engine of their own.

    A machine's disk (/var/lib/docker) is a volume of the engine: it outlives the container, so that a machine that is
    made again under its name is the same member of the swarm. Data volumes are further ones, of whichever machine uses
    them. Destroying it removes containers, disks, network, and data volumes unless they are kept.
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
        super().__init__("LocalCluster", name, props, args.ssh_key, opts)
        self.args = args
        self._hooks = ErrorHints().hooks
        self._name = args.owner.stack.replace("/", "-")
        self._labels = args.owner.labels()
        self.network = docker.Network(
            f"{name}-network",
            name=self._name,
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
        self.register_outputs(
            {
                "names": list(self.machines),
                "provider": "local",
                "network": str(args.subnet),
                "keep_volumes": args.retain_volumes,
                **args.losses.outputs(self.machines),
            }
        )

    def _volume(self, name: str, settings: VolumeSpec) -> docker.Volume:
        """Nothing of it is ever changed: any change would replace it, and what it holds would be gone."""
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
        address = str(pool_addresses.address(self.args.subnet, pool, ordinal))
        host_key = self.generate_key(f"{name}-host-key")
        losses = self.args.losses
        lost, recreations = name in losses.names, losses.recreations.get(name, 0)
        disk = docker.Volume(
            f"{name}-disk",
            labels=[docker.VolumeLabelArgs(label=key, value=label) for key, label in self._labels.items()],
            opts=pulumi.ResourceOptions(
                parent=self, hooks=self._hooks, ignore_changes=NEVER_RELABELLED, replacement_trigger=recreations
            ),
        )
        container = docker.Container(
            name,
            name=f"{self._name}-{name}",
            hostname=name,
            image=self.args.image,
            restart="unless-stopped",
            envs=["container=docker"],
            stop_signal="SIGRTMIN+3",
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=self.network.name, ipv4_address=address)],
            volumes=[
                docker.ContainerVolumeArgs(volume_name=disk.name, container_path=DISK),
                *(
                    docker.ContainerVolumeArgs(
                        volume_name=self._volumes[volume].name, container_path=f"{FOLDER}/{volume}"
                    )
                    for volume, given in self.args.volumes.items()
                    if given.machine == name
                ),
            ],
            uploads=[
                _file("/etc/ssh/ssh_host_ed25519_key", host_key.private, "0600"),
                _file("/root/.ssh/authorized_keys", self.ssh_key.public, "0600"),
            ],
            labels=[docker.ContainerLabelArgs(label=key, value=label) for key, label in self._labels.items()],
            tmpfs={"/run": "", "/tmp": "exec"},  # noqa: S108 - the machine's own
            **_isolation(self.args.privileged),
            opts=pulumi.ResourceOptions(
                parent=self,
                delete_before_replace=True,
                hooks=self._hooks,
                # The engine takes `systempaths=unconfined` apart and does not report it: a refresh would replace
                # the machine. What the option is made from, `privileged`, is not ignored.
                ignore_changes=IGNORED_WHEN_LOST if lost else ["security_opts", *NEVER_RELABELLED],
                replacement_trigger=recreations,
            ),
        )
        return Machine(
            name=name,
            role=settings.role,
            labels=dict(settings.labels),
            availability=settings.availability,
            public_address=address,
            private_address=address,
            user="root",
            private_key=self.ssh_key.private,
            host_key=host_key.public,
            system_generation=container.id,
            data_generation=disk.id,
            root=container,
            disk=disk,
            shares_kernel=True,
            lost=lost,
            commands=losses.commands,
        )


def _file(path: str, content: pulumi.Output[str], permissions: str) -> docker.ContainerUploadArgs:
    return docker.ContainerUploadArgs(file=path, content=content, permissions=permissions)


def _isolation(privileged: bool) -> dict[str, Any]:
    """What lets systemd run in a container, on an engine with cgroup v2 (privileged) or v1."""
    if privileged:
        return {"privileged": True, "cgroupns_mode": "private"}
    return {
        "capabilities": {"adds": CAPABILITIES, "drops": ["ALL"]},
        "security_opts": ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"],
        "device_cgroup_rules": ["a *:* rwm"],
        "cgroupns_mode": "host",
        "mounts": [{"type": "bind", "source": "/sys/fs/cgroup", "target": "/sys/fs/cgroup"}],
    }
