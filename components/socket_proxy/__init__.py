"""The proxy of Docker's API: the one service that touches Docker's socket."""

from components.manifest import DefaultImage, HostTraces, Manifest

SOCKET_VOLUME = "docker-proxy"  # of each machine, with the proxy's own socket

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
