"""Data folders of machines, and files that machines share over NFS."""

from components import ports
from components.machines.data_paths import NFS_ROOT
from components.manifest import HostTraces, Manifest, Monitored, StoredData

MANIFEST = Manifest(
    feature="nfs",
    data={
        "nfs": StoredData(
            description="files that all machines share; only a target has them",
            owner="65534:65534",  # nobody:nogroup, as which NFS clients write
            kinds=["target"],
            machine="nfs_machine",
            feature="nfs",
        )
    },
    ports=[
        *(ports.PORTMAPPER, ports.NFS, ports.MOUNTD),
        *(ports.STATD, ports.STATD_OUTGOING, ports.LOCKD, ports.NFS_CALLBACK),
    ],
    host_traces=HostTraces(
        replaced=["/etc/ganesha/ganesha.conf"],
        added=[
            "/etc/modprobe.d/nuvla-swarm.conf",
            "/etc/sysctl.d/91-nuvla-swarm-nfs.conf",
            "/etc/systemd/system/multi-user.target.wants/rpc-statd.service",
            "/etc/systemd/system/nfs\\x2droot.mount",
            "/etc/exports.d/nuvla-swarm.exports",
            "/etc/nfs.conf.d/nuvla-swarm.conf",
        ],
        folders=["/etc/modprobe.d", "/etc/ganesha", "/etc/nfs.conf.d", "/etc/exports.d", NFS_ROOT],
        units=["rpcbind.socket", "rpcbind.service", "rpc-statd.service", "nfs-server.service", "nfs-ganesha.service"],
    ),
    monitoring=Monitored(rules=["nfs"], scrape="nfs"),
)
