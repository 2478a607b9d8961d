"""Build the parts that components are made of, for tests of one component. Call these functions within `build`."""

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pulumi
from pulumi_command import remote

from components.engine.certificates import Certificate
from components.engine.settings import AddressPool, EngineSettings
from components.machines.machine import Machine
from components.machines.owner import Owner
from components.service.spec import File, HealthCheck, Mount, Port, SecretFile, Service
from components.swarm.membership import Membership, MembershipArgs
from components.swarm.network import OverlayNetwork, OverlayNetworkArgs
from components.swarm.swarm import Swarm, SwarmArgs

SETTINGS = EngineSettings(
    source="distribution",
    version="20.10.24",
    containerd_version=None,
    log_max_size_mib=10,
    log_max_files=3,
    address_pools=[AddressPool(base=IPv4Network("10.200.0.0/16"), prefix=24)],
    registry_mirrors=[],
    no_new_privileges=False,
    icc=True,
)


def owner() -> Owner:
    """Return the owner of the infrastructure of the stack `test`."""
    return Owner(stack="nuvla-swarm/test", id=pulumi.Output.from_input("0123abcd"))


def machine(name: str = "worker-1", **changed: Any) -> Machine:
    """Return a machine at 192.0.2.7 with the user root."""
    given = Machine(
        name=name,
        role="worker",
        labels={},
        availability="active",
        public_address="192.0.2.7",
        private_address="10.0.0.7",
        user="root",
        private_key=pulumi.Output.secret("LOGIN-KEY"),
        host_key=pulumi.Output.from_input("ssh-ed25519 HOST"),
        system_generation=pulumi.Output.from_input(f"{name}-root"),
        data_generation=pulumi.Output.from_input(f"{name}-disk"),
    )
    return replace(given, **changed)


def certificate() -> Certificate:
    """Return a certificate with its key."""
    return Certificate(
        end=pulumi.Output.from_input("2027-11-29T06:00:00Z"),
        ca=pulumi.Output.from_input("CA"),
        cert=pulumi.Output.from_input("CERT"),
        key=pulumi.Output.secret("THE-KEY"),
    )


def swarm(api_manager: Machine | None = None) -> Swarm:
    """Return a swarm with one manager."""
    manager = api_manager or machine(
        "manager-1", role="manager", private_address="10.0.0.1", public_address="192.0.2.1"
    )
    pools = [IPv4Network("10.201.0.0/16")]
    return Swarm("swarm", SwarmArgs(api_manager=manager, managers=[manager], address_pools=pools, subnet_prefix=24))


def network(name: str = "net") -> OverlayNetwork:
    """Return an overlay network for services."""
    return OverlayNetwork(name, OverlayNetworkArgs(physical_name=name, attachable=False), owner())


def another(name: str = "another") -> pulumi.Resource:
    """Return a resource that others can depend on."""
    return remote.Command(name, connection=remote.ConnectionArgs(host="192.0.2.7"), create="true")


def memberships(*names: str) -> list[Membership]:
    """Return the memberships of machines in a swarm with one manager."""
    if not names:
        return []
    joined, before = swarm(), another("their-engine")
    return [
        Membership(name, MembershipArgs(machine=machine(name), swarm=joined, depends_on=[before], leaves=False))
        for name in names
    ]


def service(**changed: Any) -> Service:
    """Return the service `web`, which has one of everything but only the networks that it is given."""
    """Return the service `web` with each kind of part, changed as asked; it has only the networks that it is given."""
    given = Service(
        name="web",
        image="web:1",
        networks=[],
        memory_limit_mib=512,
        health=HealthCheck(command=["check", "it"]),
        replicas=2,
        constraints=["node.labels.disk==ssd", "node.role==worker"],
        command=["run"],
        args=["--quick"],
        env={"MODE": "fast", "HOME": "/"},
        user="1000",
        files=[File(name="main", path="/etc/main.yaml", content="a: 1\n")],
        secrets=[SecretFile(name="word", content=pulumi.Output.secret("W"))],
        mounts=[Mount(source="data", target="/data")],
        ports=[Port(published=80, target=8000)],
        labels={"z": "1", "a": "2"},
    )
    return replace(given, **changed)
