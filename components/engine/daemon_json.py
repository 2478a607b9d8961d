"""What a Docker engine reads from its daemon.json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi

API_PORT = 2376
METRICS_PORT = 9323
CERTIFICATES = "/etc/docker/tls"


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """Settings of an engine, the same on all machines of a swarm."""

    source: str  # "distribution" or "docker.com"
    version: str  # exact, "20.10.24"
    containerd_version: str | None  # exact, of docker.com's packages; the distribution has one of its own
    log_max_size_mib: int
    log_max_files: int
    address_pools: Sequence[tuple[IPv4Network, int]]  # range, prefix length of one network
    registry_mirrors: Sequence[str]
    no_new_privileges: bool  # whether no program of a container gets more rights than it was started with
    icc: bool  # whether containers on docker0 reach each other

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def daemon_json(settings: EngineSettings, *, serves_api: bool) -> dict[str, Any]:
    """Content of /etc/docker/daemon.json.

    Source: Docker documentation, "dockerd", "Daemon configuration file".
    """
    hosts = ["fd://"]
    daemon: dict[str, Any] = {
        "log-driver": "json-file",
        "log-opts": {"max-size": f"{settings.log_max_size_mib}m", "max-file": str(settings.log_max_files)},
        "metrics-addr": f"0.0.0.0:{METRICS_PORT}",
        "default-address-pools": [{"base": str(base), "size": size} for base, size in settings.address_pools],
    }
    # What is Docker's own default is not said, so that a host's own daemon.json may say otherwise.
    if settings.no_new_privileges:
        daemon["no-new-privileges"] = True
    if not settings.icc:
        daemon["icc"] = False
    if settings.registry_mirrors:
        daemon["registry-mirrors"] = list(settings.registry_mirrors)
    if settings.major < 24:
        daemon["experimental"] = True  # engine metrics were experimental until then
    if serves_api:
        hosts.append(f"tcp://0.0.0.0:{API_PORT}")
        daemon |= {
            "tlsverify": True,
            "tlscacert": f"{CERTIFICATES}/ca.pem",
            "tlscert": f"{CERTIFICATES}/cert.pem",
            "tlskey": f"{CERTIFICATES}/key.pem",
        }
    return daemon | {"hosts": hosts}


def merged(theirs: str, ours: Mapping[str, Any], machine: str) -> dict[str, Any]:
    """What the engine of a machine had before, with our settings in the place of any of the same name.

    Errors: `pulumi.RunError` when it is no JSON.
    """
    try:
        found = json.loads(theirs or "{}")
    except ValueError as error:
        raise pulumi.RunError(f"{machine}: its /etc/docker/daemon.json is not JSON ({error}); correct it") from error
    return {**found, **ours}
