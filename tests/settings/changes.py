"""For every setting: another value, and where a preview shows it. Used with mocks and with the real engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stack_config import changed, target

BEFORE = target(managers=1, workers=1)


@dataclass(frozen=True)
class Change:
    """Another value of one setting."""

    setting: str  # as docs/settings.md names it
    value: Any
    component: str  # whose own inputs show it
    resource: str  # one of those that it changes
    also: Mapping[str, Any] = field(default_factory=dict)  # settings that the value needs, set before the change too
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """As `pulumi config set --path` takes it."""
        return self.setting.replace("<pool>", "worker")

    def before(self) -> dict[str, Any]:
        """The configuration that is changed."""
        document = BEFORE
        for path, value in self.also.items():
            document = changed(document, path, value)
        return document

    def after(self) -> dict[str, Any]:
        """The configuration with the other value."""
        return changed(self.before(), self.path, self.value)


THREE_MANAGERS = {"machines.pools.manager.count": 3}
OWN_KEY = {"machines.ssh.public_key": "ssh-ed25519 AAAA"}
OWN_RANGE = {"engine.address_pools": [{"base": "10.200.0.0/16"}]}

CHANGES = [
    Change("domain", "example.org", "traefik-certificate", "traefik-certificate-cert"),
    Change("machines.pools", {"manager": {"role": "manager", "count": 3}}, "cluster", "manager-3"),
    Change(
        "machines.pools.<pool>.role",
        "manager",
        "cluster",
        "worker-1-membership-node",
        {"machines.pools.worker.count": 2},
    ),
    Change("machines.pools.<pool>.count", 2, "cluster", "worker-2"),
    Change("machines.pools.<pool>.availability", "drain", "worker-1-membership", "worker-1-membership-active"),
    Change("machines.pools.<pool>.labels", {"disk": "ssd"}, "worker-1-membership", "worker-1-membership-active"),
    Change("machines.subnet", "10.78.0.0/16", "cluster", "cluster-network"),
    Change("machines.image", "nuvla-swarm/machine:new", "cluster", "worker-1"),
    Change("machines.privileged", False, "cluster", "worker-1"),
    Change("machines.ssh.public_key", "ssh-ed25519 BBBB", "cluster", "worker-1", OWN_KEY, {"ssh_private_key": "KEY"}),
    Change("engine.source", "docker.com", "worker-1-engine", "worker-1-engine-install"),
    Change("engine.version", "20.10.25", "worker-1-engine", "worker-1-engine-install"),
    Change("engine.log_max_size_mib", 20, "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.log_max_files", 4, "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.address_pools", [{"base": "10.210.0.0/16"}], "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.address_pools[0].base", "10.210.0.0/16", "worker-1-engine", "worker-1-engine-configure", OWN_RANGE),
    Change("engine.address_pools[0].prefix", 25, "worker-1-engine", "worker-1-engine-configure", OWN_RANGE),
    Change("engine.registry_mirrors", ["http://mirror:5000"], "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.certificate_generation", 2, "certificates", "certificates-ca-key"),
    Change("engine.server_certificate_days", 731, "certificates", "certificates-manager-1-cert"),
    Change("engine.client_certificate_days", 366, "certificates", "certificates-nuvla-cert"),
    Change("swarm.entry", "manager-2", "swarm", "swarm-init", THREE_MANAGERS),
    Change("swarm.address_pools", ["10.211.0.0/16"], "swarm", "swarm-init"),
    Change("swarm.subnet_prefix", 25, "swarm", "swarm-init"),
    Change("swarm.public_network.name", "front", "public-network", "public-network-network"),
    Change("swarm.public_network.attachable", True, "public-network", "public-network-network"),
    Change("traefik.log_level", "DEBUG", "traefik", "traefik-config-static"),
    Change("traefik.access_log", True, "traefik", "traefik-config-static"),
    Change("traefik.memory_limit_mib", 513, "traefik", "traefik-service"),
    Change("traefik.memory_reservation_mib", 65, "traefik", "traefik-service"),
    Change("traefik.certificate_days", 366, "traefik-certificate", "traefik-certificate-cert"),
    Change("images.traefik", "traefik:v3.6.1", "traefik-image", "traefik-image-pull"),
]

# Settings that cannot be changed, each with its reason.
UNCHANGEABLE = {
    "kind": "has one choice",
    "machines.provider": "has one choice",
    "machines": "is a section",
    "machines.ssh": "is a section",
    "engine": "is a section",
    "swarm": "is a section",
    "swarm.public_network": "is a section",
    "traefik": "is a section",
    "images": "is a section",
}
