"""Builders of clusters of existing hosts, for tests of their parts."""

from typing import Any

import pulumi

from components.machines.cluster import Key, LoginKeys
from components.machines.existing.cluster import (
    ExistingCluster,
    ExistingClusterArgs,
    HostArgs,
    HostPool,
)
from components.manifest import HostTraces
from tests.support.builders import owner
from tests.support.pulumi_run import build

CHECKS = ("manager-a-check", "worker-1-check", "worker-2-check")
RECORDS = ("manager-a-before", "worker-1-before", "worker-2-before")
KEY = "ssh-ed25519 AAAA"
TRACES = HostTraces(replaced=["/etc/a", "/etc/b"], added=["/etc/c"], units=["d.service"], sysctls=["net.e"])


def host(number: int, **changed: Any) -> HostArgs:
    given: dict[str, Any] = {
        "address": f"192.0.2.{number}",
        "private_address": f"10.0.0.{number}",
        "port": 22,
        "user": "ops",
        "host_key": KEY,
        "labels": {},
    }
    return HostArgs(**(given | changed))


def pool(role: Any = "worker", labels: dict[str, str] | None = None, **hosts: HostArgs) -> HostPool:
    members = {name.removeprefix("m"): one for name, one in hosts.items()}
    return HostPool(role=role, availability="active", labels=labels or {}, hosts=members)


def login_keys() -> LoginKeys:
    key = Key(private=pulumi.Output.secret("LOGIN-KEY"), public=pulumi.Output.from_input(""))
    return LoginKeys(own=key)


def cluster(pools: dict[str, HostPool] | None = None, **changed: Any) -> ExistingCluster:
    given: dict[str, Any] = {
        "engine_version": "20.10.24",
        "kernel_needs": {},
        "ephemeral": (30000, 31000),
        "data_path": "/data",
        "volumes": {},
        "host_traces": TRACES,
    }
    wanted = pools or {"manager": pool("manager", a=host(1)), "worker": pool(m1=host(2), m2=host(3))}
    return build(
        lambda: ExistingCluster(
            "cluster",
            ExistingClusterArgs(owner=owner(), pools=wanted, keys=login_keys(), **(given | changed)),
        )
    )
