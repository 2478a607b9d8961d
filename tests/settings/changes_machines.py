"""For the settings of single providers: another value, and where a preview shows it."""

from typing import Any

from tests.settings.changes import Change
from tests.support.configs import HOST_KEY, TEMPLATE

ANOTHER = {"id": "00000000-0000-4000-8000-000000000002", "name": "Linux Ubuntu 26.04 LTS 64-bit"}
OWN_TEMPLATE = {"machines.pools.worker.template": TEMPLATE}
HOST = "machines.pools.<pool>.hosts.<host>"
ACME: dict[str, Any] = {"domain": "example.org", "traefik.acme": {"email": "a@example.org"}}
OTHER_SERVER = {"domain": "example.org", "traefik.acme": {"email": "a@example.org", "server": "https://ca/directory"}}
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def exoscale(setting: str, value: Any, resource: str, also: dict[str, Any] | None = None) -> Change:
    """Shown by the cluster."""
    return Change(setting, value, "cluster", resource, also or {}, base="exoscale")


def existing(setting: str, value: Any, resource: str, component: str = "cluster") -> Change:
    """Shown by the cluster."""
    return Change(setting, value, component, resource, base="existing")


CHANGES = [
    exoscale("machines.pools.<pool>.size", "standard.huge", "worker-1"),
    exoscale("machines.pools.<pool>.disk_gib", 60, "worker-1"),
    exoscale("machines.pools.<pool>.zone", "de-fra-1", "worker-1"),
    exoscale("machines.pools.<pool>.template", ANOTHER, "worker-1"),
    exoscale("machines.pools.<pool>.template.id", ANOTHER["id"], "worker-1", OWN_TEMPLATE),
    exoscale("machines.zone", "de-fra-1", "worker-1"),
    exoscale("machines.template", ANOTHER, "worker-1"),
    exoscale("machines.template.id", ANOTHER["id"], "worker-1"),
    exoscale("machines.elastic_ip", True, "manager-1"),
    exoscale("machines.private_network", "10.9.0.0/16", "worker-1"),
    exoscale("machines.destroy_protected", True, "worker-1"),
    exoscale("machines.protect", True, "worker-1"),
    existing("machines.pools.<pool>.hosts", {"7": {"address": "192.0.2.7", "host_key": HOST_KEY}}, "worker-7-check"),
    existing(f"{HOST}.address", "192.0.2.7", "worker-1-check"),
    existing(f"{HOST}.private_address", "10.0.0.7", "worker-1-membership-join"),
    existing(f"{HOST}.port", 2222, "worker-1-check"),
    existing(f"{HOST}.user", "ops", "worker-1-check"),
    existing(f"{HOST}.host_key", "ssh-ed25519 BBBB", "worker-1-check"),
    existing(f"{HOST}.labels", {"disk": "ssd"}, "worker-1-membership-active", "worker-1-membership"),
    existing("machines.firewall", False, "firewall-worker-1", "firewall"),
    existing("machines.data_path", "/srv/nuvla", "nfs-data-folder"),
    Change("traefik.acme", ACME["traefik.acme"], "traefik", "traefik-service", {"domain": "example.org"}),
    Change("traefik.acme.email", "b@example.org", "traefik", "traefik-config-static", ACME),
    Change("traefik.acme.staging", True, "traefik", "traefik-config-static", ACME),
    Change("traefik.acme.server", "https://ca/directory", "traefik", "traefik-config-static", ACME),
    Change("traefik.acme.server_ca", PEM, "traefik", "traefik-service", OTHER_SERVER),
    Change(
        "traefik.acme.machine",
        "manager-2",
        "traefik",
        "traefik-issuer-service",
        ACME | {"machines.pools.manager.count": 3},
    ),
]
UNCHANGEABLE = {
    "machines.pools.<pool>.template.name": "is for people",
    "machines.template.name": "is for people",
}
