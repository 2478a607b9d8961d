"""The Docker engines of the machines, and the certificates of their API."""

from components import ports
from components.engine.registries import PASSWORDS_KEY
from components.manifest import HostTraces, Manifest

# Only with a proxy, so that other hosts see no change.
PROXY_TRACES = HostTraces(added=["/etc/apt/apt.conf.d/95-nuvla-swarm-proxy"])
MANIFEST = Manifest(
    secrets={PASSWORDS_KEY: "passwords of `engine.registries`: JSON object of registries and passwords"},
    ports=[ports.DOCKER_API, ports.ENGINE_METRICS],
    host_traces=HostTraces(
        replaced=[
            "/etc/docker/daemon.json",
            "/etc/docker/tls",
            "/etc/apt/keyrings/docker.asc",
            "/etc/apt/sources.list.d/docker.list",
        ],
        added=["/etc/systemd/system/docker.service.d/nuvla-swarm.conf"],
        folders=["/etc/systemd/system/docker.service.d", "/etc/apt/keyrings"],
        emptied=["/var/lib/docker", "/var/lib/containerd", "/etc/docker"],
        units=["docker.socket", "docker.service", "containerd.service"],
        sysctls=["net.ipv4.ip_forward"],
    ),
)
