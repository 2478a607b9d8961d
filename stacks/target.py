"""A target: an infrastructure that Nuvla deploys users' applications onto."""

from typing import Any

import pulumi

from components.firewall.rules import target_rows
from components.s3.access_key import AccessKey
from components.s3.stack import S3Settings, s3
from components.storage.nfs import PATH, Nfs, NfsArgs
from stacks import foundation, services
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.foundation import Ground
from stacks.prior_state import PriorState
from stacks.swarm_platform import Base


def build(settings: Settings, secrets: Secrets, prior: PriorState) -> dict[str, Any]:
    """The resources of a target: files over NFS and S3 beside what every kind has; returns the stack's outputs."""
    ephemeral = settings.firewall.ephemeral
    rows = target_rows(
        ephemeral=(ephemeral.first, ephemeral.last),
        nfs=settings.has_nfs,
        s3_port=settings.s3.port if settings.has_s3 else None,
        swarm_port=settings.firewall.swarm_port,
    )
    machines = foundation.build(settings, secrets, rows, prior)
    nfs = _nfs(settings, machines) if settings.has_nfs else None
    base = Base(settings, machines, prior, nfs.entries if nfs else {})
    services.add(base, secrets)
    outputs = base.outputs()
    key = AccessKey("s3-key")  # without S3 too, so that its users have the same one when it is switched on again
    if nfs is not None:
        outputs["nfs"] = {"address": nfs.server.private_address, "path": PATH}
    if nfs is not None and settings.has_s3:
        _add_s3(base, nfs, key, outputs)
    base.end()
    return outputs


def _nfs(settings: Settings, machines: Ground) -> Nfs:
    return Nfs(
        "nfs",
        NfsArgs(
            server=machines.cluster.machines[settings.nfs_machine],
            folder=machines.volumes["nfs"].path,
            stored=machines.volumes["nfs"].ready,
            volume_id=machines.cluster.volumes["nfs"].id or "",
            server_kind=settings.nfs.server_kind,
            access=settings.nfs.access,
            machines=machines.cluster.machines,
            prepared=machines.installed,
            moves=machines.cluster.volumes["nfs"].moves,
        ),
        machines.cluster.inside(),
    )


def _add_s3(base: Base, nfs: Nfs, key: AccessKey, outputs: dict[str, Any]) -> None:
    settings = base.settings
    endpoint = pulumi.Output.concat("https://", base.address, f":{settings.s3.port}")
    spec = s3(
        S3Settings(
            machine=nfs.server.name,
            folder=PATH,
            port=settings.s3.port,
            name=settings.s3_name,
            memory_limit_mib=settings.s3.memory_limit_mib,
        ),
        base.image("versitygw"),
        [base.web],
        key,
        endpoint,
        front_image=base.image("openresty"),
    )
    base.stack("s3", spec, [nfs.server.name], [nfs.ready])
    outputs["s3"] = pulumi.Output.secret(
        {"endpoint": endpoint, "access_key": key.access_key, "secret_key": key.secret_key}
    )
    outputs["urls"] |= {"s3": endpoint, "s3_console": pulumi.Output.concat("https://", base.address, "/minio/")}
