"""Containers of applications connect to all sockets that listen; docs/applications.md lists those that answer."""

import re

from tests.e2e.container_reach import listening_sockets, reachable_sockets, source_containers
from tests.e2e.harness import Stack
from tests.support.checkout import CHECKOUT

MACHINES = ("manager-1", "worker-1")
MOST_TRIES = 5  # for sockets that shall answer, within a second each
PAGE = CHECKOUT / "docs/applications.md"
ROW = re.compile(r"\| (?P<where>[^|]+) \| (?P<what>`[^|]+`) \| (?P<whose>[^|]+) \| [^|]+ \|")
NETWORKS_OF_ROWS: dict[str, set[str]] = {
    "any network, or none": set(),  # containers that are users by their address; none is on this target
    "a network of the swarm": {"another network", "traefik-public"},
    "the public network": {"traefik-public"},
}


def listed(network: str) -> set[tuple[str, str]]:
    """Return the sockets that answer a container on a network, by the page."""
    rows = [row for line in PAGE.read_text(encoding="utf-8").splitlines() if (row := ROW.fullmatch(line))]
    return {
        (what, whose)
        for row in rows
        if network in NETWORKS_OF_ROWS.get(row["where"], ())
        for what in re.findall(r"`([^`]+)`", row["what"])
        for whose in row["whose"].split(", ")
    }


def existing_rows(rows: set[tuple[str, str]], machine: str, names_on: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Return the listed sockets that exist for a container on a machine: Traefik and NFS are on the manager alone."""
    others = set().union(*(names for name, names in names_on.items() if name != machine))
    return {(what, whose) for what, whose in rows if what in (names_on[machine] if whose == "own" else others)}


def test_containers_reach_the_sockets_that_the_page_lists_and_no_others(full_target: Stack) -> None:
    with source_containers(full_target, MACHINES) as containers:
        sockets = list(listening_sockets(full_target, MACHINES))
        assert {"grafana:3000", "prometheus:9090", "s3:7070", "machine:22"} <= {socket.name for socket in sockets}
        names_on = {name: {socket.name for socket in sockets if socket.machine == name} for name in MACHINES}
        for container in containers:
            expected = existing_rows(listed(container.network), container.machine, names_on)
            found = reachable_sockets(full_target, container, sockets)
            for _ in range(MOST_TRIES):  # a busy computer lets some of many at once answer too late
                asked = [socket for socket in sockets if any(socket.name == name for name, _ in expected - found)]
                found |= reachable_sockets(full_target, container, asked) & expected if asked else set()
            assert found == expected, container
