"""For every setting: another value, and where a preview shows it. Used with mocks and with the real engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.settings.cases import SAID, concrete
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target

BEFORE: dict[str, dict[str, Any]] = {
    "target": target(managers=1, workers=1),
    "host": host(),
    "exoscale": exoscale(workers=1),
    "existing": existing(workers=1),
}


@dataclass(frozen=True)
class Change:
    """Another value of one setting."""

    setting: str  # as docs/settings.md names it
    value: Any
    component: str  # whose own inputs show it
    resource: str  # one of those that it changes
    also: Mapping[str, Any] = field(default_factory=dict)  # settings that the value needs, set before the change too
    secrets: Mapping[str, str] = field(default_factory=dict)
    base: str = "target"  # which of BEFORE has the setting
    stands: bool = False  # whether only an infrastructure that was up can have the value

    @property
    def path(self) -> str:
        """As `pulumi config set --path` takes it."""
        return concrete(self.setting)

    def before(self) -> dict[str, Any]:
        """The configuration that is changed."""
        document = BEFORE[self.base]
        for path, value in self.also.items():
            document = changed(document, path, value)
        return document

    def all_secrets(self) -> dict[str, str]:
        """The secrets that the configuration needs, with those of the change."""
        return secrets_for(BEFORE[self.base]) | dict(self.secrets)

    def after(self) -> dict[str, Any]:
        """The configuration with the other value."""
        return changed(self.before(), self.path, self.value)


THREE_MANAGERS = {"machines.pools.manager.count": 3}
OWN_KEY = {"machines.ssh.public_key": "ssh-ed25519 AAAA"}
SMTP: dict[str, Any] = {"monitoring.smtp": {"host": "mail.example.org", "from_address": "swarm@example.org"}}
BOTH_SUBNETS = {"firewall.management": ["10.77.0.1/32", "10.78.0.1/32"]}
ELASTICSEARCH = {"monitoring.elasticsearch.enabled": True}
BLOCK = {
    name: {f"volumes.{name}.block": True}
    for name in ("nfs", "prometheus", "alertmanager", "grafana", "traefik", "db", "streams")
}
OWN_RANGE = {"engine.address_pools": [{"base": "10.200.0.0/16"}]}


# What there has to be for a volume that not every target has.
OF_THEIR_OWN: dict[str, dict[str, Any]] = {
    "traefik": {"domain": "example.org", "traefik.acme": {"email": "a@example.org"}},
    **{
        name: {"kind": "host", "machines.pools.worker.labels": {"type": f"worker-{name}"}} for name in ("db", "streams")
    },
}


def volume(name: str, also: Mapping[str, Any] | None = None) -> list[Change]:
    """The settings of a data volume."""
    data, needed = (f"{name}-data", f"{name}-data-folder"), dict(also or {})
    block = needed | BLOCK[name]
    return [
        Change(f"volumes.{name}.block", True, "cluster", f"{name}-volume", needed, base="exoscale"),
        Change(f"volumes.{name}.size_gib", 30, "cluster", f"{name}-data-folder", block, base="exoscale"),
        Change(f"volumes.{name}.id", "kept-1", "cluster", f"{name}-volume", needed),
        Change(f"volumes.{name}.path", "/srv/data", *data, needed, base="existing"),
    ]


CHANGES = [
    Change("domain", "example.org", "traefik-certificate", "traefik-certificate-cert"),
    Change("machines.pools", {"manager": {"role": "manager", "count": 3}}, "cluster", "manager-3"),
    Change(
        "machines.pools.<pool>.role",
        "manager",
        "cluster",
        "worker-1-membership-node",
        {"machines.pools.worker.count": 2, **SAID},
    ),
    Change("machines.lost", ["worker-1"], "swarm-members", "swarm-members-only", stands=True),
    Change("machines.pools.<pool>.count", 2, "cluster", "worker-2"),
    Change("machines.pools.<pool>.availability", "drain", "worker-1-membership", "worker-1-membership-active"),
    Change("machines.pools.<pool>.labels", {"disk": "ssd"}, "worker-1-membership", "worker-1-membership-active"),
    Change("machines.subnet", "10.78.0.0/16", "cluster", "cluster-network", BOTH_SUBNETS),
    Change("machines.image", "nuvla-swarm/machine:new", "cluster", "worker-1"),
    Change("machines.privileged", False, "cluster", "worker-1"),
    Change("machines.ssh.public_key", "ssh-ed25519 BBBB", "cluster", "worker-1", OWN_KEY, {"ssh_private_key": "KEY"}),
    Change("firewall.management", ["10.64.0.0/10", "192.0.2.0/24"], "firewall", "firewall-worker-1"),
    Change("firewall.nuvla", ["198.51.100.0/24"], "firewall", "firewall-worker-1"),
    Change("firewall.users", ["203.0.113.0/24"], "firewall", "firewall-worker-1"),
    Change("firewall.consoles", "users", "traefik", "traefik-config-dynamic"),
    Change("firewall.ephemeral.first", 30000, "firewall", "firewall-worker-1"),
    Change("firewall.ephemeral.last", 61000, "firewall", "firewall-worker-1"),
    Change("firewall.swarm_port", False, "firewall", "firewall-worker-1"),
    Change("engine.source", "docker.com", "worker-1-engine", "worker-1-engine-install"),
    Change("engine.version", "20.10.25", "worker-1-engine", "worker-1-engine-install"),
    Change(
        "engine.containerd_version",
        "2.2.0",
        "worker-1-engine",
        "worker-1-engine-install",
        {"engine.source": "docker.com"},
    ),
    Change("engine.log_max_size_mib", 20, "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.log_max_files", 4, "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.address_pools", [{"base": "10.210.0.0/16"}], "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.address_pools[0].base", "10.210.0.0/16", "worker-1-engine", "worker-1-engine-configure", OWN_RANGE),
    Change("engine.address_pools[0].prefix", 25, "worker-1-engine", "worker-1-engine-configure", OWN_RANGE),
    Change("engine.registry_mirrors", ["http://mirror:5000"], "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.no_new_privileges", True, "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.icc", True, "worker-1-engine", "worker-1-engine-configure"),
    Change("engine.certificate_generation", 2, "certificates", "certificates-ca-key"),
    Change("engine.nuvla_certificate_generation", 2, "certificates", "certificates-nuvla-key"),
    Change("engine.operator_certificate_generation", 2, "certificates", "certificates-operator-key"),
    Change("engine.server_certificate_days", 731, "certificates", "certificates-manager-1-cert"),
    Change("engine.client_certificate_days", 366, "certificates", "certificates-nuvla-cert"),
    Change("swarm.entry", "manager-2", "swarm", "swarm-init", THREE_MANAGERS),
    Change("swarm.address_pools", ["10.211.0.0/16"], "swarm", "swarm-init"),
    Change("swarm.subnet_prefix", 25, "swarm", "swarm-init"),
    Change("swarm.public_network.name", "front", "public-network", "public-network-network"),
    Change("swarm.public_network.attachable", True, "public-network", "public-network-network"),
    Change("swarm.backend_network", "backend", "backend-network", "backend-network-network", base="host"),
    Change("traefik.log_level", "DEBUG", "traefik", "traefik-config-static"),
    Change("traefik.access_log", True, "traefik", "traefik-config-static"),
    Change("traefik.memory_limit_mib", 513, "traefik", "traefik-service"),
    Change("traefik.certificate_days", 366, "traefik-certificate", "traefik-certificate-cert"),
    Change("monitoring.enabled", False, "monitoring", "prometheus-service"),
    Change("monitoring.machine", "worker-1", "monitoring", "prometheus-service"),
    Change("monitoring.prometheus.scrape_interval_s", 30, "monitoring", "prometheus-config-main"),
    Change("monitoring.prometheus.retention_time", "30d", "monitoring", "prometheus-service"),
    Change("monitoring.prometheus.retention_size", "6GB", "monitoring", "prometheus-service"),
    Change("monitoring.prometheus.memory_limit_mib", 1025, "monitoring", "prometheus-service"),
    Change("monitoring.grafana.memory_limit_mib", 513, "monitoring", "grafana-service"),
    Change("monitoring.alertmanager.email_to", ["a@example.org"], "monitoring", "alertmanager-config-main", SMTP),
    Change("monitoring.alertmanager.memory_limit_mib", 129, "monitoring", "alertmanager-service"),
    Change("monitoring.exporters.memory_limit_mib", 257, "monitoring", "node-exporter-service"),
    Change("monitoring.elasticsearch.enabled", True, "monitoring", "elasticsearch-exporter-service", base="host"),
    Change(
        "monitoring.elasticsearch.url",
        "http://db:9200",
        "monitoring",
        "elasticsearch-exporter-service",
        ELASTICSEARCH,
        base="host",
    ),
    Change(
        "monitoring.elasticsearch.memory_limit_mib",
        65,
        "monitoring",
        "elasticsearch-exporter-service",
        ELASTICSEARCH,
        base="host",
    ),
    Change("monitoring.smtp.host", "mx.example.org", "monitoring", "grafana-service", SMTP),
    Change("monitoring.smtp.port", 25, "monitoring", "grafana-service", SMTP),
    Change("monitoring.smtp.from_address", "nuvla@example.org", "monitoring", "grafana-service", SMTP),
    Change(
        "monitoring.smtp.username",
        "you",
        "monitoring",
        "grafana-service",
        {"monitoring.smtp": SMTP["monitoring.smtp"] | {"username": "me"}},
        {"smtp_password": "WORD"},
    ),
    Change("nfs.enabled", False, "nfs", "nfs-server", {"s3.enabled": False}),
    Change("nfs.machine", "worker-1", "nfs", "nfs-server"),
    Change("nfs.server_kind", "ganesha", "nfs", "nfs-server"),
    Change("nfs.access", "rw", "nfs", "nfs-entry-worker-1"),
    Change("s3.enabled", False, "s3", "s3-service"),
    Change("s3.port", 9001, "s3", "traefik-service"),
    Change("s3.memory_limit_mib", 513, "s3", "s3-gateway-service"),
    Change("volumes.keep", True, "cluster", "nfs-volume"),
    *(change for name in ("nfs", "prometheus", "alertmanager", "grafana") for change in volume(name)),
    *(change for name in ("traefik", "db", "streams") for change in volume(name, OF_THEIR_OWN[name])),
    Change("images.traefik", "traefik:v3.6.1", "traefik-image", "traefik-image-pull"),
    Change(
        "images.elasticsearch_exporter",
        "another/image:1",
        "elasticsearch-exporter-image",
        "elasticsearch-exporter-image-pull",
        ELASTICSEARCH,
        base="host",
    ),
    *(
        Change(
            f"images.{name}",
            "another/image:1",
            f"{name.replace('_', '-')}-image",
            f"{name.replace('_', '-')}-image-pull",
        )
        for name in (
            "haproxy",
            "prometheus",
            "alertmanager",
            "grafana",
            "node_exporter",
            "cadvisor",
            "blackbox",
            "versitygw",
            "openresty",
        )
    ),
]

# Settings that cannot be changed, each with its reason.
UNCHANGEABLE = {
    "kind": "is another infrastructure",
    "machines.provider": "is another infrastructure",
    "machines": "is a section",
    "machines.ssh": "is a section",
    "firewall": "is a section",
    "firewall.ephemeral": "is a section",
    "engine": "is a section",
    "swarm": "is a section",
    "swarm.public_network": "is a section",
    "traefik": "is a section",
    "monitoring": "is a section",
    "monitoring.prometheus": "is a section",
    "monitoring.grafana": "is a section",
    "monitoring.alertmanager": "is a section",
    "monitoring.exporters": "is a section",
    "monitoring.smtp": "is a section",
    "monitoring.elasticsearch": "is a section",
    "volumes": "is a section",
    **dict.fromkeys((f"volumes.{name}" for name in BLOCK), "is a section"),
    "nfs": "is a section",
    "s3": "is a section",
    "images": "is a section",
}
