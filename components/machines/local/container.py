"""Containers on the local Docker engine that behave as machines: systemd, sshd, room for their own Docker engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_docker as docker

from components.machines.cluster import Key, Losses, Pool
from components.machines.machine import Machine
from components.machines.owner import NEVER_RELABELLED

# The capabilities of systemd and an inner Docker engine. SYS_TIME, SYS_MODULE, SYS_RAWIO and SYS_BOOT are left out:
# they act on the kernel of the host, which all machines share.
_NAMES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_CHROOT SYS_PTRACE SYS_ADMIN "
    "SYS_NICE SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP"
).split()
# In the form that the engine reports, so that a refresh finds no change.
CAPABILITIES = sorted(f"CAP_{name}" for name in _NAMES)


DISK = "/var/lib/docker"
# Every input of a container, for ignore_changes: the container of a lost machine stays as it was.
IGNORED_WHEN_LOST = [
    *("name", "hostname", "image", "restart", "envs", "stop_signal", "networks_advanced", "volumes", "uploads"),
    *("labels", "tmpfs", "privileged", "cgroupns_mode", "capabilities", "security_opts", "device_cgroup_rules"),
    "mounts",
]


@dataclass(frozen=True, kw_only=True)
class ContainerArgs:
    """The settings of one local machine."""

    container_name: str  # on the engine
    pool: Pool
    image: str
    privileged: bool
    network: docker.Network
    address: str  # ipv4 on the network
    ssh_key: Key
    host_key: Key
    data_volumes: Mapping[str, docker.Volume]  # by the folder where the container mounts them
    labels: Mapping[str, pulumi.Input[str]]
    losses: Losses
    turn: Sequence[pulumi.Input[pulumi.Resource]]  # what a container waits for that takes the place of another


def container(name: str, args: ContainerArgs, opts: pulumi.ResourceOptions) -> Machine:
    """Create the disk and the container of a machine; `opts` are for both."""
    lost, recreations = name in args.losses.names, args.losses.recreations.get(name, 0)
    disk = docker.Volume(
        f"{name}-disk",
        labels=[docker.VolumeLabelArgs(label=key, value=label) for key, label in args.labels.items()],
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=NEVER_RELABELLED, replacement_trigger=recreations)
        ),
    )
    resource = docker.Container(
        name,
        name=args.container_name,
        hostname=name,
        image=args.image,
        restart="unless-stopped",
        envs=["container=docker"],
        stop_signal="SIGRTMIN+3",
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=args.network.name, ipv4_address=args.address)],
        volumes=[
            docker.ContainerVolumeArgs(volume_name=volume.name, container_path=path)
            for path, volume in {DISK: disk, **args.data_volumes}.items()
        ],
        uploads=[
            _file("/etc/ssh/ssh_host_ed25519_key", args.host_key.private, "0600"),
            _file("/root/.ssh/authorized_keys", args.ssh_key.public, "0600"),
        ],
        labels=[docker.ContainerLabelArgs(label=key, value=label) for key, label in args.labels.items()],
        tmpfs={"/run": "", "/tmp": "exec"},  # noqa: S108 - a folder inside the machine
        **_isolation(args.privileged),
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                delete_before_replace=True,
                depends_on=args.turn,
                # The engine expands `systempaths=unconfined` and does not report it, so a refresh would replace the
                # machine. A change of `privileged`, from which the option follows, still replaces it.
                ignore_changes=IGNORED_WHEN_LOST if lost else ["security_opts", *NEVER_RELABELLED],
                replacement_trigger=recreations,
            ),
        ),
    )
    return Machine(
        name=name,
        role=args.pool.role,
        labels=dict(args.pool.labels),
        availability=args.pool.availability,
        public_address=args.address,
        private_address=args.address,
        user="root",
        private_key=args.ssh_key.private,
        host_key=args.host_key.public,
        system_generation=resource.id,
        data_generation=disk.id,
        root=resource,
        disk=disk,
        shares_kernel=True,
        **args.losses.of(name),
    )


def _file(path: str, content: pulumi.Output[str], permissions: str) -> docker.ContainerUploadArgs:
    return docker.ContainerUploadArgs(file=path, content=content, permissions=permissions)


def _isolation(privileged: bool) -> dict[str, Any]:
    """Return the options with which systemd runs in a container, on an engine with cgroup v2 (privileged) or v1."""
    if privileged:
        return {"privileged": True, "cgroupns_mode": "private"}
    return {
        "capabilities": {"adds": CAPABILITIES, "drops": ["ALL"]},
        "security_opts": ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"],
        "device_cgroup_rules": ["a *:* rwm"],
        "cgroupns_mode": "host",
        "mounts": [{"type": "bind", "source": "/sys/fs/cgroup", "target": "/sys/fs/cgroup"}],
    }
