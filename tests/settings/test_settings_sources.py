"""Who may reach what: nobody is an operator, or Nuvla, by being a container; and the ports are nobody else's."""

import pytest

from tests.settings.loading import load, mistakes
from tests.support.configs import changed, existing, host, target

POOLS = "engine.address_pools[0].base, 10.200.0.0/16 and swarm.address_pools[0], 10.224.0.0/12"


def test_operators_are_not_everybody() -> None:
    document = changed(existing(), "firewall.management", ["192.0.2.0/24", "0.0.0.0/0"])
    assert mistakes(document) == [
        "firewall.management[1]: 0.0.0.0/0 given, which is everybody; "
        "allowed: the operators' own networks, such as 192.0.2.0/24"
    ]


@pytest.mark.parametrize(
    ("source", "network", "whom", "held"),
    [
        ("management", "10.0.0.0/8", "operators", POOLS),
        ("management", "10.200.3.0/24", "operators", "engine.address_pools[0].base, 10.200.0.0/16"),
        ("nuvla", "10.230.0.1/32", "the Nuvla service", "swarm.address_pools[0], 10.224.0.0/12"),
        ("nuvla", "0.0.0.0/0", "the Nuvla service", POOLS),
    ],
)
def test_whom_the_machines_trust_are_no_containers(source: str, network: str, whom: str, held: str) -> None:
    assert mistakes(changed(existing(), f"firewall.{source}", ["192.0.2.0/24", network])) == [
        f"firewall.{source}[1]: {network} given, whose containers would be {whom}; allowed: networks outside {held}: "
        "smaller ones, such as 192.0.2.0/24, or other address pools"
    ]


def test_with_other_pools_they_may_have_those_addresses() -> None:
    document = changed(host(), "firewall.management", ["10.0.0.0/8"])
    document = changed(document, "engine.address_pools", [{"base": "172.20.0.0/16"}])
    document = changed(document, "swarm.address_pools", ["172.24.0.0/13"])
    assert str(load(document).firewall.management[0]) == "10.0.0.0/8"


@pytest.mark.parametrize("network", ["0.0.0.0/0", "10.0.0.0/8", "10.200.0.0/16"])
def test_containers_may_be_users(network: str) -> None:
    assert load(changed(target(), "firewall.users", [network]))


@pytest.mark.parametrize(
    ("port", "service"),
    [
        (2376, "docker api"),
        (2377, "swarm"),
        (4789, "swarm"),
        (7946, "swarm"),
        (8080, "traefik"),
        (9323, "engine metrics"),
    ],
)
@pytest.mark.parametrize("document", [target(), host(), existing()], ids=["target", "host", "existing"])
def test_no_port_of_the_program_is_one_of_the_applications(
    document: dict[str, object], port: int, service: str
) -> None:
    span = {"first": port - 1, "last": port}
    assert mistakes(changed(document, "firewall.ephemeral", span)) == [
        f"firewall.ephemeral: {port - 1} to {port} given; allowed: a range without "
        + ("2376 (docker api), 2377 (swarm)" if port == 2377 else f"{port} ({service})")
    ]


@pytest.mark.parametrize("port", [4045, 4046])
def test_nor_one_of_what_nfs_has_beside_its_server(port: int) -> None:
    span = {"first": port, "last": 4100}
    held = ", ".join(f"{one} (nfs)" for one in (4045, 4046) if one >= port)
    assert mistakes(changed(target(), "firewall.ephemeral", span)) == [
        f"firewall.ephemeral: {port} to 4100 given; allowed: a range without {held}"
    ]
    assert load(changed(host(), "firewall.ephemeral", span)), "a host serves no files"
    assert mistakes(changed(target(), "s3.port", port)) == [
        f"s3.port: {port} given; allowed: a port that is not taken by nfs"
    ]
