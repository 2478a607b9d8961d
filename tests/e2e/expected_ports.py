"""The guide's tables of ports, as the tests read them: written from the guide, not from the program.

`tcp` and `udp` name who may reach a port by that protocol; whoever is not named, may not. Where two lines of the table
are about one port, the line for that port alone counts: mountd's 33333 lies among the ephemeral ports.
"""

from collections.abc import Iterator

MANAGEMENT, CLUSTER, NUVLA, USERS = SOURCES = ("management", "cluster", "nuvla", "users")

FIRST, LAST = 32768, 60999  # of the ephemeral ports
S3 = 9000

Openings = dict[str, set[str]]  # protocol -> who may

TABLE: dict[int, tuple[str, Openings]] = {
    22: ("ssh", {"tcp": {MANAGEMENT}}),
    80: ("http", {"tcp": {NUVLA, USERS}}),
    111: ("portmapper", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    443: ("https", {"tcp": {NUVLA, USERS}}),
    2049: ("nfs", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    2376: ("docker api", {"tcp": {NUVLA, MANAGEMENT}}),
    2377: ("swarm", {"tcp": {CLUSTER, NUVLA}}),
    4789: ("swarm data path", {"udp": {CLUSTER}}),
    7946: ("swarm gossip", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    8080: ("traefik", {"tcp": {MANAGEMENT}}),
    S3: ("s3", {"tcp": {NUVLA, USERS}}),
    9323: ("engine metrics", {"tcp": {CLUSTER}}),
    33333: ("mountd", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
}
HOST_TABLE: dict[int, tuple[str, Openings]] = {
    22: ("ssh", {"tcp": {MANAGEMENT}}),
    80: ("http", {"tcp": {MANAGEMENT, USERS}}),
    443: ("https", {"tcp": {MANAGEMENT, USERS}}),
    2376: ("docker api", {"tcp": {MANAGEMENT}}),
    2377: ("swarm", {"tcp": {CLUSTER, MANAGEMENT}}),
    4789: ("swarm data path", {"udp": {CLUSTER}}),
    7946: ("swarm gossip", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    8080: ("traefik", {"tcp": {MANAGEMENT}}),
    9323: ("engine metrics", {"tcp": {CLUSTER}}),
}
EPHEMERAL: tuple[str, Openings] = ("ephemeral", {"tcp": {USERS}})
NOTHING: tuple[str, Openings] = ("in no line", {})

# In no line of the table: beside those in a line, and what services of the target, or others, listen on elsewhere.
OTHERS = (21, 23, 2375, 3000, 5000, 7070, 7071, 9090, 9093, 9100, 9115, 30000, FIRST - 1, LAST + 1, 65535)
PORTS = sorted({*TABLE, *OTHERS, FIRST, FIRST + 1, 45679, LAST - 1, LAST})


def line(port: int, kind: str = "target") -> tuple[str, Openings]:
    """The line of the table of a kind that is about a port."""
    if kind == "host":
        return HOST_TABLE.get(port, NOTHING)
    return TABLE.get(port) or (EPHEMERAL if FIRST <= port <= LAST else NOTHING)


def answers(source: str, kind: str = "target") -> Iterator[tuple[str, str]]:
    """What each of the probed ports is to somebody, as ("22/tcp ssh", "open")."""
    for port in PORTS:
        service, openings = line(port, kind)
        for protocol in ("tcp", "udp"):
            yield f"{port}/{protocol} {service}", "open" if source in openings.get(protocol, ()) else "closed"
