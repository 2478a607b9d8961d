"""Builders of clusters on Exoscale, for tests of their parts."""

from ipaddress import IPv4Network
from typing import Any

from components.machines.exoscale.cluster import ExoscaleCluster, ExoscaleClusterArgs
from components.machines.exoscale.instance import InstancePool
from components.ports import PortRule, TrafficSource
from tests.support.builders import owner
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

TEMPLATE = "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01"
LABELS = {"io.nuvla.swarm.stack": "nuvla-swarm/test", "io.nuvla.swarm.id": "0123abcd"}
SSH = PortRule(service="ssh", first=22, last=22, sources=(TrafficSource.MANAGEMENT,))
SOURCES = {source: [IPv4Network("192.0.2.0/24")] for source in TrafficSource}


def pool(count: int = 1, role: Any = "worker", **changed: Any) -> InstancePool:
    given = {"role": role, "count": count, "labels": {}, "size": "standard.large", "disk_gib": 50, "zone": "ch-gva-2"}
    return InstancePool(**(given | {"template_id": TEMPLATE, "template_name": "Ubuntu"} | changed))


def args(**changed: Any) -> ExoscaleClusterArgs:
    given: dict[str, Any] = {
        "owner": owner(),
        "pools": {"manager": pool(role="manager"), "worker": pool(2)},
        "rows": [SSH],
        "sources": SOURCES,
        "private_network": None,
        "elastic_ip": None,
        "destroy_protected": False,
        "protect": False,
        "volumes": {},
        "keep": False,
    }
    return ExoscaleClusterArgs(**(given | changed))


def cluster(**changed: Any) -> ExoscaleCluster:
    return build(lambda: ExoscaleCluster("cluster", args(**changed)))


def names(fake_pulumi: FakePulumi, kind: str) -> set[str]:
    return {name for name, found in fake_pulumi.types.items() if found == kind}
