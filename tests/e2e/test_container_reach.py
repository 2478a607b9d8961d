"""From containers of others, all that listens is asked; what answers is in a list that the pages have."""

import re

from tests.e2e.container_reach import places, reached, sockets
from tests.e2e.harness import CHECKOUT, Stack

MACHINES = ("manager-1", "worker-1")
PAGE = CHECKOUT / "docs/applications.md"
ROW = re.compile(r"\| (?P<where>[^|]+) \| (?P<what>`[^|]+`) \| (?P<whose>[^|]+) \| [^|]+ \|")
PLACES: dict[str, set[str]] = {
    "any network, or none": set(),  # where they are users, which they are not on this target
    "a network of the swarm": {"another network", "traefik-public"},
    "the public network": {"traefik-public"},
}


def listed(network: str) -> set[tuple[str, str]]:
    """What the page says that answers a container there."""
    rows = [row for line in PAGE.read_text(encoding="utf-8").splitlines() if (row := ROW.fullmatch(line))]
    return {
        (what, whose)
        for row in rows
        if network in PLACES.get(row["where"], ())
        for what in re.findall(r"`([^`]+)`", row["what"])
        for whose in row["whose"].split(", ")
    }


def there_is(found: set[tuple[str, str]], machine: str, listens: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Of a list, what there is to be reached from a machine: Traefik is on the manager alone, as is NFS."""
    others = set().union(*(names for name, names in listens.items() if name != machine))
    return {(what, whose) for what, whose in found if what in (listens[machine] if whose == "own" else others)}


def test_containers_reach_what_the_page_lists_and_nothing_else(whole: Stack) -> None:
    with places(whole, MACHINES) as asked:
        wanted = list(sockets(whole, MACHINES))
        assert {"grafana:3000", "prometheus:9090", "s3:7070", "machine:22"} <= {one.what for one in wanted}
        listens = {name: {one.what for one in wanted if one.machine == name} for name in MACHINES}
        for place in asked:
            expected = there_is(listed(place.network), place.machine, listens)
            assert reached(whole, place, wanted) == expected, place
