"""Files that all machines of a swarm share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_command import remote

from components import assets, ports
from components.machines.data_paths import NFS_ROOT
from components.machines.machine import APT_FUNCTIONS, Machine
from components.machines.skipped_command import SkippedCommand
from components.machines.volume import Moves

PATH = NFS_ROOT
CLIENT = "nfs-common"
SERVERS = {"kernel": ["nfs-kernel-server"], "ganesha": ["nfs-ganesha", "nfs-ganesha-vfs", "rpcbind"]}
INSTALL_TIMEOUT = "10m"
NFS_FUNCTIONS = "storage/scripts/nfs.sh"


@dataclass(frozen=True, kw_only=True)
class NfsArgs:
    """Who serves files to whom."""

    server: Machine
    folder: str  # on that machine, where the files are kept
    data_folder: pulumi.Resource  # what has made the folder
    volume_id: pulumi.Input[str]  # of what is mounted there, empty if nothing is
    server_kind: str  # "kernel" or "ganesha"
    access: str  # "ro" or "rw"
    machines: Mapping[str, Machine]  # all that may mount
    depends_on: Mapping[str, pulumi.Resource]  # machine -> what has installed packages there before
    moves: Moves | None = None  # of the files, from one server to another


class Nfs(pulumi.ComponentResource):
    """The folder /nfs-root of one machine, exported to the machines of the swarm and to nobody else.

    Its files are those of a data volume. Whoever writes, over NFS or S3, writes as
    nobody:nogroup, so that each can read what the other wrote. Each machine has an entry of its own in the list of
    those who may mount: it is made before the machine joins, and taken away after it left. With another server, the
    one before stops to serve first, unless it is lost; when it is the server again, it serves anew, however far that
    went.

    Outputs: ``path`` (str). ``ready`` is there when files can be put into the folder; ``entries`` has the entry of
    each machine.
    Errors: the update fails when the server's packages are not to be had or it does not answer.
    Source: Nuvla administrator guide, "Docker Swarm Infrastructures", NFS; exports(5); ganesha-export-config(8).
    """

    exports: dict[str, pulumi.Resource]

    def __init__(self, name: str, args: NfsArgs, opts: pulumi.ResourceOptions | None = None):
        props = {"server": args.server.name, "server_kind": args.server_kind, "access": args.access, "path": PATH}
        super().__init__("nuvla:storage:Nfs", name, props, opts)
        self._name = name
        self.server = args.server
        self._moves = [args.moves.count] if args.moves else []
        packages = {machine.name: self._machine(machine, args) for machine in args.machines.values()}
        self.ready = self._command(
            "server",
            args.server,
            "nfs_server.sh",
            {
                "KIND": args.server_kind,
                "FOLDER": PATH,
                "DISK": args.folder,
                "MOUNTD_PORT": str(ports.MOUNTD.number),
                "GANESHA": assets.render("storage/files/ganesha.conf", _numbers(ports.NFS, ports.MOUNTD)),
                **_ports(),
                "LOCKD_PORT": str(ports.LOCKD.number),
            },
            # All, as the server of before is one of them.
            after=[*packages.values(), args.data_folder],
            libraries=[NFS_FUNCTIONS],
            triggers=[args.volume_id, *self._moves],
        )
        self.exports = {
            machine.name: self._command(
                f"entry-{machine.name}",
                args.server,
                "nfs_entry.sh",
                {
                    "KIND": args.server_kind,
                    "ACCESS": args.access,
                    "FOLDER": PATH,
                    "MACHINE": machine.name,
                    "ADDRESS": machine.private_address,
                },
                after=[self.ready],
                verbs=("allow", "forbid"),
                libraries=[NFS_FUNCTIONS],
                triggers=self._moves,
            )
            for machine in args.machines.values()
        }
        self.register_outputs({"path": PATH})

    def _machine(self, machine: Machine, args: NfsArgs) -> remote.Command | SkippedCommand:
        """What a machine needs to mount, and to serve if it does; one that served before does so no longer."""
        serves = machine is args.server
        return self._command(
            f"packages-{machine.name}",
            machine,
            "nfs_machine.sh",
            {
                "PACKAGES": " ".join([CLIENT, *(SERVERS[args.server_kind] if serves else [])]),
                "FOLDER": PATH,
                "SERVES": "true" if serves else "",
                **_ports(),
            },
            # A machine's packages are installed one after the other.
            after=[args.depends_on[machine.name], *([args.moves.record] if args.moves else [])],
            verbs=("prepare", "stop"),
            libraries=[APT_FUNCTIONS, NFS_FUNCTIONS],
        )

    def _command(
        self,
        step: str,
        on: Machine,
        script: str,
        values: dict[str, pulumi.Input[str]],
        *,
        after: Sequence[pulumi.Resource],
        libraries: Sequence[str],
        verbs: tuple[str, str | None] = ("", None),
        triggers: Sequence[pulumi.Input[str]] = (),
    ) -> remote.Command | SkippedCommand:
        create, delete = verbs
        return on.command(
            f"{self._name}-{step}",
            f"storage/scripts/{script}",
            values,
            pulumi.ResourceOptions(
                parent=self,
                depends_on=list(after),
                custom_timeouts=pulumi.CustomTimeouts(create=INSTALL_TIMEOUT, update=INSTALL_TIMEOUT),
            ),
            create=create,
            delete=delete,
            libraries=libraries,
            triggers=[on.system_generation, on.data_generation, *triggers],
        )


def _ports() -> dict[str, str]:
    """Where what NFS has beside its server listens."""
    return {
        "PORTS": assets.render(
            "storage/files/nfs.conf", _numbers(ports.MOUNTD, ports.STATD, ports.STATD_OUTGOING, ports.LOCKD)
        ),
        "MODULES": assets.render("storage/files/modprobe.conf", _numbers(ports.LOCKD, ports.NFS_CALLBACK)),
        "STATD_PORT": str(ports.STATD.number),
    }


def _numbers(*listened: ports.MachinePort) -> dict[str, str]:
    """Values of a template, "nfs_mountd" for the port of mountd."""
    return {port.row.replace(" ", "_"): str(port.number) for port in listened}
