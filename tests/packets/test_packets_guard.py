"""components/firewall/files/guard.sh: the table of a machine stays in force, or operators alone come in."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from components import assets
from components.firewall.firewall import closed, ruleset
from components.ports import TrafficSource
from tests.packets.test_packets_rules import PORTS, ROWS, TCP, load
from tests.packets.wires import CONTAINERS, MACHINE, POOLS, PUBLISHED, SOURCES, Wires

pytestmark = pytest.mark.tools("ip", "nft", "nsenter", "unshare")

GOOD, BAD = ruleset(ROWS, SOURCES, POOLS), "table inet nuvla_swarm { what is this }\n"


class Guarded:
    """The guard on the machine, with its files in a folder of the test."""

    def __init__(self, wires: Wires, folder: Path) -> None:
        self.wires, self.folder = wires, folder
        text = assets.read("firewall/files/guard.sh")
        for place in ("/etc/nuvla-swarm", "/run"):
            text = re.sub(rf"={place}\b", f"={folder}", text)
        (folder / "guard.sh").write_text(text)
        (folder / "firewall.nft").write_text(GOOD)
        (folder / "firewall-closed.nft").write_text(closed(22, SOURCES))

    def __call__(self, verb: str, *, succeeds: bool = True) -> None:
        bash = shutil.which("bash")
        assert bash
        code = self.wires.run("machine", "sh", "-c", f"{bash} {self.folder}/guard.sh {verb} 2>/dev/null; echo $?")
        assert (code.strip() == "0") is succeeds

    def metrics(self) -> dict[str, int]:
        text = (self.folder / "nuvla-swarm-metrics/firewall.prom").read_text()
        lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
        return {name.removeprefix("nuvla_swarm_firewall_"): int(value) for name, value in lines}

    def elements(self, name: str) -> set[str]:
        listed = self.wires.run("machine", "nft", "list", "set", "inet", "nuvla_swarm", name)
        _, _, text = listed.partition("elements = {")
        return {word.strip('", ') for word in text.partition("}")[0].replace(",", " ").split()}


@pytest.fixture
def guard(wires: Wires, tmp_path: Path) -> Iterator[Guarded]:
    made = Guarded(wires, tmp_path)
    wires.run("machine", "nft", "delete", "table", "inet", "nuvla_swarm", check=False)
    yield made
    wires.run("machine", "nft", "delete", "table", "inet", "nuvla_swarm", check=False)


def reached(wires: Wires, place: str) -> set[int]:
    return {port for port, answer in wires.reach(place, MACHINE, *TCP).items() if answer == "open"}


def test_guard_reloads_a_removed_table_and_counts_it(wires: Wires, guard: Guarded) -> None:
    guard("load")
    guard("look")
    assert guard.metrics() == {"in_force": 1, "loaded_again_total": 0}
    with wires.listening("machine", *PORTS):
        for times in (1, 2):
            wires.run("machine", "nft", "delete", "table", "inet", "nuvla_swarm")
            assert reached(wires, "stranger") == set(PORTS)
            guard("look")
            assert reached(wires, "stranger") == set()
            assert guard.metrics() == {"in_force": 1, "loaded_again_total": times}


def test_guard_loads_no_unconfirmed_rules(wires: Wires, guard: Guarded) -> None:
    (guard.folder / "firewall.nft").unlink()
    guard("look")
    assert "nuvla_swarm" not in wires.run("machine", "nft", "list", "tables")


def test_guard_adds_bridges_of_the_engine_only(wires: Wires, guard: Guarded) -> None:
    guard("load")
    guard("look")
    engines = {bridge for bridge, _, _ in CONTAINERS.values()}
    assert guard.elements("bridges") == engines
    assert guard.elements("networks") == {"10.200.0.0/24", "10.200.1.0/24", "10.200.2.0/24", "192.168.50.0/24"}
    wires.run("machine", "ip", "link", "add", "br-00aa00aa00aa", "type", "bridge")
    guard("look")
    assert guard.elements("bridges") == engines | {"br-00aa00aa00aa"}
    wires.run("machine", "ip", "link", "delete", "br-00aa00aa00aa")
    guard("look")
    assert guard.elements("bridges") == engines


def test_guard_adds_docker_networks_of_custom_ranges(wires: Wires, guard: Guarded) -> None:
    guard("load")
    guard("look")
    with wires.listening("machine", *PORTS):
        assert reached(wires, "own") == set(), "though operators have addresses of that range"


def test_invalid_rules_leave_ssh_to_operators_only(wires: Wires, guard: Guarded) -> None:
    (guard.folder / "firewall.nft").write_text(BAD)
    guard("load", succeeds=False)
    with wires.listening("machine", *PORTS), wires.listening("single", 80):
        for source in ("stranger", "user", "peer", "nuvla", "single", "task", "composed"):
            assert reached(wires, source) == set(), source
        assert reached(wires, "operator") == {22}
        assert wires.reach("user", MACHINE, f"tcp/{PUBLISHED}") == {PUBLISHED: "closed"}
    guard("look", succeeds=False)
    assert guard.metrics() == {"in_force": 0, "loaded_again_total": 0}
    (guard.folder / "firewall.nft").write_text(GOOD)
    guard("look")
    assert guard.metrics()["in_force"] == 1
    with wires.listening("machine", *PORTS):
        assert reached(wires, "user") == {80, 443, 9000, 45000}


def test_invalid_rules_keep_the_ssh_port_of_the_settings_open(wires: Wires, guard: Guarded) -> None:
    port = 2222
    text = closed(port, {**SOURCES, TrafficSource.MANAGEMENT: SOURCES[TrafficSource.NUVLA]})
    (guard.folder / "firewall-closed.nft").write_text(text)
    (guard.folder / "firewall.nft").write_text(BAD)
    guard("load", succeeds=False)
    with wires.listening("machine", 22, port):
        assert wires.reach("nuvla", MACHINE, f"tcp/{port}", "tcp/22") == {port: "open", 22: "closed"}


def test_invalid_rules_close_nothing_where_others_filter(wires: Wires, guard: Guarded) -> None:
    load(wires, for_all=False)
    (guard.folder / "firewall-closed.nft").write_text("\n")
    (guard.folder / "firewall.nft").write_text(BAD)
    guard("load", succeeds=False)
    with wires.listening("machine", *PORTS):
        assert reached(wires, "stranger") == set(PORTS)
