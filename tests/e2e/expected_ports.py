"""The tables of ports in Nuvla's administrator guide: written from the guide, not from the program.

The guide's files are without locks where clients use version 3; two ports are for these.

`tcp` and `udp` name the sources that may reach a port by that protocol; the port is closed to all others. A rule for
one port goes before a rule for a range: mountd's 33333 lies among the ephemeral ports.
"""

from collections.abc import Iterator

MANAGEMENT, CLUSTER, NUVLA, USERS = SOURCES = ("management", "cluster", "nuvla", "users")

FIRST_EPHEMERAL, LAST_EPHEMERAL = 32768, 60999
S3_PORT = 9000

AllowedSources = dict[str, set[str]]  # protocol -> sources

TARGET_PORTS: dict[int, tuple[str, AllowedSources]] = {
    22: ("ssh", {"tcp": {MANAGEMENT}}),
    80: ("http", {"tcp": {NUVLA, USERS}}),
    111: ("portmapper", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    443: ("https", {"tcp": {NUVLA, USERS}}),
    662: ("statd, not in the guide", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    2049: ("nfs", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    2376: ("docker api", {"tcp": {NUVLA, MANAGEMENT}}),
    2377: ("swarm", {"tcp": {CLUSTER}}),  # the guide also lists Nuvla, for which the program has a setting
    4045: ("lockd, not in the guide", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    4789: ("swarm data path", {"udp": {CLUSTER}}),
    7946: ("swarm gossip", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    8080: ("traefik", {"tcp": {MANAGEMENT}}),
    S3_PORT: ("s3", {"tcp": {NUVLA, USERS}}),
    9323: ("engine metrics", {"tcp": {CLUSTER}}),
    33333: ("mountd", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
}
HOST_PORTS: dict[int, tuple[str, AllowedSources]] = {
    22: ("ssh", {"tcp": {MANAGEMENT}}),
    80: ("http", {"tcp": {MANAGEMENT, USERS}}),
    443: ("https", {"tcp": {MANAGEMENT, USERS}}),
    2376: ("docker api", {"tcp": {MANAGEMENT}}),
    2377: ("swarm", {"tcp": {CLUSTER}}),
    4789: ("swarm data path", {"udp": {CLUSTER}}),
    7946: ("swarm gossip", {"tcp": {CLUSTER}, "udp": {CLUSTER}}),
    8080: ("traefik", {"tcp": {MANAGEMENT}}),
    9323: ("engine metrics", {"tcp": {CLUSTER}}),
}
EPHEMERAL: tuple[str, AllowedSources] = ("ephemeral", {"tcp": {USERS}})
UNLISTED: tuple[str, AllowedSources] = ("in no line", {})

# Ports without a rule: next to ports with one, and ports that services listen on by default or inside containers.
UNLISTED_PORTS = (
    21,
    23,
    2375,
    3000,
    5000,
    7070,
    7071,
    9090,
    9093,
    9100,
    9115,
    30000,
    FIRST_EPHEMERAL - 1,
    LAST_EPHEMERAL + 1,
    65535,
)
PROBED_PORTS = sorted(
    {*TARGET_PORTS, *UNLISTED_PORTS, FIRST_EPHEMERAL, FIRST_EPHEMERAL + 1, 45679, LAST_EPHEMERAL - 1, LAST_EPHEMERAL}
)


def port_rule(port: int, kind: str = "target") -> tuple[str, AllowedSources]:
    """Return the rule for a port in the table of a kind."""
    if kind == "host":
        return HOST_PORTS.get(port, UNLISTED)
    return TARGET_PORTS.get(port) or (EPHEMERAL if FIRST_EPHEMERAL <= port <= LAST_EPHEMERAL else UNLISTED)


def expected_answers(source: str, kind: str = "target") -> Iterator[tuple[str, str]]:
    """Yield the state of each probed port for a source, as ("22/tcp ssh", "open")."""
    for port in PROBED_PORTS:
        service, allowed = port_rule(port, kind)
        for protocol in ("tcp", "udp"):
            yield f"{port}/{protocol} {service}", "open" if source in allowed.get(protocol, ()) else "closed"
