"""Who may reach what: nobody is an operator, or Nuvla, by being a container; and the ports are nobody else's."""

from tests.settings.loading import refusals, taken
from tests.support.configs import changed, existing, host, target

POOLS = "engine.address_pools[0].base, 10.200.0.0/16 and swarm.address_pools[0], 10.224.0.0/12"


def test_everybody_is_refused_as_an_operator() -> None:
    document = changed(existing(), "firewall.management", ["192.0.2.0/24", "0.0.0.0/0"])
    assert refusals(document) == [
        "firewall.management[1]: 0.0.0.0/0 given, which are all addresses; "
        "allowed: the operators' own networks, such as 192.0.2.0/24"
    ]


def test_networks_of_containers_are_refused_as_operators_and_as_nuvla() -> None:
    cases = [
        ("management", "10.0.0.0/8", "operators", POOLS),
        ("management", "10.200.3.0/24", "operators", "engine.address_pools[0].base, 10.200.0.0/16"),
        ("nuvla", "10.230.0.1/32", "the Nuvla service", "swarm.address_pools[0], 10.224.0.0/12"),
        ("nuvla", "0.0.0.0/0", "the Nuvla service", POOLS),
    ]
    for source, network, whom, held in cases:
        assert refusals(changed(existing(), f"firewall.{source}", ["192.0.2.0/24", network])) == [
            f"firewall.{source}[1]: {network} given, so containers would have the access of {whom}; "
            f"allowed: networks outside {held}, such as 192.0.2.0/24, or other address pools"
        ]


def test_operators_may_have_the_addresses_of_the_default_pools_if_there_are_other_pools() -> None:
    document = changed(host(), "firewall.management", ["10.0.0.0/8"])
    document = changed(document, "engine.address_pools", [{"base": "172.20.0.0/16"}])
    document = changed(document, "swarm.address_pools", ["172.24.0.0/13"])
    assert str(taken(document).firewall.management[0]) == "10.0.0.0/8"


def test_containers_may_be_users() -> None:
    for network in ("0.0.0.0/0", "10.0.0.0/8", "10.200.0.0/16"):
        assert taken(changed(target(), "firewall.users", [network]))


def test_ephemeral_range_over_a_port_of_the_program_is_refused() -> None:
    ports = {
        2376: "2376 (docker api)",
        2377: "2376 (docker api), 2377 (swarm)",
        4789: "4789 (swarm)",
        7946: "7946 (swarm)",
        8080: "8080 (traefik)",
        9323: "9323 (engine metrics)",
    }
    for document in (target(), host(), existing()):
        for port, covered in ports.items():
            assert refusals(changed(document, "firewall.ephemeral", {"first": port - 1, "last": port})) == [
                f"firewall.ephemeral: {port - 1} to {port} given; allowed: a range without {covered}"
            ]


def test_ports_beside_the_nfs_server_are_refused_on_a_target_alone() -> None:
    for port, covered in ((4045, "4045 (nfs), 4046 (nfs)"), (4046, "4046 (nfs)")):
        span = {"first": port, "last": 4100}
        assert refusals(changed(target(), "firewall.ephemeral", span)) == [
            f"firewall.ephemeral: {port} to 4100 given; allowed: a range without {covered}"
        ]
        assert taken(changed(host(), "firewall.ephemeral", span)), "a host serves no files"
        assert refusals(changed(target(), "s3.port", port)) == [
            f"s3.port: {port} given; allowed: a port that is not taken by nfs"
        ]
