"""components/firewall: who reaches what, by real packets through the table that machines load."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

import pytest

from components.firewall.firewall import ruleset
from components.firewall.rules import host_rows, target_rows
from components.ports import PortRule, TrafficSource
from tests.packets.wires import (
    BELOW,
    CONTAINERS,
    MACHINE,
    METADATA,
    NEIGHBOURS,
    PEER,
    POOLS,
    PUBLISHED,
    SOURCES,
    Wires,
)
from tests.support.rows import rows

pytestmark = pytest.mark.tools("ip", "nft", "nsenter", "unshare")

ROWS = target_rows(ephemeral=(32768, 60999), nfs=True, s3_port=9000, swarm_port=True)
# Of each row one port, and some that are in none; 33333 is mountd's.
PORTS = (22, 80, 111, 443, 662, 2049, 2376, 2377, 4045, 5000, 5900, 7946, 8080, 9000, 9100, 9323, 33333, 45000)
OPEN = {
    "operator": {22, 2376, 8080},
    "nuvla": {80, 443, 2376, 2377, 9000},
    "user": {80, 443, 9000, 45000},
    "peer": {111, 662, 2049, 2377, 4045, 7946, 9323, 33333},
    "stranger": set(),
}
DATAGRAMS = {"peer": {111, 662, 2049, 4045, 4789, 7946, 33333}}
TCP, UDP = [f"tcp/{port}" for port in PORTS], [f"udp/{port}" for port in (*PORTS, 4789)]
BRIDGES = 'flush set inet nuvla_swarm bridges; add element inet nuvla_swarm bridges { "docker0", "docker_gwbridge", '
BRIDGES += '"br-0123456789ab", "br-ba9876543210" }; add element inet nuvla_swarm networks { 192.168.50.0/24 }'


def load(
    wires: Wires,
    sources: Mapping[TrafficSource, Sequence[IPv4Network]] = SOURCES,
    *,
    for_all: bool = True,
    told: bool = True,
) -> None:
    """The table; `told`: of the engine's networks too."""
    wires.load(ruleset(ROWS, sources, POOLS, for_all=for_all))
    if told:
        wires.run("machine", "nft", BRIDGES)


def opened(wires: Wires, place: str, address: str, wanted: Sequence[str] = TCP) -> set[int]:
    return {port for port, answer in wires.reach(place, address, *wanted).items() if answer == "open"}


@pytest.mark.parametrize("wires", ["eth0", "br-lan"], indirect=True)
@rows("source", OPEN)
def test_neighbours_reach_exactly_their_rows(wires: Wires, source: str) -> None:
    load(wires)
    with wires.listening("machine", *PORTS, 4789) as ear:
        assert opened(wires, source, MACHINE) == OPEN[source]
        wires.reach(source, MACHINE, *UDP)
        heard = {port for protocol, port, _ in ear.heard() if protocol == "udp"}
    assert heard == DATAGRAMS.get(source, set())


@rows("address", ["192.168.1.255", "255.255.255.255", "224.0.0.1"])
def test_broadcasts_and_multicasts_are_dropped(wires: Wires, address: str) -> None:
    load(wires)
    with wires.listening("machine", *PORTS) as ear:
        wires.reach("stranger", address, *(f"udp/{port}" for port in PORTS), sender=NEIGHBOURS["stranger"])
        assert ear.heard() == set()


@pytest.mark.parametrize("for_all", [True, False])
@rows("container", CONTAINERS)
def test_containers_reach_only_measured_ports_of_their_machine(wires: Wires, container: str, for_all: bool) -> None:
    load(wires, for_all=for_all)
    bridge, network, _ = CONTAINERS[container]
    gateway = network.partition("/")[0]
    with wires.listening("machine", *PORTS, 4789) as ear:
        assert opened(wires, container, MACHINE) == ({2049, 9323} if bridge == "docker_gwbridge" else set())
        assert opened(wires, container, gateway) == set()
        for address in (MACHINE, gateway):
            wires.reach(container, address, *UDP)
        heard = {(protocol, port) for protocol, port, _ in ear.heard()}
    assert heard == ({("tcp", 9323)} if bridge == "docker_gwbridge" else set()), "on 2049 nothing can be said"


@rows("container", CONTAINERS)
def test_containers_reach_only_measured_cluster_ports_of_other_machines(wires: Wires, container: str) -> None:
    load(wires)
    measured = {2049, 9323} if container == "task" else set()
    with wires.listening("peer", *PORTS, 4789) as ear:
        assert opened(wires, container, PEER) == measured | {80, 443, 5000, 5900, 9000, 9100, 45000}
        wires.reach(container, PEER, "udp/4789", "udp/7946", "udp/111", "udp/2049")
        heard = {(protocol, port) for protocol, port, _ in ear.heard()}
    assert {port for protocol, port in heard if protocol == "udp"} == set()
    assert ("tcp", 2049) not in heard


def test_containers_reach_no_cluster_port_where_machines_are_unknown(wires: Wires) -> None:
    load(wires, {**SOURCES, TrafficSource.CLUSTER: []}, for_all=False)
    with wires.listening("peer", *PORTS) as ear:
        assert opened(wires, "composed", PEER) == {22, 80, 443, 2376, 5000, 5900, 8080, 9000, 9100, 45000}
        assert opened(wires, "task", PEER) >= {2049, 9323, 22}
        assert ("tcp", 2049, MACHINE) not in ear.heard()
    with wires.listening("beside", 7946):
        assert opened(wires, "composed", CONTAINERS["beside"][2], ["tcp/7946"]) == {7946}


def test_short_segments_to_the_nfs_server_carry_no_data(wires: Wires) -> None:
    """Without options of tcp, one with a few letters is as short as another one is without any."""
    load(wires)
    wires.run("task", "sysctl", "-qw", "net.ipv4.tcp_timestamps=0")
    try:
        with wires.listening("machine", 2049) as ear:
            assert wires.reach("task", MACHINE, "tcp/2049") == {2049: "open"}
            assert ear.heard() == set()
    finally:
        wires.run("task", "sysctl", "-qw", "net.ipv4.tcp_timestamps=1")


@pytest.mark.parametrize("for_all", [True, False])
@rows("container", CONTAINERS)
def test_containers_reach_only_dns_and_time_at_the_metadata_address(
    wires: Wires, container: str, for_all: bool
) -> None:
    load(wires, for_all=for_all, told=False)
    with wires.listening("cloud", 53, 80, 123, 443) as ear:
        found = wires.reach(container, METADATA, "tcp/53", "tcp/80", "tcp/443", "udp/123")
        assert found == {53: "open", 80: "closed", 443: "closed"}
        assert ("udp", 123, MACHINE) in ear.heard()
        assert wires.reach("machine", METADATA, "tcp/80") == {80: "open"}


def test_users_reach_published_ports_of_the_range_only(wires: Wires) -> None:
    load(wires)
    with wires.listening("single", 80, 81):
        assert wires.reach("user", MACHINE, f"tcp/{PUBLISHED}", f"tcp/{BELOW}") == {PUBLISHED: "open", BELOW: "closed"}
        assert wires.reach("stranger", MACHINE, f"tcp/{PUBLISHED}") == {PUBLISHED: "closed"}


@pytest.mark.parametrize("for_all", [True, False])
@pytest.mark.parametrize("source", ["stranger", "operator"])
@rows("container", CONTAINERS)
def test_containers_are_not_routed_to_past_published_ports(
    wires: Wires, source: str, container: str, for_all: bool
) -> None:
    load(wires, for_all=for_all)
    _, network, address = CONTAINERS[container]
    way = str(IPv4Network(network, strict=False))
    wires.run(source, "ip", "route", "replace", way, "via", MACHINE)
    try:
        with wires.listening(container, 80) as ear:
            assert wires.reach(source, address, "tcp/80", "udp/80") == {80: "closed"}
            assert ear.heard() == set()
    finally:
        wires.run(source, "ip", "route", "delete", way)


def test_spoofed_container_addresses_are_dropped(wires: Wires) -> None:
    load(wires)
    wires.run("stranger", "ip", "address", "add", "10.200.2.9/32", "dev", "eth0")
    wires.run("stranger", "ip", "route", "replace", "10.200.0.0/24", "via", MACHINE)
    try:
        with wires.listening("single", 80) as ear, wires.listening("machine", *PORTS) as own:
            wires.reach("stranger", CONTAINERS["single"][2], "udp/80", sender="10.200.2.9")
            wires.reach("stranger", MACHINE, *UDP, sender="10.200.2.9")
            assert ear.heard() == own.heard() == set()
    finally:
        wires.run("stranger", "ip", "address", "delete", "10.200.2.9/32", "dev", "eth0")
        wires.run("stranger", "ip", "route", "delete", "10.200.0.0/24")


def test_containers_reach_their_network_and_the_outside(wires: Wires) -> None:
    load(wires)
    with wires.listening("beside", 2049, 7946), wires.listening("stranger", 22, 2049, 443):
        beside, stranger = CONTAINERS["beside"][2], NEIGHBOURS["stranger"]
        assert wires.reach("composed", beside, "tcp/2049", "tcp/7946") == {2049: "open", 7946: "open"}
        for container in CONTAINERS:
            assert opened(wires, container, stranger, ["tcp/22", "tcp/2049", "tcp/443"]) == {22, 2049, 443}


def test_containers_count_as_users_where_everybody_does(wires: Wires) -> None:
    load(wires, {**SOURCES, TrafficSource.USERS: [IPv4Network("0.0.0.0/0")]})
    with wires.listening("machine", *PORTS):
        for container in CONTAINERS:
            measured = {2049, 9323} if container == "task" else set()
            assert opened(wires, container, MACHINE) == {80, 443, 9000, 45000} | measured


def test_containers_never_count_as_operators(wires: Wires) -> None:
    everywhere = {source: [IPv4Network("10.0.0.0/8"), IPv4Network("192.168.0.0/16")] for source in TrafficSource}
    everywhere[TrafficSource.USERS] = []
    load(wires, everywhere)
    with wires.listening("machine", *PORTS):
        for container in set(CONTAINERS) - {"task"}:
            assert opened(wires, container, MACHINE) == set()


def test_everybody_is_accepted_where_others_filter(wires: Wires) -> None:
    load(wires, for_all=False)
    with wires.listening("machine", *PORTS) as ear:
        assert opened(wires, "stranger", MACHINE) == set(PORTS)
        wires.reach("stranger", MACHINE, "udp/111")
        assert ("udp", 111, NEIGHBOURS["stranger"]) in ear.heard()


def test_host_tables_open_only_engine_metrics_to_containers(wires: Wires) -> None:
    wires.load(ruleset(host_rows(swarm_port=True), SOURCES, POOLS))
    with wires.listening("machine", *PORTS):
        assert opened(wires, "task", MACHINE) == {9323}


EXTRA = [
    PortRule(service="extra: a", first=9100, last=9100, protocols=("udp",), sources=(TrafficSource.USERS,)),
    PortRule(service="extra: b", first=5900, last=5901, sources=(), networks=(IPv4Network("192.168.1.66/32"),)),
    PortRule(service="extra: c", first=5000, last=5000, sources=(TrafficSource.MANAGEMENT,)),
    PortRule(service="extra: d", first=BELOW, last=BELOW, sources=(), networks=(IPv4Network("192.168.1.64/26"),)),
    PortRule(service="extra: e", first=111, last=111, sources=(), networks=(IPv4Network("10.200.0.0/16"),)),
]


def test_extra_rows_open_ports_of_the_machine_to_their_sources_alone(wires: Wires) -> None:
    wires.load(ruleset([*ROWS, *EXTRA], SOURCES, POOLS))
    with wires.listening("machine", *PORTS) as ear:
        for name, more in {"operator": {5000}, "nuvla": set(), "user": set(), "stranger": {5900}}.items():
            assert opened(wires, name, MACHINE) == OPEN[name] | more, name
            wires.reach(name, MACHINE, "udp/9100", "udp/5900", "udp/5000")
        heard = {(protocol, port, sender) for protocol, port, sender in ear.heard() if protocol == "udp"}
    assert heard == {("udp", 9100, NEIGHBOURS["user"])}


def test_extra_rows_open_ports_that_containers_publish(wires: Wires) -> None:
    wires.load(ruleset([*ROWS, *EXTRA], SOURCES, POOLS))
    with wires.listening("single", 80, 81):
        assert wires.reach("stranger", MACHINE, f"tcp/{BELOW}", f"tcp/{PUBLISHED}") == {
            BELOW: "open",
            PUBLISHED: "closed",
        }
        assert wires.reach("user", MACHINE, f"tcp/{BELOW}") == {BELOW: "closed"}


@pytest.mark.parametrize("for_all", [True, False])
def test_containers_reach_extra_ports_if_their_addresses_are_in_the_row(wires: Wires, for_all: bool) -> None:
    wires.load(ruleset([*ROWS, *EXTRA], SOURCES, POOLS, for_all=for_all))
    wires.run("machine", "nft", BRIDGES)
    with wires.listening("machine", *PORTS):
        for name in ("single", "composed"):
            assert opened(wires, name, MACHINE) == {111}, name
        assert opened(wires, "own", MACHINE) == set()
    with wires.listening("peer", *PORTS):
        assert 5000 not in opened(wires, "single", PEER), "a row of operators alone"
        assert 5900 in opened(wires, "single", PEER), "the other machine decides"


VRRP_HEARD = "table ip heard { counter vrrp { }; chain in { type filter hook input priority 0; "
VRRP_HEARD += "ip protocol 112 counter name vrrp; }; }"


def test_machines_hear_vrrp_of_the_managers_that_share_an_address_alone(wires: Wires) -> None:
    wires.load(ruleset(ROWS, SOURCES, POOLS, vrrp=[IPv4Address(PEER)]))
    wires.run("machine", "nft", BRIDGES)
    assert {name for name in {*NEIGHBOURS, *CONTAINERS} if vrrp_is_heard(wires, "machine", name, MACHINE)} == {"peer"}
    load(wires)
    assert not vrrp_is_heard(wires, "machine", "peer", MACHINE)


@pytest.mark.parametrize("for_all", [True, False])
def test_containers_take_no_part_in_vrrp_of_other_machines(wires: Wires, for_all: bool) -> None:
    """The other machine takes them for the machine that they are on."""
    load(wires, for_all=for_all)
    assert vrrp_is_heard(wires, "peer", "machine", PEER)
    assert [name for name in CONTAINERS if vrrp_is_heard(wires, "peer", name, PEER)] == []


def vrrp_is_heard(wires: Wires, place: str, sender: str, address: str) -> bool:
    """Return whether a packet of VRRP arrives."""
    wires.run(place, "nft", VRRP_HEARD)
    try:
        wires.reach(sender, address, "ip/112")
        return "packets 0 " not in wires.run(place, "nft", "list", "counter", "ip", "heard", "vrrp")
    finally:
        wires.run(place, "nft", "delete table ip heard")
