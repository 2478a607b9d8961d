"""components/firewall/firewall.py: the nftables rules that each machine loads."""

import os
import re
import subprocess
from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from components import assets
from components.firewall.firewall import ruleset
from components.firewall.rules import target_rows
from components.ports import PortRule, TrafficSource
from tests.support.firewall import NOBODY, POOLS, ROWS, SOURCES, networks
from tests.support.required_tools import required_tool

GUIDE = target_rows(ephemeral=(32768, 60999), nfs=True, s3_port=9000, swarm_port=True)


TABLE = "inet nuvla_swarm"


def lines(rows: list[PortRule], sources: Mapping[TrafficSource, list[IPv4Network]]) -> list[str]:
    """Return the lines of a ruleset after the table itself."""
    return ruleset(rows, sources, POOLS).removeprefix(assets.read("firewall/files/firewall.nft")).splitlines()


def nft(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what nft says of a ruleset, without loading it."""
    file = folder / "rules.nft"
    file.write_text(text, encoding="utf-8")
    as_root = [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    command = [*as_root, required_tool("nft"), "--check", "--file", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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
