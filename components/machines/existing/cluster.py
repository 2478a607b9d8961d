"""Machines that exist already, and go on when the program has left them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import pulumi

from components.machines.cluster import NONE_LOST, Cluster, Key, Losses
from components.machines.existing.error_hints import Contact, HostErrorHints
from components.machines.machine import APT_FUNCTIONS, Machine, Role
from components.machines.owner import Owner
from components.machines.volume import VolumeLocation, VolumeSpec
from components.manifest import HostTraces
from components.ports import MOUNTD

RETRIES = 2  # of the first contact: a host that exists does not have to boot
LEAVING = "10m"  # packages are removed


@dataclass(frozen=True, kw_only=True)
class HostArgs:
    """A host that answers SSH."""

    address: str  # ipv4
    private_address: str  # ipv4 that the other machines reach it by
    port: int
    user: str
    host_key: str  # public, "<type> <base64>"
    labels: Mapping[str, str]  # node labels, beside those of its pool


@dataclass(frozen=True, kw_only=True)
class HostPool:
    """Hosts that are alike."""

    role: Role
    availability: str
    labels: Mapping[str, str]
    hosts: Mapping[str, HostArgs]  # by the last part of their machines' names


@dataclass(frozen=True, kw_only=True)
class ExistingClusterArgs:
    """Settings of hosts, all plain but whose they are and the key."""

    owner: Owner
    pools: Mapping[str, HostPool]
    engine_version: str  # that is wanted on each
    ephemeral: tuple[int, int]  # first and last port that users reach applications by
    data_path: str  # folder for data volumes that have none of their own
    volumes: Mapping[str, VolumeSpec]  # by name
    key: pulumi.Output[str]  # private half of the key that opens them, in OpenSSH format
    host_traces: HostTraces  # what the program puts on a host
    losses: Losses = NONE_LOST


class ExistingCluster(Cluster):
    """Hosts of which each was found fit to be a machine, with a note of how it was before.

    A host has no id: what is on it is done again when its connection changes, as it does with the host key of one that
    was installed anew. The note is made before everything else on it, and acted upon after everything else was undone:
    a machine that is taken out of the settings, or destroyed, loses what the program put there and the packages that
    it installed, and keeps its data volumes. On a machine that is lost, nothing is undone.
    Errors: the update fails, before anything is changed on the host, when it does not let the program in, has another
    system than the program knows, or is part of something else; or when two hosts have the same hostname.
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
        # The public half is on the hosts already, and nobody asks for it.
        key = Key(private=pulumi.Output.secret(args.key), public=pulumi.Output.from_input(""))
        super().__init__("ExistingCluster", name, props, key, opts)
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
        found = {}
        for machine, (pool_settings, host) in hosts.items():
            self.machines[machine], found[machine] = self._machine(machine, pool_settings, host)
        self.volumes = {
            volume: VolumeLocation(machine=settings.machine, path=settings.path or f"{args.data_path}/{volume}")
            for volume, settings in args.volumes.items()
        }
        self.hostnames = pulumi.Output.all(**found).apply(require_unique_hostnames)
        self.register_outputs(
            {
                "names": list(self.machines),
                "provider": "existing",
                "hosts": {machine: host.host_key for machine, (_, host) in hosts.items()},
                "hostnames": self.hostnames,
                "keep_volumes": True,
                **args.losses.outputs(self.machines),
            }
        )

    def _machine(self, name: str, pool: HostPool, host: HostArgs) -> tuple[Machine, pulumi.Output[str]]:
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
            lost=name in self._args.losses.names,
            commands=self._args.losses.commands,
        )
        recreations = self._args.losses.recreations.get(name, 0)
        again = [str(recreations)] if recreations else []  # of what was there before it was lost, nothing is known
        check = machine.command(
            f"{name}-check",
            "machines/existing/scripts/check_host.sh",
            {
                "MACHINE": name,
                "OWNER": self._args.owner.note(),
                "VERSION": self._args.engine_version,
                "EPHEMERAL": " ".join(map(str, self._args.ephemeral)),
                "MOUNTD_PORT": str(MOUNTD.number),
            },
            pulumi.ResourceOptions(parent=self, hooks=self._hooks),
            triggers=again,
            dial_error_limit=RETRIES,
        )
        before = machine.command(
            f"{name}-before",
            "machines/existing/scripts/restore_point.sh",
            {"MACHINE": name, "OWNER": self._args.owner.note(), **_listed(self._args.host_traces)},
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[check],
                custom_timeouts=pulumi.CustomTimeouts(delete=LEAVING),
            ),
            create="note",
            delete="leave",
            libraries=[APT_FUNCTIONS],
            triggers=again,
        )
        daemon_json = before.stdout.apply(lambda text: text.partition("\n")[2])
        identity = before.id.apply(lambda known: " ".join([known, *again]))
        ready = replace(machine, system_generation=identity, data_generation=identity, daemon_json=daemon_json)
        return ready, check.stdout.apply(str.strip)


def _listed(traces: HostTraces) -> dict[str, str]:
    """Return the lists that restore_point.sh takes."""
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
    """Hostnames by machine.

    Errors: `pulumi.RunError` when two machines have the same one.
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
