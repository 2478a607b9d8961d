"""Deployment of the files that machines share by NFS, and of S3 over them."""

from typing import Any

import pulumi

from components.machines.data_paths import NFS_ROOT
from components.s3.access_key import AccessKey
from components.s3.stack import S3Context, S3Parts, s3
from components.storage.nfs import Nfs, NfsArgs
from stacks.config.settings import Settings
from stacks.foundation import Foundation
from stacks.swarm_platform import SwarmPlatform


def deploy_nfs(settings: Settings, foundation: Foundation) -> Nfs | None:
    """Export the shared files to the machines, unless the settings switch NFS off."""
    if not settings.has_nfs:
        return None
    volume = foundation.cluster.volumes["nfs"]
    return Nfs(
        "nfs",
        NfsArgs(
            server=foundation.cluster.machines[settings.nfs_machine],
            folder=foundation.volumes["nfs"].path,
            data_folder=foundation.volumes["nfs"].ready,
            volume_id=volume.id or "",
            server_kind=settings.nfs.server,
            access=settings.nfs.access,
            machines=foundation.cluster.machines,
            depends_on=foundation.packages,
            moves=volume.moves,
            replaces=foundation.turns.replaces,
        ),
        foundation.cluster.child_lifecycle(),
    )


def deploy_s3(platform: SwarmPlatform, nfs: Nfs | None) -> dict[str, Any]:
    """Deploy S3 on the NFS server, unless the settings switch it off; return its outputs."""
    settings = platform.settings
    key = AccessKey("s3-key")  # made even without S3, so that users find the same key when it is switched on again
    if nfs is None or not settings.has_s3:
        return {}
    endpoint = pulumi.Output.concat("https://", platform.address, f":{settings.s3.port}")
    spec = s3(
        settings.s3,
        S3Context(machine=nfs.server.name, folder=NFS_ROOT, name=settings.s3_name),
        S3Parts(
            image=platform.image("versitygw"),
            front_image=platform.image("openresty"),
            networks=[platform.web],
            key=key,
            endpoint=endpoint,
        ),
    )
    platform.stack("s3", spec, [nfs.server.name], [nfs.ready])
    platform.urls |= {"s3": endpoint, "s3_console": pulumi.Output.concat("https://", platform.address, "/minio/")}
    return {
        "s3": pulumi.Output.secret({"endpoint": endpoint, "access_key": key.access_key, "secret_key": key.secret_key})
    }
