"""components/firewall/rules.py: the ports of Nuvla's guide, transcribed here a second time."""

from components import ports
from components.firewall.rules import fixed_ports, host_rows, taken_ports, target_rows
from components.ports import ContainerAccess, PortRule, TrafficSource

NFS_HELPERS = (ports.STATD, ports.STATD_OUTGOING, ports.LOCKD, ports.NFS_CALLBACK)
Opening = tuple[str, int, int, str]  # protocol, first and last port, source

MACHINE = """
tcp 22 management
tcp 8080 management
udp 4789 cluster
udp 7946 cluster
tcp 7946 cluster
tcp 2377 cluster
tcp 9323 cluster
"""
NFS = """
tcp 111 cluster
udp 111 cluster
tcp 2049 cluster
udp 2049 cluster
tcp 33333 cluster
udp 33333 cluster
tcp 662 cluster
udp 662 cluster
tcp 4045 cluster
udp 4045 cluster
"""  # the guide has neither 662 nor 4045, and so no locks of version 3
SWARM_PORT = "tcp 2377 nuvla"
S3 = """
tcp 9000 nuvla
tcp 9000 users
"""
TARGET = """
tcp 2376 nuvla
tcp 2376 management
tcp 80 nuvla
tcp 80 users
tcp 443 nuvla
tcp 443 users
tcp 32768-33332 users
tcp 33334-60999 users
"""  # the guide has 32768-60999 in one, with mountd's port inside
RANGES = [(32768, 60999), (33333, 40000), (30000, 33333), (33332, 33334), (33334, 60999), (40000, 50000), (1024, 33332)]


def openings(rows: list[PortRule]) -> set[Opening]:
    return {
        (protocol, row.first, row.last, source) for row in rows for protocol in row.protocols for source in row.sources
    }


def table(*texts: str) -> set[Opening]:
    found = set()
    for line in "\n".join(texts).split("\n"):
        if line:
            protocol, ports, source = line.split()
            first, _, last = ports.partition("-")
            found.add((protocol, int(first), int(last or first), source))
    return found


def target(
    *, ephemeral: tuple[int, int] = (32768, 60999), nfs: bool = True, s3: int | None = 9000, swarm_port: bool = True
) -> list[PortRule]:
    return target_rows(ephemeral=ephemeral, nfs=nfs, s3_port=s3, swarm_port=swarm_port)


def test_target_rows_equal_the_table_of_the_guide() -> None:
    assert openings(target()) == table(MACHINE, NFS, SWARM_PORT, S3, TARGET)


def test_target_and_host_have_the_rows_of_every_machine() -> None:
    assert table(MACHINE) <= openings(target())
    assert table(MACHINE) <= openings(host_rows(swarm_port=False))


def test_swarm_port_is_open_to_nuvla_only_if_enabled() -> None:
    assert openings(target(swarm_port=False)) == table(MACHINE, NFS, S3, TARGET)


def test_nfs_ports_are_closed_without_nfs() -> None:
    assert openings(target(nfs=False)) == table(MACHINE, SWARM_PORT, S3, TARGET)


def test_s3_port_is_closed_without_s3() -> None:
    assert openings(target(s3=None)) == table(MACHINE, NFS, SWARM_PORT, TARGET)


def test_s3_port_follows_the_setting() -> None:
    assert openings(target(s3=9001)) - openings(target(s3=None)) == table("tcp 9001 nuvla", "tcp 9001 users")


def test_users_reach_the_ephemeral_range_without_the_mountd_port() -> None:
    fixed = openings(target()) - table("tcp 32768-33332 users", "tcp 33334-60999 users")
    for ephemeral in RANGES:
        spans = [(first, last) for _, first, last, _ in openings(target(ephemeral=ephemeral)) - fixed]
        ports = [port for first, last in spans for port in range(first, last + 1)]
        wanted = [port for port in range(ephemeral[0], ephemeral[1] + 1) if port != 33333]
        assert sorted(ports) == wanted, ephemeral


def test_service_and_span_identify_a_row() -> None:
    names = [(row.service, row.span, row.protocols) for row in target()]
    assert len(names) == len(set(names))


def test_span_is_a_port_or_a_range() -> None:
    assert PortRule(service="a", first=22, last=22, sources=(TrafficSource.USERS,)).span == "22"
    assert PortRule(service="a", first=22, last=23, sources=(TrafficSource.USERS,)).span == "22-23"


def test_fixed_ports_are_the_ports_that_no_setting_moves() -> None:
    opened = {first for _, first, last, _ in table(MACHINE, NFS, SWARM_PORT, TARGET) if first == last}
    helpers = {port.number for port in NFS_HELPERS}
    assert set(fixed_ports()) | {ports.MOUNTD.number} == opened | helpers
    nfs = {port.number for port in ports.TABLE if port.listener == "nfs"}
    assert set(fixed_ports(nfs=False)) == set(fixed_ports()) - nfs
    assert list(fixed_ports()) == sorted(fixed_ports())


def test_ports_that_nobody_connects_to_have_no_row() -> None:
    helpers = {ports.STATD_OUTGOING.number, ports.NFS_CALLBACK.number}
    assert [row for row in target() if any(row.first <= port <= row.last for port in helpers)] == []


def test_containers_may_reach_metrics_and_probe_nfs() -> None:
    found = {row.first: row.containers for row in target() if row.containers is not ContainerAccess.NONE}
    assert found == {9323: ContainerAccess.FULL, 2049: ContainerAccess.CONNECT}


def test_taken_ports_follow_the_settings_that_move_them() -> None:
    found = {
        (number, protocol) for number, by, _ in taken_ports(nfs=True, s3_port=9001, ssh=[22, 2222]) for protocol in by
    }
    assert {(22, "tcp"), (2222, "tcp"), (9001, "tcp"), (33333, "udp"), (4789, "udp"), (662, "tcp")} <= found
    assert not {(9000, "tcp"), (4789, "tcp"), (443, "udp")} & found
    without = {number for number, _, _ in taken_ports(nfs=False, s3_port=None, ssh=[2222])}
    assert not {22, 33333, 2049, 9000, 9001} & without
