"""Rows and sources of a firewall, for tests of its parts."""

from ipaddress import IPv4Network

from components.ports import ContainerAccess, PortRule, TrafficSource

CLUSTER = TrafficSource.CLUSTER
ROWS = [
    PortRule(service="ssh", first=22, last=22, sources=(TrafficSource.MANAGEMENT,)),
    PortRule(
        service="gossip",
        first=7946,
        last=7946,
        protocols=("tcp", "udp"),
        sources=(TrafficSource.CLUSTER, TrafficSource.NUVLA),
    ),
    PortRule(
        service="metrics", first=9323, last=9323, sources=(TrafficSource.CLUSTER,), containers=ContainerAccess.FULL
    ),
    PortRule(
        service="files", first=2049, last=2049, sources=(TrafficSource.CLUSTER,), containers=ContainerAccess.CONNECT
    ),
    PortRule(service="ephemeral", first=30000, last=31000, sources=(TrafficSource.USERS,)),
]
NOBODY: dict[TrafficSource, list[IPv4Network]] = {source: [] for source in TrafficSource}


def networks(*texts: str) -> list[IPv4Network]:
    return [IPv4Network(text) for text in texts]


POOLS = networks("10.200.0.0/16", "10.224.0.0/12")
SOURCES = NOBODY | {
    TrafficSource.MANAGEMENT: networks("192.0.2.0/24", "10.77.0.1/32"),
    TrafficSource.USERS: networks("0.0.0.0/0"),
}
