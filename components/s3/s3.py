"""S3 over the files that the machines share."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pulumi

from components import assets
from components.s3.access_key import AccessKey
from components.service.spec import File, HealthCheck, Mount, SecretFile, Service, StackSpec, on_machine
from components.swarm.network import OverlayNetwork

NAME = "s3"
API_PORT = 7070
CONSOLE_PORT = 7071
CONSOLE_PATH = "/minio"  # the guide's name for it, which bookmarks and Nuvla's own documentation have
HEALTH_PATH = "/health"
NOBODY = "65534"  # as whom NFS clients write too
REGION = "us-east-1"  # what Nuvla signs its requests for


@dataclass(frozen=True, kw_only=True)
class S3Settings:
    """Plain settings of the S3 service."""

    machine: str  # that has the files
    folder: str  # with a bucket in each folder of it
    port: int  # of the machines, where the API answers
    domain: str | None  # the API answers `s3.<domain>` on 443 too
    memory_limit_mib: int


def s3(
    settings: S3Settings,
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    key: AccessKey,
    endpoint: pulumi.Input[str],
) -> StackSpec:
    """An S3 gateway on the machine that has the files, behind Traefik: a bucket is a folder, an object is a file.

    `endpoint` is the URL that browsers reach the API by, for the console and for pages that upload by themselves.
    Source: versitygw, "Global options" and the posix backend; Traefik documentation, "Swarm provider".
    """
    routers = {"s3": ("PathPrefix(`/`)", "s3", NAME)}
    if settings.domain:
        routers["s3-domain"] = (f"Host(`s3.{settings.domain}`)", "websecure", NAME)
    routers["s3-console"] = (f"PathPrefix(`{CONSOLE_PATH}`)", "websecure", "s3-console")
    labels = {
        "traefik.enable": "true",
        f"traefik.http.services.{NAME}.loadbalancer.server.port": str(API_PORT),
        "traefik.http.services.s3-console.loadbalancer.server.port": str(CONSOLE_PORT),
    }
    for router, (rule, entry_point, target) in routers.items():
        labels |= {
            f"traefik.http.routers.{router}.rule": rule,
            f"traefik.http.routers.{router}.entrypoints": entry_point,
            f"traefik.http.routers.{router}.tls": "true",
            f"traefik.http.routers.{router}.service": target,
        }
    service = Service(
        name=NAME,
        image=image,
        networks=networks,
        memory_limit_mib=settings.memory_limit_mib,
        health=HealthCheck.http(f"http://127.0.0.1:{API_PORT}{HEALTH_PATH}"),
        replicas=1,
        constraints=on_machine(settings.machine),
        command=["/bin/sh", "/etc/versitygw/start.sh"],
        args=[settings.folder],
        env={
            "VGW_PORT": f":{API_PORT}",
            "VGW_REGION": REGION,
            "VGW_HEALTH": HEALTH_PATH,
            "VGW_WEBUI_PORT": f":{CONSOLE_PORT}",
            "VGW_WEBUI_PATH_PREFIX": CONSOLE_PATH,
            "VGW_WEBUI_GATEWAYS": endpoint,
            "VGW_WEBUI_NO_TLS": "true",
            "VGW_CORS_ALLOW_ORIGIN": "*",
            "VGW_QUIET": "true",  # else it logs every health check
        },
        user=NOBODY,
        files=[File(name="start", path="/etc/versitygw/start.sh", content=assets.read("s3/files/start.sh"))],
        secrets=[
            SecretFile(name="s3-access-key", content=key.access_key),
            SecretFile(name="s3-secret-key", content=key.secret_key),
        ],
        mounts=[Mount(type="bind", source=settings.folder, target=settings.folder, shared=True)],
        labels=labels,
        stop_grace_s=30,  # it lets requests end for 10 s
    )
    return StackSpec(services=[service], settings=asdict(settings))
