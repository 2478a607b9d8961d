"""Builders of clusters of local machines, for tests of their parts."""

from ipaddress import IPv4Network
from typing import Any

from components.machines.cluster import Pool
from components.machines.local.cluster import LocalCluster, LocalClusterArgs
from tests.support.builders import owner
from tests.support.pulumi_run import build

MARK = [
    {"label": "io.nuvla.swarm.stack", "value": "nuvla-swarm/test"},
    {"label": "io.nuvla.swarm.id", "value": "0123abcd"},
]


def pool(count: int = 1, role: Any = "worker", **changed: Any) -> Pool:
    return Pool(**({"role": role, "count": count, "labels": {}} | changed))


def cluster(pools: dict[str, Pool] | None = None, **changed: Any) -> LocalCluster:
    given: dict[str, Any] = {"subnet": IPv4Network("10.77.0.0/16"), "image": "machine:dev", "privileged": True}
    given |= {"volumes": {}, "retain_volumes": False}
    wanted = pools or {"manager": pool(role="manager"), "worker": pool(2)}
    return build(lambda: LocalCluster("cluster", LocalClusterArgs(owner=owner(), pools=wanted, **{**given, **changed})))
