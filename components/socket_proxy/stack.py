"""The one thing that may touch Docker's socket: a proxy that only reads."""

from collections.abc import Sequence
from dataclasses import replace

import pulumi

from components import assets
from components.service.spec import File, HealthCheck, Mount, Service, StackSpec
from components.socket_proxy import SOCKET_VOLUME
from components.swarm.network import OverlayNetwork

MANAGERS = "socket-proxy"  # its name is where the swarm's API is read
NETWORK = "docker-api"
PORT = 2375
ENDPOINT = f"http://{MANAGERS}:{PORT}"
VOLUME = Mount(
    source=SOCKET_VOLUME, target="/run/docker-proxy", read_only=True
)  # of the machine, with the socket in it
SOCKET = f"unix://{VOLUME.target}/docker.sock"
MEMORY_LIMIT_MIB = 256  # several lists of thousands of services at once


def socket_proxy(
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    *,
    workers: bool,
    published: Sequence[str],
    s3_name: str | None,
) -> StackSpec:
    """One proxy on each machine. Managers' ones answer for the swarm, by name; a machine's own is a socket on a volume.

    Two services, because a name has to stand for managers alone: workers' engines know nothing of the swarm. And a
    volume, because no name stands for the task on one's own machine. They differ in where they run only: a worker's
    engine says no to what is of the swarm by itself.

    What they answer is without environments, and without labels by which an application would have what is the
    program's: `published` are names of its services, which Traefik publishes, and `s3_name` is the name by which S3 is
    reached on 443.

    Source: HAProxy documentation, "Configuration Manual" and "Lua API"; Docker Engine API reference.
    """
    roles = {MANAGERS: "manager"} | ({f"{MANAGERS}-worker": "worker"} if workers else {})
    services = [
        Service(
            name=name,
            image=image,
            networks=networks,
            memory_limit_mib=MEMORY_LIMIT_MIB,
            health=HealthCheck.http(f"http://127.0.0.1:{PORT}/_ping"),
            constraints=[f"node.role=={role}"],
            env={"PUBLISHED": ",".join(published), "S3_NAME": s3_name or ""},
            user="0",  # Docker's socket is root's
            files=[
                File(
                    name="haproxy",
                    path="/usr/local/etc/haproxy/haproxy.cfg",
                    content=assets.read("socket_proxy/files/haproxy.cfg"),
                ),
                File(
                    name="answers",
                    path="/usr/local/etc/haproxy/answers.lua",
                    content=assets.read("socket_proxy/files/answers.lua"),
                ),
            ],
            mounts=[
                Mount(type="bind", source="/var/run/docker.sock", target="/var/run/docker.sock", read_only=True),
                replace(VOLUME, read_only=False),
            ],
        )
        for name, role in roles.items()
    ]
    settings = {"services": list(roles), "memory_limit_mib": MEMORY_LIMIT_MIB}
    settings |= {"published": list(published), "s3_name": s3_name}
    return StackSpec(services=services, settings=settings)
