"""Clusters of existing hosts, which live on after the program has left them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import pulumi
from pulumi_command import remote

from components.machines.cluster import NONE_LOST, Cluster, LoginKeys, Losses
from components.machines.error_hints import AGENT_HINTS, ErrorHints
from components.machines.existing.error_hints import Contact, HostErrorHints
from components.machines.machine import APT_FUNCTIONS, Machine, Role
from components.machines.owner import Owner
from components.machines.skipped_command import SkippedCommand
from components.machines.volume import VolumeLocation, VolumeSpec
from components.manifest import HostTraces
from components.ports import MOUNTD

RETRIES = 2  # of the first connection: an existing host is up already
RESTORE_TIMEOUT = "10m"  # the restore removes packages


@dataclass(frozen=True, kw_only=True)
class HostArgs:
    """A host that answers SSH."""

    address: str  # ipv4
    private_address: str  # ipv4 that the other machines connect to
    port: int
    user: str
    host_key: str  # public, "<type> <base64>"
    labels: Mapping[str, str]  # node labels, beside the labels of its pool


@dataclass(frozen=True, kw_only=True)
class HostPool:
    """Hosts with the same settings."""

    role: Role
    availability: str
    labels: Mapping[str, str]
    hosts: Mapping[str, HostArgs]  # by the last part of the machine's name


@dataclass(frozen=True, kw_only=True)
class ExistingClusterArgs:
    """Settings of existing hosts, in plain values except the owner and the key."""

    owner: Owner
    pools: Mapping[str, HostPool]
    engine_version: str  # version that the settings require
    ephemeral: tuple[int, int]  # first and last port that users reach applications by
    data_path: str  # parent folder of data volumes without a `path`
    volumes: Mapping[str, VolumeSpec]  # by name
    keys: LoginKeys  # the user's own
    host_traces: HostTraces  # all that the program puts on a host
    kernel_needs: Mapping[str, Sequence[str]]  # what the kernel of a machine has to have, in the words of check_host.sh
    losses: Losses = NONE_LOST


class ExistingCluster(Cluster):
    """Existing hosts, checked for fitness, each with a restore point.

    A host has no id, so its connection identifies it: if the connection changes, as with the host key of a reinstalled
    host, all commands run on the host again. The program records the restore point before any other change on the
    host, and restores it after all other commands are undone: a host that leaves the settings, or whose stack is
    destroyed, loses the files of the program and the packages that it installed, and keeps its data volumes. The
    program undoes nothing on a lost machine.
    Outputs: as a `Cluster`; ``hosts`` (dict), the host key of each machine.
    Errors: the update fails before it changes a host if SSH refuses the program, the program does not support the
    host's system, or the host is part of something else; it also fails if two hosts share a hostname.
    """

    survives_destroy = True

    def __init__(self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "provider": "existing",
            "pools": {pool: asdict(settings) for pool, settings in args.pools.items()},
            "engine_version": args.engine_version,
            "data_path": args.data_path,
            "volumes": {volume: settings.path for volume, settings in args.volumes.items()},
        }
        super().__init__("ExistingCluster", name, props, args.keys, opts)
        self._args = args
        hosts = {
            f"{pool}-{member}": (settings, host)
            for pool, settings in args.pools.items()
            for member, host in settings.hosts.items()
        }
        self._hooks = HostErrorHints(
            {
                machine: Contact(address=host.address, port=host.port, user=host.user)
                for machine, (_, host) in hosts.items()
            }
        ).hooks
        self._ssh_hooks = ErrorHints(AGENT_HINTS, "ssh-advice").hooks
        self._checks: dict[str, remote.Command | SkippedCommand] = {}
        for machine, (pool_settings, host) in hosts.items():
            self.machines[machine] = self._machine(machine, pool_settings, host)
        self.volumes = {
            volume: VolumeLocation(machine=settings.machine, path=settings.path or f"{args.data_path}/{volume}")
            for volume, settings in args.volumes.items()
        }
        hostnames = {machine: check.stdout.apply(str.strip) for machine, check in self._checks.items()}
        self.hostnames = pulumi.Output.all(**hostnames).apply(require_unique_hostnames)
        self.keep_outputs(
            args.losses,
            {"provider": "existing", "keep_volumes": True},
            hosts={machine: host.host_key for machine, (_, host) in hosts.items()},
        )

    def _machine(self, name: str, pool: HostPool, host: HostArgs) -> Machine:
        machine = Machine(
            name=name,
            role=pool.role,
            labels={**pool.labels, **host.labels},
            availability=pool.availability,
            public_address=host.address,
            private_address=host.private_address,
            user=host.user,
            private_key=self.ssh_key.private,
            host_key=pulumi.Output.from_input(host.host_key),
            system_generation=pulumi.Output.from_input(""),
            data_generation=pulumi.Output.from_input(""),
            port=host.port,
            **self._args.losses.of(name),
            hooks=self._ssh_hooks,
        )
        # A host that comes back after a loss may be in any state, so all commands run on it again.
        recreation = [str(times)] if (times := self._args.losses.recreations.get(name, 0)) else []
        check = self._checks[name] = machine.command(
            f"{name}-check",
            "machines/existing/scripts/check_host.sh",
            {
                "MACHINE": name,
                "OWNER": self._args.owner.as_text(),
                "VERSION": self._args.engine_version,
                "EPHEMERAL": " ".join(map(str, self._args.ephemeral)),
                "MOUNTD_PORT": str(MOUNTD.number),
                "NEEDS": " ".join(self._args.kernel_needs.get(name, ())),
                "PRIVATE_ADDRESS": host.private_address if host.private_address != host.address else "",
            },
            pulumi.ResourceOptions(parent=self, hooks=self._hooks),
            triggers=recreation,
            dial_error_limit=RETRIES,
        )
        restore_point = machine.command(
            f"{name}-before",
            "machines/existing/scripts/restore_point.sh",
            {"MACHINE": name, "OWNER": self._args.owner.as_text(), **_listed(self._args.host_traces)},
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[check],
                custom_timeouts=pulumi.CustomTimeouts(delete=RESTORE_TIMEOUT),
            ),
            create="note",
            delete="leave",
            libraries=[APT_FUNCTIONS],
            triggers=recreation,
        )
        daemon_json = restore_point.stdout.apply(lambda text: text.partition("\n")[2])
        generation = restore_point.id.apply(lambda command_id: " ".join([command_id, *recreation]))
        return replace(machine, system_generation=generation, data_generation=generation, daemon_json=daemon_json)


def _listed(traces: HostTraces) -> dict[str, str]:
    """Return the lists of paths, units and settings that restore_point.sh takes."""
    lists = {
        "REPLACED": traces.replaced,
        "ADDED": traces.added,
        "EMPTY_FOLDERS": traces.folders,
        "EMPTIED": traces.emptied,
        "UNITS": traces.units,
        "VOLUMES": traces.volumes,
        "SYSCTLS": traces.sysctls,
    }
    return {key: " ".join(paths) for key, paths in lists.items()}


def require_unique_hostnames(hostnames: Mapping[str, str]) -> dict[str, str]:
    """Return the hostnames by machine.

    Errors: `pulumi.RunError` if two machines share a hostname.
    """
    machine_of: dict[str, str] = {}
    for machine, hostname in hostnames.items():
        if hostname in machine_of:
            raise pulumi.RunError(
                f"{machine}: its hostname is {hostname}, as that of {machine_of[hostname]}; "
                "allowed: a hostname of its own (`hostnamectl set-hostname` there)"
            )
        machine_of[hostname] = machine
    return dict(hostnames)
