"""The read-only proxy of Docker's API, the only service that mounts Docker's socket."""

from components.manifest import DefaultImage, HostTraces, Manifest

SOCKET_VOLUME = "docker-proxy"  # volume of each machine that holds the proxy's socket

MANIFEST = Manifest(
    images={
        "haproxy": DefaultImage(
            reference="haproxy:3.4.6-alpine",
            description="HAProxy, the read-only proxy of Docker's API",
            service="socket-proxy",
        )
    },
    host_traces=HostTraces(volumes=[SOCKET_VOLUME]),
)
