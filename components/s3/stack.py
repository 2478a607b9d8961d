"""S3 over the files that the machines share."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import pulumi

from components import assets
from components.s3.access_key import AccessKey
from components.s3.settings import S3Settings
from components.service.spec import File, HealthCheck, Mount, SecretFile, Service, StackSpec, constraint_for_machine
from components.swarm.network import OverlayNetwork
from components.traefik import published

NAME = "s3"  # the front, which Traefik knows
GATEWAY = "s3-gateway"
API_PORT = 7070
CONSOLE_PORT = 7071
TOLD_PORT = 7072  # the API, to who tells of whom a connection is
CONSOLE_PATH = "/minio"  # the guide's name for it, which bookmarks and Nuvla's own documentation have
HEALTH_PATH = "/health"
NOBODY = "65534"  # as whom NFS clients write too
REGION = "us-east-1"  # what Nuvla signs its requests for
FRONT_MEMORY_LIMIT_MIB = 256  # it passes on in pieces of 64 KiB
FRONT_FILES = (
    "nginx.conf",
    "deletions.lua",
    "digests.lua",
    "errors.lua",
    "folders.lua",
    "front.lua",
    "identity.lua",
    "listing.lua",
    "metrics.lua",
    "names.lua",
    "objects.lua",
    "posix.lua",
    "relay.lua",
    "signature.lua",
)
FRONT_COMMAND = ("/usr/local/openresty/bin/openresty", "-e", "stderr", "-c", "/etc/front/nginx.conf")
FILES = "/files"  # where both see the folder
# Of the machine, with the gateway's sockets in it. A new volume takes over who may write to the image's folder: all.
SOCKETS = Mount(source="s3-sockets", target="/tmp")  # noqa: S108


@dataclass(frozen=True, kw_only=True)
class S3Context:
    """The infrastructure as S3 sees it: plain values, which a preview shows."""

    machine: str  # that has the files
    folder: str  # with a bucket in each folder of it
    name: str | None  # by which the API answers on 443 too, "s3.example.org"


@dataclass(frozen=True, kw_only=True)
class S3Parts:
    """Resources that S3 runs on and with."""

    image: pulumi.Input[str]
    front_image: pulumi.Input[str]
    networks: Sequence[OverlayNetwork]
    key: AccessKey
    endpoint: pulumi.Input[str]  # URL that browsers reach the API by: for the console, and for pages that upload


def gateway_env(endpoint: pulumi.Input[str]) -> Mapping[str, pulumi.Input[str]]:
    """What the gateway is told but for its keys; `endpoint` is where browsers reach the API."""
    return {
        "VGW_REGION": REGION,
        "VGW_HEALTH": HEALTH_PATH,
        "VGW_WEBUI_PATH_PREFIX": CONSOLE_PATH,
        "VGW_WEBUI_GATEWAYS": endpoint,
        "VGW_WEBUI_NO_TLS": "true",
        "VGW_CORS_ALLOW_ORIGIN": "*",
        "VGW_QUIET": "true",  # else it logs every health check
    }


def s3(settings: S3Settings, context: S3Context, parts: S3Parts) -> StackSpec:
    """An S3 gateway on the machine that has the files, with a front before it, behind Traefik.

    A bucket is a folder, an object is a file. The gateway is on no network: the front, on the same machine, reaches it
    by a socket, and keeps from it what it does wrong or would have to believe: see docs/files.md.
    Source: versitygw, "Global options" and the posix backend; lua-nginx-module; Traefik's docs, "Swarm provider".
    """
    hosts = published.s3_hosts(context.name)
    labels = (
        published.enabled()
        | published.tcp(NAME, TOLD_PORT, hosts)
        | published.http("s3-console", published.under(CONSOLE_PATH), CONSOLE_PORT, [published.CONSOLES])
    )
    secrets = [
        SecretFile(name="s3-access-key", content=parts.key.access_key),
        SecretFile(name="s3-secret-key", content=parts.key.secret_key),
    ]
    files = Mount(type="bind", source=context.folder, target=FILES, shared=True)
    health = HealthCheck.http(f"http://127.0.0.1:{API_PORT}{HEALTH_PATH}")
    gateway = Service(
        name=GATEWAY,
        image=parts.image,
        networks=[],
        memory_limit_mib=settings.memory_limit_mib,
        health=health,
        replicas=1,
        constraints=constraint_for_machine(context.machine),
        command=["/bin/sh", "/etc/versitygw/start.sh"],
        args=[FILES],
        env=gateway_env(parts.endpoint),
        user=NOBODY,
        files=[File(name="start", path="/etc/versitygw/start.sh", content=assets.read("s3/files/start.sh"))],
        secrets=secrets,
        mounts=[files, SOCKETS],
        temporary=(),
        stop_grace_s=30,  # it lets requests end for 10 s
    )
    front = Service(
        name=NAME,
        image=parts.front_image,
        networks=parts.networks,
        memory_limit_mib=FRONT_MEMORY_LIMIT_MIB,
        health=health,
        replicas=1,
        constraints=constraint_for_machine(context.machine),
        command=FRONT_COMMAND,
        user=NOBODY,
        files=[
            File(name=name, path=f"/etc/front/{name}", content=assets.read(f"s3/files/front/{name}"))
            for name in FRONT_FILES
        ],
        secrets=secrets,
        mounts=[files, replace(SOCKETS, read_only=True)],
        temporary=(),
        labels=labels,
        stop_grace_s=30,
    )
    shown = {**asdict(context), **settings.model_dump(exclude={"enabled"})}
    return StackSpec(services=[gateway, front], settings=shown)
