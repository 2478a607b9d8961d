"""components/machines/exoscale/security_group.py: the group around machines, and a rule for each opening."""

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Any

import pulumi

from components.firewall.rules import host_rows, target_rows
from components.machines.exoscale.security_group import SecurityGroup, SecurityGroupArgs
from components.ports import PortRule, TrafficSource
from tests.e2e import expected_ports
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, start

NOBODY: dict[TrafficSource, list[IPv4Network]] = {source: [] for source in TrafficSource}
NETWORKS = {
    TrafficSource.MANAGEMENT: IPv4Network("192.0.2.0/24"),
    TrafficSource.NUVLA: IPv4Network("198.51.100.7/32"),
    TrafficSource.USERS: IPv4Network("0.0.0.0/0"),
}
SOURCES = NOBODY | {source: [network] for source, network in NETWORKS.items()}
TARGET = target_rows(ephemeral=(32768, 60999), nfs=True, s3_port=9000, swarm_port=False)
SSH = PortRule(service="ssh", first=22, last=22, sources=(TrafficSource.MANAGEMENT,))
GOSSIP = PortRule(service="gossip", first=7946, last=7946, protocols=("tcp", "udp"), sources=(TrafficSource.CLUSTER,))
WEB = PortRule(service="web", first=80, last=81, sources=(TrafficSource.MANAGEMENT, TrafficSource.USERS))
Opening = tuple[str, str, int, int]  # from whom, protocol, first and last port

# The guide's table of a host, as this test reads it: written from the guide, not from the program.
HOST: list[tuple[set[str], str, int, int]] = [
    ({"management"}, "tcp", 22, 22),
    ({"management"}, "tcp", 8080, 8080),
    ({"management"}, "tcp", 2376, 2376),
    ({"management", "cluster"}, "tcp", 2377, 2377),
    ({"management", "users"}, "tcp", 80, 80),
    ({"management", "users"}, "tcp", 443, 443),
    ({"cluster"}, "udp", 4789, 4789),
    ({"cluster"}, "tcp", 7946, 7946),
    ({"cluster"}, "udp", 7946, 7946),
    ({"cluster"}, "tcp", 9323, 9323),
]


def wall(rows: Iterable[PortRule], sources: dict[TrafficSource, list[IPv4Network]], **changed: Any) -> SecurityGroup:
    given: dict[str, Any] = {"name": "nuvla-swarm-test", "rows": list(rows), "sources": sources} | changed
    return build(lambda: SecurityGroup("wall", SecurityGroupArgs(**given)))


def rules(fake_pulumi: FakePulumi) -> dict[str, dict[str, Any]]:
    kind = "exoscale:index/securityGroupRule:SecurityGroupRule"
    return {name: fake_pulumi.inputs(name) for name, found in fake_pulumi.types.items() if found == kind}


def openings(fake_pulumi: FakePulumi) -> set[Opening]:
    """Return the ports that the rules open, with the source of each rule."""
    whose = {str(network): source.value for source, network in NETWORKS.items()}
    found = [
        (
            whose[rule["cidr"]] if "cidr" in rule else "cluster",
            rule["protocol"].lower(),
            int(rule["startPort"]),
            int(rule["endPort"]),
        )
        for rule in rules(fake_pulumi).values()
        if "startPort" in rule
    ]
    assert len(found) == len(set(found))
    return set(found)


def wanted_of_a_target() -> set[Opening]:
    """Return the table of the guide, with the ephemeral range split around mountd's port."""
    ranges = [(expected_ports.FIRST_EPHEMERAL, 33332), (33334, expected_ports.LAST_EPHEMERAL)]
    found = {
        (source, protocol, port, port)
        for port, (_, by_protocol) in expected_ports.TARGET_PORTS.items()
        for protocol, sources in by_protocol.items()
        for source in sources
    }
    return found | {(source, "tcp", *span) for span in ranges for source in expected_ports.EPHEMERAL[1]["tcp"]}


def test_target_rules_are_exactly_the_openings_of_the_guide(fake_pulumi: FakePulumi) -> None:
    wall(TARGET, SOURCES)
    assert openings(fake_pulumi) == wanted_of_a_target()


def test_host_rules_are_exactly_the_openings_of_the_guide(fake_pulumi: FakePulumi) -> None:
    wall(host_rows(swarm_port=True), SOURCES)
    wanted = {(source, protocol, first, last) for sources, protocol, first, last in HOST for source in sources}
    assert openings(fake_pulumi) == wanted


def test_management_and_machines_may_ping(fake_pulumi: FakePulumi) -> None:
    wall(TARGET, SOURCES)
    pings = {name: rule for name, rule in rules(fake_pulumi).items() if rule["protocol"] == "ICMP"}
    assert set(pings) == {"wall-ping-192.0.2.0-24", "wall-ping-cluster"}
    assert {(rule["icmpType"], rule["icmpCode"]) for rule in pings.values()} == {(8, 0)}
    assert not any({"startPort", "endPort"} & set(rule) for rule in pings.values())


def test_encrypted_overlays_pass_between_machines_alone(fake_pulumi: FakePulumi) -> None:
    wall(TARGET, SOURCES)
    [rule] = [rule for rule in rules(fake_pulumi).values() if rule["protocol"] == "ESP"]
    assert rule["userSecurityGroupId"] == "wall-group-id"
    assert not {"startPort", "endPort", "cidr"} & set(rule)


def test_rules_belong_to_the_group_and_are_inbound(fake_pulumi: FakePulumi) -> None:
    made = wall(TARGET, SOURCES)
    assert fake_pulumi.children("wall") == {"wall-group", *rules(fake_pulumi)}
    for rule in rules(fake_pulumi).values():
        assert (rule["securityGroupId"], rule["type"]) == ("wall-group-id", "INGRESS")
        assert ("cidr" in rule) is not ("userSecurityGroupId" in rule)
        assert rule.get("userSecurityGroupId", "wall-group-id") == "wall-group-id"
    assert isinstance(made.id, pulumi.Output)


def test_port_rule_has_a_first_and_a_last_port(fake_pulumi: FakePulumi) -> None:
    wall([SSH, GOSSIP, WEB], SOURCES)
    for rule in rules(fake_pulumi).values():
        assert rule["protocol"] in ("ICMP", "ESP") or {"startPort", "endPort"} <= set(rule)


def test_group_has_a_fixed_name_and_description(fake_pulumi: FakePulumi) -> None:
    wall([SSH], SOURCES)
    assert fake_pulumi.inputs("wall-group") == {
        "name": "nuvla-swarm-test",
        "description": "Machines of one infrastructure",  # another one would replace the group, which is in use
    }


def test_rule_name_says_ports_and_source(fake_pulumi: FakePulumi) -> None:
    wall([GOSSIP, WEB], SOURCES)
    assert set(rules(fake_pulumi)) == {
        "wall-tcp-7946-cluster",
        "wall-udp-7946-cluster",
        "wall-ping-cluster",
        "wall-esp-cluster",
        "wall-tcp-80-81-192.0.2.0-24",
        "wall-ping-192.0.2.0-24",
        "wall-tcp-80-81-0.0.0.0-0",
    }
    assert fake_pulumi.inputs("wall-tcp-80-81-0.0.0.0-0")["description"] == "web"


def test_additional_row_or_network_changes_no_other_rule() -> None:
    for more in ([SSH, WEB, GOSSIP], [GOSSIP, SSH, WEB]):  # after the others, and before them
        fake_pulumi = start()
        wall([SSH, WEB], SOURCES)
        before = rules(fake_pulumi)
        fake_pulumi = start()
        wall(more, SOURCES | {TrafficSource.USERS: [IPv4Network("203.0.113.0/24"), *SOURCES[TrafficSource.USERS]]})
        assert {name: rule for name, rule in rules(fake_pulumi).items() if name in before} == before
        assert len(rules(fake_pulumi)) == len(before) + 3


def test_network_of_two_sources_has_one_rule(fake_pulumi: FakePulumi) -> None:
    """Exoscale's plugin finds a rule by its content, and cannot tell two equal rules apart."""
    same = IPv4Network("192.0.2.0/24")
    wall([WEB], NOBODY | {TrafficSource.MANAGEMENT: [same, same], TrafficSource.USERS: [same]})
    assert set(rules(fake_pulumi)) == {
        "wall-tcp-80-81-192.0.2.0-24",
        "wall-ping-192.0.2.0-24",
        "wall-ping-cluster",
        "wall-esp-cluster",
    }


def test_without_sources_only_the_machines_reach_each_other(fake_pulumi: FakePulumi) -> None:
    wall(TARGET, NOBODY)
    assert {source for source, *_ in openings(fake_pulumi)} == {"cluster"}


def test_cluster_networks_are_ignored_in_favour_of_the_group(fake_pulumi: FakePulumi) -> None:
    wall([GOSSIP], NOBODY | {TrafficSource.CLUSTER: [IPv4Network("10.0.0.0/8")]})
    assert not [rule for rule in rules(fake_pulumi).values() if "cidr" in rule]


def test_preview_shows_sources_and_ports(fake_pulumi: FakePulumi) -> None:
    wall([SSH, GOSSIP], SOURCES)
    assert fake_pulumi.types["wall"] == "nuvla:firewall:SecurityGroup"
    assert fake_pulumi.inputs("wall") == {
        "sources": {"management": ["192.0.2.0/24"], "nuvla": ["198.51.100.7/32"], "users": ["0.0.0.0/0"]},
        "rows": {"ssh 22/tcp": "management", "gossip 7946/tcp+udp": "cluster"},
    }
    assert "wall" in fake_pulumi.finished


def test_networks_of_a_single_row_have_rules_for_its_ports_alone(fake_pulumi: FakePulumi) -> None:
    network = IPv4Network("203.0.113.0/24")
    row = PortRule(
        service="extra: a",
        first=30000,
        last=30010,
        protocols=("udp",),
        sources=(TrafficSource.USERS,),
        networks=(network,),
    )
    wall([SSH, row], SOURCES)
    found = {name: rule["cidr"] for name, rule in rules(fake_pulumi).items() if rule["protocol"] == "UDP"}
    assert found == {
        "wall-udp-30000-30010-0.0.0.0-0": "0.0.0.0/0",
        "wall-udp-30000-30010-203.0.113.0-24": "203.0.113.0/24",
    }
