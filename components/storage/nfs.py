"""Files that all machines of a swarm share over NFS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_command import remote

from components import assets, ports
from components.machines.data_paths import NFS_ROOT
from components.machines.machine import APT_FUNCTIONS, Machine
from components.machines.skipped_command import SkippedCommand
from components.machines.volume import Moves

CLIENT = "nfs-common"
SERVERS = {"kernel": ["nfs-kernel-server"], "ganesha": ["nfs-ganesha", "nfs-ganesha-vfs", "rpcbind"]}
INSTALL_TIMEOUT = "10m"
NFS_FUNCTIONS = "storage/scripts/nfs.sh"


@dataclass(frozen=True, kw_only=True)
class NfsArgs:
    """The NFS server, its files and its clients."""

    server: Machine
    folder: str  # with the files, on the server
    data_folder: pulumi.Resource  # command that prepares the folder
    volume_id: pulumi.Input[str]  # of the volume that is mounted there; empty without one
    server_kind: str  # "kernel" or "ganesha"
    access: str  # "ro" or "rw"
    machines: Mapping[str, Machine]  # machines that may mount the files
    depends_on: Mapping[str, pulumi.Resource]  # machine -> command that installs other packages before
    moves: Moves | None = None  # of the files, from one server to another
    replaces: Callable[[str], bool] = lambda _machine: False  # whether this update replaces a machine with its disk


class Nfs(pulumi.ComponentResource):
    """The folder /nfs-root of a data volume, exported to the machines of the swarm only.

    NFS and S3 clients write as nobody:nogroup, so that each can read the files of the other. Each machine has an
    export, which the program adds before the machine joins the swarm and removes after the machine has left. When the
    server changes, the former server stops first, unless it is lost. If it becomes the server again, it starts again,
    even if the change was interrupted.

    Outputs: ``path`` (str). The attribute ``ready`` is the command after which the folder takes files; ``exports`` has
    the command of each machine's export.
    Errors: the update fails if the package source does not have the server's packages, or the server does not answer.
    Source: Nuvla administrator guide, "Docker Swarm Infrastructures", NFS; exports(5); ganesha-export-config(8).
    """

    exports: dict[str, pulumi.Resource]

    def __init__(self, name: str, args: NfsArgs, opts: pulumi.ResourceOptions | None = None):
        props = {"server": args.server.name, "server_kind": args.server_kind, "access": args.access, "path": NFS_ROOT}
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
                "FOLDER": NFS_ROOT,
                "DISK": args.folder,
                "MOUNTD_PORT": str(ports.MOUNTD.number),
                "GANESHA": assets.render("storage/files/ganesha.conf", _numbers(ports.NFS, ports.MOUNTD)),
                **_ports(),
            },
            # The command of the former server, which stops it, is among `packages`. One that is replaced ends with its
            # machine, and may wait for another machine to join again, which waits for this server.
            depends_on=[
                *(
                    packages[name]
                    for name, machine in args.machines.items()
                    if machine is args.server or not args.replaces(name)
                ),
                args.data_folder,
            ],
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
                    "FOLDER": NFS_ROOT,
                    "MACHINE": machine.name,
                    "ADDRESS": machine.private_address,
                },
                depends_on=[self.ready],
                verbs=("allow", "forbid"),
                libraries=[NFS_FUNCTIONS],
                triggers=self._moves,
            )
            for machine in args.machines.values()
        }
        self.register_outputs({"path": NFS_ROOT})

    def _machine(self, machine: Machine, args: NfsArgs) -> remote.Command | SkippedCommand:
        """Install the packages that a machine needs to mount the files, or to serve them; stop a former server."""
        serves = machine is args.server
        return self._command(
            f"packages-{machine.name}",
            machine,
            "nfs_machine.sh",
            {
                "PACKAGES": " ".join([CLIENT, *(SERVERS[args.server_kind] if serves else [])]),
                "FOLDER": NFS_ROOT,
                "SERVES": "true" if serves else "",
                **_ports(),
            },
            # Two commands must not install packages on a machine at the same time.
            depends_on=[args.depends_on[machine.name], *([args.moves.record] if args.moves else [])],
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
        depends_on: Sequence[pulumi.Resource],
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
                depends_on=list(depends_on),
                custom_timeouts=pulumi.CustomTimeouts(create=INSTALL_TIMEOUT, update=INSTALL_TIMEOUT),
            ),
            create=create,
            delete=delete,
            libraries=libraries,
            triggers=[on.system_generation, on.data_generation, *triggers],
        )


def _ports() -> dict[str, str]:
    """Return the settings of the ports that the helpers of NFS listen on."""
    return {
        "PORTS": assets.render(
            "storage/files/nfs.conf", _numbers(ports.MOUNTD, ports.STATD, ports.STATD_OUTGOING, ports.LOCKD)
        ),
        "MODULES": assets.render("storage/files/modprobe.conf", _numbers(ports.LOCKD, ports.NFS_CALLBACK)),
        "SYSCTLS": assets.render("storage/files/sysctl.conf", _numbers(ports.LOCKD, ports.NFS_CALLBACK)),
        "STATD_PORT": str(ports.STATD.number),
    }


def _numbers(*machine_ports: ports.MachinePort) -> dict[str, str]:
    """Return the values of a template: `nfs_mountd` for the port of mountd."""
    return {port.row.replace(" ", "_"): str(port.number) for port in machine_ports}
