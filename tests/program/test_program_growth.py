"""Pools grow and shrink without a change on the machines that stay."""

from typing import Any

import pytest

from tests.program.runs import run
from tests.support.checkout import CHECKOUT
from tests.support.configs import changed, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.rows import rows

pytestmark = pytest.mark.thorough

SPARE = {"role": "worker", "count": 2}
OF_EACH_MACHINE = ("firewall", "nfs-packages", "nfs-entry")
WAITS = {"socket-proxy-converged", "monitoring-converged"}  # for the tasks on the new machine
MEMBERS = {
    "swarm-members-only",
    "swarm-tokens-rotated",
}  # who knows whom the swarm keeps, and by which tokens others join


def resources(engine: FakePulumi) -> dict[str, object]:
    """What makes the real engine update or replace a resource; components only show settings."""
    return {
        name: (given, str(engine.options[name].replacement_trigger))
        for name, given in engine.given.items()
        if name not in engine.components()
    }


def growth(before: dict[str, Any], after: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Names of the resources that are new with another configuration, and of those that are changed or gone."""
    old, new = (resources(run(document).engine) for document in (before, after))
    return set(new) - set(old), {name for name in old if old[name] != new.get(name)}


def of_machine(name: str) -> set[str]:
    """The resources of one worker."""
    parts = "disk host-key engine-install engine-configure".split()
    parts += [f"membership-{part}" for part in ("node", "join", "active", "outputs")]
    return {name, *(f"{name}-{part}" for part in parts), *(f"{part}-{name}" for part in OF_EACH_MACHINE)}


def test_third_worker_adds_only_its_own_resources() -> None:
    assert growth(target(workers=2), target(workers=3)) == (of_machine("worker-3"), WAITS | MEMBERS)


@rows("pool", ["a-first-pool", "zz-last-pool"])
def test_new_pool_adds_only_its_own_resources(pool: str) -> None:
    before = target(workers=1)
    after = changed(before, f"machines.pools.{pool}", SPARE)
    assert growth(before, after) == (of_machine(f"{pool}-1") | of_machine(f"{pool}-2"), WAITS | MEMBERS)


def test_empty_pool_has_no_machines() -> None:
    assert set(run(target(workers=0)).outputs["machines"]) == {"manager-1"}


def test_first_worker_adds_the_socket_proxy_of_workers() -> None:
    configs = {f"socket-proxy-worker-config-{name}" for name in ("answers", "haproxy")}
    proxy = configs | {"socket-proxy-worker-service"}
    assert growth(target(workers=0), target(workers=1)) == (of_machine("worker-1") | proxy, WAITS | MEMBERS)


def test_more_managers_change_only_manager_lists() -> None:
    added, touched = growth(target(managers=1), target(managers=3))
    certificates = {f"certificates-manager-{n}-{part}" for n in (2, 3) for part in ("key", "request", "cert")}
    assert added == of_machine("manager-2") | of_machine("manager-3") | certificates
    assert touched == WAITS | MEMBERS | {"swarm-init", "traefik-certificate-cert", "traefik-converged"}


# The rules have links to the page of runbooks, which Prometheus serves.
RULES = {
    f"prometheus-config-rules-{path.stem}"
    for path in CHECKOUT.glob("components/*/files/rules/*.yml")
    if path.stem not in ("elasticsearch", "virtual_ip")  # of a host, and of managers with a virtual IP
}


@pytest.mark.parametrize(
    ("domain", "services"),
    [({"domain": "example.org"}, set()), ({}, {"grafana-service", "s3-gateway-service", "prometheus-service", *RULES})],
    ids=["a name", "its address"],
)
def test_new_api_manager_changes_only_services_that_show_its_address(
    domain: dict[str, str], services: set[str]
) -> None:
    before = target(managers=3, workers=1, **domain)
    added, touched = growth(before, changed(before, "swarm.api_manager", "manager-2"))
    assert not added
    types = run(before).engine.types
    assert {name for name in touched if types[name].startswith("docker:")} == services
    assert "swarm-engine" in touched


def test_new_nfs_machine_moves_the_server_and_its_dependents() -> None:
    added, touched = growth(target(), changed(target(), "nfs.machine", "worker-1"))
    assert not added
    assert touched == {
        *("manager-1", "worker-1"),  # the container that has the volume
        "nfs-data-folder",
        "nfs-server",
        *(f"nfs-packages-{name}" for name in ("manager-1", "worker-1")),
        *(f"nfs-entry-{name}" for name in ("manager-1", "worker-1", "worker-2")),
        "s3-service",
        "s3-gateway-service",
        "s3-converged",
        "prometheus-config-scrape-nfs",
        "prometheus-service",
        "monitoring-converged",
    }


def test_disabled_section_removes_only_its_own_resources() -> None:
    document = target(workers=1)
    names = set(run(document).engine.types)
    gone = {
        section: names - set(run(changed(document, f"{section}.enabled", False)).engine.types)
        for section in ("monitoring", "s3")
    }
    assert all(
        name.startswith(
            ("s3", "versitygw", "openresty", "prometheus-config-", "grafana-config-", "traefik-config-reserved-s3")
        )
        for name in gone["s3"]
    )
    assert {name for name in gone["s3"] if name.startswith(("prometheus", "grafana"))} == {
        "prometheus-config-scrape-s3",
        "prometheus-config-rules-s3",
        "grafana-config-dashboard-nfs-s3",
    }
    monitoring = "monitoring prometheus alertmanager grafana node-exporter cadvisor blackbox"
    assert all(name.startswith(tuple(monitoring.split())) for name in gone["monitoring"])
