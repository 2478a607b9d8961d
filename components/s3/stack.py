"""The services of S3: a gateway over the shared files, and a front between Traefik and the gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import pulumi

from components.s3 import CONSOLE_PATH, NAME
from components.s3.access_key import AccessKey
from components.s3.settings import S3Settings
from components.service.spec import File, HealthCheck, Mount, SecretFile, Service, StackSpec, constraint_for_machine
from components.swarm.network import OverlayNetwork
from components.traefik import published

GATEWAY = "s3-gateway"
API_PORT = 7070
CONSOLE_PORT = 7071
PROXY_PROTOCOL_PORT = 7072  # the API for Traefik, which passes the client's address
HEALTH_PATH = "/health"
NOBODY = "65534"  # the user that NFS clients write as, too
REGION = "us-east-1"  # Nuvla signs its requests for it
FRONT_MEMORY_LIMIT_MIB = 256  # the front forwards bodies in pieces of 64 KiB
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
NOT_SHOWN = {"enabled", "key_generation", "former_key_generation"}  # the component of the key shows its generations
FILES = "/files"  # the shared folder in both containers
# Volume of the machine with the gateway's sockets. A new volume inherits the permissions of the image's folder /tmp, to
# which every user may write.
SOCKETS = Mount(source="s3-sockets", target="/tmp")  # noqa: S108


@dataclass(frozen=True, kw_only=True)
class S3Context:
    """Plain values of the rest of the stack that S3 needs; a preview shows them."""

    machine: str  # machine with the files
    folder: str  # each folder in it is a bucket
    name: str | None  # host name of the API on 443, "s3.example.org"


@dataclass(frozen=True, kw_only=True)
class S3Parts:
    """Resources that S3 needs."""

    image: pulumi.Input[str]
    front_image: pulumi.Input[str]
    networks: Sequence[OverlayNetwork]
    key: AccessKey
    endpoint: pulumi.Input[str]  # URL of the API in browsers: for the console, and for pages that upload


def gateway_env(endpoint: pulumi.Input[str]) -> Mapping[str, pulumi.Input[str]]:
    """Return the variables of the gateway, without its keys; `endpoint` is the URL of the API in browsers."""
    return {
        "VGW_REGION": REGION,
        "VGW_HEALTH": HEALTH_PATH,
        "VGW_WEBUI_PATH_PREFIX": CONSOLE_PATH,
        "VGW_WEBUI_GATEWAYS": endpoint,
        "VGW_WEBUI_NO_TLS": "true",
        "VGW_CORS_ALLOW_ORIGIN": "*",
        "VGW_QUIET": "true",  # the gateway would log every health check
    }


def s3(settings: S3Settings, context: S3Context, parts: S3Parts) -> StackSpec:
    """Return the stack: a gateway and a front on the machine that has the files, behind Traefik.

    A bucket is a folder, an object is a file. The gateway is on no network: the front, on the same machine, reaches it
    by a socket. The front answers requests that the gateway gets wrong, and verifies claims that the gateway would take
    on trust: see docs/files.md.
    Source: versitygw, "Global options" and the posix backend; lua-nginx-module; Traefik's docs, "Swarm provider".
    """
    hosts = published.s3_hosts(context.name)
    labels = (
        published.enabled()
        | published.tcp(NAME, PROXY_PROTOCOL_PORT, hosts)
        | published.http("s3-console", published.path_rule(CONSOLE_PATH), CONSOLE_PORT, [published.CONSOLES])
    )
    secrets = _secrets(parts.key)
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
        files=[File.copy("s3/files/start.sh", "start", "/etc/versitygw/start.sh")],
        secrets=secrets,
        mounts=[files, SOCKETS],
        temporary=(),
        stop_grace_s=30,  # the gateway gives open requests 10 s to end
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
        files=[File.copy(f"s3/files/front/{name}", name, f"/etc/front/{name}") for name in FRONT_FILES],
        secrets=secrets,
        mounts=[files, replace(SOCKETS, read_only=True)],
        temporary=(),
        labels=labels,
        stop_grace_s=30,
    )
    shown = {**asdict(context), **settings.model_dump(exclude=NOT_SHOWN)}
    return StackSpec(services=[gateway, front], settings=shown)


def _secrets(key: AccessKey) -> list[SecretFile]:
    """Return the files of the key, and of the former one while it stays valid."""
    secrets = [
        SecretFile(name="s3-access-key", content=key.access_key),
        SecretFile(name="s3-secret-key", content=key.secret_key),
    ]
    if key.former:
        secrets += [
            SecretFile(name="s3-former-access-key", content=key.former.access_key),
            SecretFile(name="s3-former-secret-key", content=key.former.secret_key),
        ]
    return secrets
