"""components/firewall/firewall.py: the firewall of each machine, and the nftables rules that it loads."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from components import assets
from components.firewall.confirmed_apply import ON_TRIAL
from components.firewall.firewall import Firewall, FirewallArgs, closed, ruleset
from components.firewall.rules import target_rows
from components.ports import ContainerAccess, PortRule, TrafficSource
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build
from tests.support.required_tools import find_tool

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
GUIDE = target_rows(ephemeral=(32768, 60999), nfs=True, s3_port=9000, swarm_port=True)
TABLE = "inet nuvla_swarm"
COMMANDS = ("wall-manager-1", "wall-worker-1")


def networks(*texts: str) -> list[IPv4Network]:
    return [IPv4Network(text) for text in texts]


POOLS = networks("10.200.0.0/16", "10.224.0.0/12")
SOURCES = NOBODY | {
    TrafficSource.MANAGEMENT: networks("192.0.2.0/24", "10.77.0.1/32"),
    TrafficSource.USERS: networks("0.0.0.0/0"),
}


def firewall(**changed: Any) -> Firewall:
    def make() -> Firewall:
        machines = {
            "manager-1": machine("manager-1", public_address="192.0.2.1", user="debian"),
            "worker-1": machine("worker-1"),
        }
        given: dict[str, Any] = {"mode": "rules", "rows": ROWS, "sources": SOURCES, "ephemeral": (30000, 31000)}
        given["containers"] = POOLS
        given |= changed
        machines["worker-1"] = replace(machines["worker-1"], port=given.pop("port", 22))
        prepared = {name: another(f"{name}-installed") for name in machines}
        return Firewall("wall", FirewallArgs(machines=machines, prepared=prepared, **given))

    return build(make)


def lines(rows: list[PortRule], sources: Mapping[TrafficSource, list[IPv4Network]]) -> list[str]:
    """What follows the table itself."""
    return ruleset(rows, sources, POOLS).removeprefix(assets.read("firewall/files/firewall.nft")).splitlines()


def nft(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what nft says of a ruleset, without loading it."""
    file = folder / "rules.nft"
    file.write_text(text, encoding="utf-8")
    as_root = [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    command = [*as_root, str(find_tool("nft")), "--check", "--file", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_preview_shows_sources_and_ports(fake_pulumi: FakePulumi) -> None:
    firewall()
    assert fake_pulumi.types["wall"] == "nuvla:firewall:Firewall"
    assert fake_pulumi.inputs("wall") == {
        "mode": "rules",
        "sources": {
            "management": ["192.0.2.0/24", "10.77.0.1/32"],
            "cluster": [],
            "nuvla": [],
            "users": ["0.0.0.0/0"],
        },
        "rows": {
            "ssh 22/tcp": "management",
            "gossip 7946/tcp+udp": "cluster, nuvla",
            "metrics 9323/tcp": "cluster",
            "files 2049/tcp": "cluster",
            "ephemeral 30000-31000/tcp": "users",
        },
        "containers": ["10.200.0.0/16", "10.224.0.0/12"],
        "ephemeral": "30000-31000",
    }
    assert "wall" in fake_pulumi.finished


def test_each_machine_loads_the_same_rules_with_its_own_command(fake_pulumi: FakePulumi) -> None:
    made = firewall()
    assert fake_pulumi.children("wall") == set(COMMANDS)
    assert list(made.applied) == ["manager-1", "worker-1"]
    assert [fake_pulumi.inputs(name)["connection"]["host"] for name in COMMANDS] == ["192.0.2.1", "192.0.2.7"]
    assert [fake_pulumi.inputs(name)["create"].strip() for name in COMMANDS] == ["sudo -n bash -s --", "bash -s --"]
    assert [fake_pulumi.parameters(name)["MACHINE"] for name in COMMANDS] == ["manager-1", "worker-1"]
    assert len({fake_pulumi.script(name).replace("manager-1", "worker-1") for name in COMMANDS}) == 1
    assert f"export RULES={shlex.quote(ruleset(ROWS, SOURCES, POOLS))}\n" in fake_pulumi.script(COMMANDS[0])


def test_kernel_uses_the_ephemeral_range_without_the_mountd_port(fake_pulumi: FakePulumi) -> None:
    firewall()
    for name in COMMANDS:
        assert "export EPHEMERAL='30000 31000'\nexport RESERVED=33333\n" in fake_pulumi.script(name)


def test_recreated_machine_loads_its_rules_after_nft_is_installed(fake_pulumi: FakePulumi) -> None:
    firewall()
    assert fake_pulumi.triggers("wall-worker-1") == ["worker-1-root"]
    assert fake_pulumi.dependencies("wall-worker-1") == {"worker-1-installed"}


def test_rules_are_readable_in_a_preview_and_only_errors_are_logged(fake_pulumi: FakePulumi) -> None:
    firewall()
    for name in COMMANDS:
        assert not fake_pulumi.is_secret(name, "stdin")
        assert fake_pulumi.inputs(name)["logging"] == "stderr"


def test_ssh_rule_opens_the_port_of_the_machines_ssh_server(fake_pulumi: FakePulumi) -> None:
    firewall(port=2222)
    opened = [
        re.findall(r'management tcp dport (\d+) accept comment "ssh"', fake_pulumi.script(name)) for name in COMMANDS
    ]
    assert opened == [["22"], ["2222"]]


def test_unconfirmed_mode_applies_rules_at_once(fake_pulumi: FakePulumi) -> None:
    firewall()
    assert {fake_pulumi.parameters(name)["CONFIRM"] for name in COMMANDS} == {""}
    assert {fake_pulumi.inputs(name)["connection"]["dialErrorLimit"] for name in COMMANDS} == {10}


def test_confirmed_mode_tries_rules_out_and_reconnects_briefly(fake_pulumi: FakePulumi) -> None:
    made = firewall(mode="confirmed rules")
    assert {fake_pulumi.parameters(name)["CONFIRM"] for name in COMMANDS} == {"true"}
    assert {fake_pulumi.parameters(name)["TRIAL_S"] for name in COMMANDS} == {"60"}
    assert {fake_pulumi.parameters(name)["ON_TRIAL"] for name in COMMANDS} == {ON_TRIAL}
    assert {fake_pulumi.inputs(name)["connection"]["dialErrorLimit"] for name in COMMANDS} == {2}
    assert list(made.applied) == ["manager-1", "worker-1"]


def test_containers_mode_filters_containers_alone(fake_pulumi: FakePulumi) -> None:
    firewall(mode="containers")
    assert fake_pulumi.inputs("wall")["mode"] == "containers"
    assert fake_pulumi.inputs("wall")["sources"] == {"cluster": [], "users": ["0.0.0.0/0"]}
    for name in COMMANDS:
        assert f"add rule {TABLE} others accept\n" in fake_pulumi.script(name)
        assert "192.0.2.0/24" not in fake_pulumi.script(name), "who is let in otherwise is no matter of theirs"
        assert fake_pulumi.parameters(name)["CLOSED"] == ""
        assert fake_pulumi.parameters(name)["CONFIRM"] == ""
        assert fake_pulumi.parameters(name)["EPHEMERAL"] == "30000 31000"


def test_containers_mode_can_be_confirmed(fake_pulumi: FakePulumi) -> None:
    firewall(mode="confirmed containers")
    assert {fake_pulumi.parameters(name)["CONFIRM"] for name in COMMANDS} == {"true"}


def test_fallback_rules_let_operators_in_by_ssh_alone(fake_pulumi: FakePulumi) -> None:
    firewall(port=2222)
    text = closed(2222, SOURCES)
    assert f"export CLOSED={shlex.quote(text)}\n" in fake_pulumi.script("wall-worker-1")
    assert text.removeprefix(assets.read("firewall/files/closed.nft")).splitlines() == [
        f"add element {TABLE} management {{ 192.0.2.0/24 }}",
        f"add element {TABLE} management {{ 10.77.0.1/32 }}",
        f"add rule {TABLE} management tcp dport 2222 accept",
    ]


def test_each_machine_gets_the_guard_of_its_rules(fake_pulumi: FakePulumi) -> None:
    firewall()
    quoted = shlex.quote(assets.read("firewall/files/guard.sh"))
    assert all(f"export GUARD={quoted}\n" in fake_pulumi.script(name) for name in COMMANDS)


def test_destroying_the_firewall_keeps_its_rules(fake_pulumi: FakePulumi) -> None:
    firewall()
    assert not any("delete" in fake_pulumi.inputs(name) for name in COMMANDS)


def test_ruleset_has_one_line_for_each_network_and_row() -> None:
    wanted = """
add element inet nuvla_swarm management { 192.0.2.0/24 }
add element inet nuvla_swarm management { 10.77.0.1/32 }
add element inet nuvla_swarm users { 0.0.0.0/0 }
add element inet nuvla_swarm containers { 10.200.0.0/16 }
add element inet nuvla_swarm containers { 10.224.0.0/12 }
add rule inet nuvla_swarm management tcp dport 22 accept comment "ssh"
add rule inet nuvla_swarm cluster tcp dport 7946 accept comment "gossip"
add rule inet nuvla_swarm cluster udp dport 7946 accept comment "gossip"
add rule inet nuvla_swarm cluster tcp dport 9323 accept comment "metrics"
add rule inet nuvla_swarm cluster tcp dport 2049 accept comment "files"
add rule inet nuvla_swarm nuvla tcp dport 7946 accept comment "gossip"
add rule inet nuvla_swarm nuvla udp dport 7946 accept comment "gossip"
add rule inet nuvla_swarm users tcp dport 30000-31000 accept comment "ephemeral"
add rule inet nuvla_swarm measured iifname "docker_gwbridge" tcp dport 9323 accept comment "metrics"
add rule inet nuvla_swarm silent tcp dport 2049 jump wordless
add rule inet nuvla_swarm measured iifname "docker_gwbridge" tcp dport 2049 accept comment "files"
add rule inet nuvla_swarm outward tcp dport 7946 counter drop comment "gossip"
add rule inet nuvla_swarm outward udp dport 7946 counter drop comment "gossip"
add rule inet nuvla_swarm outward tcp dport 9323 counter drop comment "metrics"
add rule inet nuvla_swarm outward tcp dport 2049 counter drop comment "files"
"""
    assert lines(ROWS, SOURCES) == wanted.strip().splitlines()


def test_containers_reach_only_user_ports_of_known_machines() -> None:
    known = lines(ROWS, SOURCES | {TrafficSource.CLUSTER: networks("192.0.2.1/32")})
    kept = [line for line in known if " outward " in line or " silent " in line or " measured " in line]
    assert all("ip daddr @cluster tcp dport" in line or "ip daddr @cluster udp dport" in line for line in kept)
    outward = {match[1] for line in kept if (match := re.search(r"outward .* dport (\S+)", line))}
    assert outward == {"22", "7946", "9323", "2049"}


def test_additional_network_adds_one_line_to_the_ruleset() -> None:
    more = SOURCES | {TrafficSource.NUVLA: networks("198.51.100.0/24")}
    before, after = lines(ROWS, SOURCES), lines(ROWS, more)
    assert [line for line in after if line not in before] == ["add element inet nuvla_swarm nuvla { 198.51.100.0/24 }"]
    assert [line for line in after if line in before] == before


def test_source_without_networks_keeps_its_rules() -> None:
    ours = [f"add element {TABLE} containers {{ {network} }}" for network in POOLS]
    assert [line for line in lines(ROWS, NOBODY) if line.startswith("add element")] == ours
    rules = [line for line in lines(ROWS, SOURCES) if line.startswith("add rule")]
    assert [line for line in lines(ROWS, NOBODY) if line.startswith("add rule")] == rules


def test_each_source_has_a_set_and_a_chain_in_the_table() -> None:
    text = assets.read("firewall/files/firewall.nft")
    for source in TrafficSource:
        assert f"set {source} {{ type ipv4_addr;" in text
        assert f"chain {source} {{" in text
        assert f"ip saddr @{source} jump {source}\n" in text


def test_ruleset_changes_no_table_but_its_own() -> None:
    rules = [line for line in ruleset(GUIDE, SOURCES, POOLS).splitlines() if not line.strip().startswith("#")]
    assert "flush" not in "\n".join(rules)
    for line in rules:
        if line.startswith(("add", "delete", "table")):
            assert " inet nuvla_swarm" in line


def test_inbound_chain_accepts_known_traffic_first_and_drops_the_rest_last() -> None:
    text = assets.read("firewall/files/firewall.nft")
    chain = [line.strip() for line in text.partition("chain inbound {")[2].partition("}\n}")[0].splitlines()]
    rules = [line for line in chain if line and not line.startswith(("#", "type ", "}"))]
    assert "type filter hook prerouting priority -150; policy accept;" in chain
    assert rules[:4] == [
        'iifname "lo" accept',
        'iifname "docker_gwbridge" jump silent',
        "ct state established,related accept",
        "fib daddr type unicast goto forwarded",
    ]
    containers = [rules.index(f"{whose} goto containers") for whose in ("ip saddr @containers", "iifname @bridges")]
    assert max(containers) < min(rules.index(f"ip saddr @{source} jump {source}") for source in TrafficSource)
    assert rules[-1] == "counter drop"


@pytest.mark.tools("nft")
def test_nft_accepts_the_ruleset_for_all_kinds_of_sources(tmp_path: Path) -> None:
    sources = {
        "nobody": NOBODY,
        "everybody": SOURCES,
        "overlapping": NOBODY
        | {TrafficSource.USERS: networks("10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16", "10.1.2.3/32")},
        "adjacent": NOBODY | {TrafficSource.NUVLA: networks("10.0.0.0/9", "10.128.0.0/9")},
        "everybody and some": NOBODY
        | {TrafficSource.USERS: networks("0.0.0.0/0", "192.0.2.0/24"), TrafficSource.NUVLA: networks("192.0.2.0/24")},
    }
    checked = {case: nft(ruleset(GUIDE, given, POOLS), tmp_path) for case, given in sources.items()}
    assert {case: one.stderr for case, one in checked.items() if one.returncode != 0} == {}


@pytest.mark.tools("nft")
def test_nft_refuses_a_port_out_of_range(tmp_path: Path) -> None:
    row = PortRule(service="ssh", first=70000, last=70000, sources=(TrafficSource.USERS,))
    assert nft(ruleset([row], NOBODY, []), tmp_path).returncode != 0
