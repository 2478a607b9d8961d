"""Addresses: what the settings are refused by is what the services of the program take."""

from collections import defaultdict
from typing import Any

import pulumi
import pytest

from stacks import networks
from tests.program.runs import run
from tests.settings.loading import load
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program
from tests.support.rows import rows

pytestmark = pytest.mark.thorough

ACME: dict[str, Any] = {"domain": "example.org", "traefik": {"acme": {"email": "a@example.org"}}}
NOTHING: dict[str, Any] = {section: {"enabled": False} for section in ("monitoring", "nfs", "s3")}
DOCUMENTS = {
    "target": target(),
    "one machine": target(managers=1, workers=0),
    "three managers with certificates": target(managers=3, workers=4, **ACME),
    "no services": target(workers=2, **NOTHING),
    "no monitoring": target(managers=3, workers=0, monitoring={"enabled": False}),
    "workers that run nothing": changed(target(), "machines.pools.worker.availability", "drain"),
    "host": host(monitoring={"elasticsearch": {"enabled": True}}),
    "host on Exoscale": exoscale("host", managers=3, **ACME),
    "existing": existing(),
}
NETWORK, SERVICE = "docker:index/network:Network", "docker:index/service:Service"


def counted(engine: FakePulumi, machines: dict[str, int]) -> dict[str, dict[str, int]]:
    """Tasks by network and service, from what Docker is told; `machines` are how many there are of a role."""
    found: dict[str, dict[str, int]] = {
        engine.parent(name): {}
        for name, kind in engine.types.items()
        if kind == NETWORK and engine.inputs(name).get("driver") == "overlay"
    }
    for name in [name for name, kind in engine.types.items() if kind == SERVICE]:
        service = engine.inputs(name)
        task = service["taskSpec"]
        roles = [one.removeprefix("node.role==") for one in task["placement"]["constraints"] if "node.role" in one]
        everywhere = machines[roles[0]] if roles else sum(machines.values())
        number = int(service["mode"]["replicated"]["replicas"]) if "replicated" in service["mode"] else everywhere
        for on in task["networksAdvanceds"]:
            found[on["id"].partition("-network-id")[0]][service["name"]] = number
    return found


@rows("title", DOCUMENTS)
def test_task_counts_per_network_match_the_services(title: str) -> None:
    document = DOCUMENTS[title]
    secrets = secrets_for(document)
    settings = load(document, secrets)
    machines = {role: len(settings.machines.names(role)) for role in ("manager", "worker")}
    assert networks.tasks(settings) == counted(run(document, secrets=secrets).engine, machines)


@rows("title", DOCUMENTS)
def test_networks_have_distinct_subnets_at_the_end_of_the_pool(title: str) -> None:
    document = DOCUMENTS[title]
    engine = run(document, secrets=secrets_for(document)).engine
    subnets = defaultdict(list)
    for name, kind in engine.types.items():
        if kind == NETWORK and engine.inputs(name).get("driver") == "overlay":
            subnets[engine.inputs(name)["ipamConfigs"][0]["subnet"]].append(name)
    assert all(len(names) == 1 for names in subnets.values()), subnets
    assert all(subnet.startswith("10.239.") for subnet in subnets), "the end of the pool"


@rows(
    "document, told",
    [
        (target(), []),
        (target(swarm={"address_pools": ["10.201.0.0/16"]}), [124]),
        (target(swarm={"address_pools": ["10.201.0.0/16"], "subnet_prefix": 22}), [59]),
        (host(swarm={"address_pools": ["10.201.0.0/16"]}), []),
    ],
)
def test_warning_says_how_many_deployments_fit(
    document: dict[str, Any], told: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a network, and a service with two addresses on the public one."""
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    run_program(document)
    assert [int(line.split(" deployments")[0].split()[-1]) for line in warnings] == told
