"""The services of the socket proxy, one on managers and one on workers."""

from collections.abc import Sequence
from dataclasses import replace

import pulumi

from components.service.spec import File, HealthCheck, Mount, Service, StackSpec
from components.socket_proxy import SOCKET_VOLUME
from components.swarm.network import OverlayNetwork

MANAGER_SERVICE = "socket-proxy"  # its DNS name leads to the proxies of the managers
NETWORK = "docker-api"
PORT = 2375
ENDPOINT = f"http://{MANAGER_SERVICE}:{PORT}"
VOLUME = Mount(source=SOCKET_VOLUME, target="/run/docker-proxy", read_only=True)  # for services that use the socket
SOCKET = f"unix://{VOLUME.target}/docker.sock"
MEMORY_LIMIT_MIB = 256  # enough for several lists of thousands of services at once


def socket_proxy(
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    *,
    workers: bool,
    published: Sequence[str],
    s3_name: str | None,
    hand_over_s: int = 0,
) -> StackSpec:
    """Return the stack with one proxy on each machine: managers' proxies answer by name, each proxy also by a socket.

    Managers and workers have separate services, because the DNS name must lead to managers alone: engines of workers
    know nothing of the swarm, and refuse requests about it. The services differ only in their constraints. Services
    on the same machine reach its proxy by a socket on a volume, because Swarm's DNS has no name for the task on one's
    own machine.

    The proxies remove environments from answers, and labels by which an application would take names or paths of the
    program. `published` names the program's services that Traefik publishes; `s3_name` is the name of S3 on 443. For
    `hand_over_s` after it was asked to stop, a manager's Traefik still serves, and its proxy answers for longer.

    Source: HAProxy documentation, "Configuration Manual" and "Lua API"; Docker Engine API reference.
    """
    roles = {MANAGER_SERVICE: "manager"} | ({f"{MANAGER_SERVICE}-worker": "worker"} if workers else {})
    services = [
        Service(
            name=name,
            image=image,
            networks=networks,
            memory_limit_mib=MEMORY_LIMIT_MIB,
            health=HealthCheck.http(f"http://127.0.0.1:{PORT}/_ping"),
            constraints=[f"node.role=={role}"],
            env={"PUBLISHED": ",".join(published), "S3_NAME": s3_name or ""}
            | ({"GRACE_S": str(hand_over_s + 1)} if hand_over_s and name == MANAGER_SERVICE else {}),
            user="0",  # Docker's socket belongs to root
            files=[
                File.copy("socket_proxy/files/haproxy.cfg", "haproxy", "/usr/local/etc/haproxy/haproxy.cfg"),
                File.copy("socket_proxy/files/answers.lua", "answers", "/usr/local/etc/haproxy/answers.lua"),
            ],
            mounts=[
                Mount(type="bind", source="/var/run/docker.sock", target="/var/run/docker.sock", read_only=True),
                replace(VOLUME, read_only=False),
            ],
        )
        for name, role in roles.items()
    ]
    settings = {"services": list(roles), "memory_limit_mib": MEMORY_LIMIT_MIB}
    settings |= {"published": list(published), "s3_name": s3_name} | (
        {"hand_over_s": hand_over_s} if hand_over_s else {}
    )
    return StackSpec(services=services, settings=settings)
