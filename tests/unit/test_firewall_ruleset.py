"""components/firewall/ruleset.py: the firewall of each machine, and the text that it loads."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from components import assets
from components.firewall.rules import Row, Source, target_rows
from components.firewall.ruleset import Firewall, FirewallArgs, ruleset
from components.firewall.trial import ON_TRIAL
from tests.mocked import Engine, build
from tests.unit.parts import another, machine

ROWS = [
    Row(service="ssh", first=22, last=22, sources=(Source.MANAGEMENT,)),
    Row(service="gossip", first=7946, last=7946, protocols=("tcp", "udp"), sources=(Source.CLUSTER, Source.NUVLA)),
    Row(service="ephemeral", first=30000, last=31000, sources=(Source.USERS,)),
]
NOBODY: dict[Source, list[IPv4Network]] = {source: [] for source in Source}
GUIDE = target_rows(ephemeral=(32768, 60999), nfs=True, s3_port=9000, swarm_port=True)
COMMANDS = ("wall-manager-1", "wall-worker-1")


def networks(*texts: str) -> list[IPv4Network]:
    return [IPv4Network(text) for text in texts]


SOURCES = NOBODY | {Source.MANAGEMENT: networks("192.0.2.0/24", "10.77.0.1/32"), Source.USERS: networks("0.0.0.0/0")}


def firewall(**changed: Any) -> Firewall:
    def make() -> Firewall:
        machines = {
            "manager-1": machine("manager-1", public_address="192.0.2.1", user="debian"),
            "worker-1": machine("worker-1"),
        }
        given: dict[str, Any] = {"mode": "rules", "rows": ROWS, "sources": SOURCES, "ephemeral": (30000, 31000)}
        given |= changed
        machines["worker-1"] = replace(machines["worker-1"], port=given.pop("port", 22))
        prepared = {name: another(f"{name}-installed") for name in machines}
        return Firewall("wall", FirewallArgs(machines=machines, prepared=prepared, **given))

    return build(make)


def lines(rows: list[Row], sources: Mapping[Source, list[IPv4Network]]) -> list[str]:
    """What follows the table itself."""
    return ruleset(rows, sources).removeprefix(assets.read("firewall/files/firewall.nft")).splitlines()


def nft(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What nft says of a ruleset, which is not loaded."""
    tool = shutil.which("nft") or shutil.which("nft", path="/usr/sbin")
    assert tool, "nft is not on PATH: run `make check`, which installs it"
    file = folder / "rules.nft"
    file.write_text(text, encoding="utf-8")
    as_root = [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    return subprocess.run([*as_root, tool, "--check", "--file", file], capture_output=True, text=True, check=False)


def test_it_shows_who_may_reach_what(engine: Engine) -> None:
    firewall()
    assert engine.types["wall"] == "nuvla:firewall:Firewall"
    assert engine.inputs("wall") == {
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
            "ephemeral 30000-31000/tcp": "users",
        },
        "ephemeral": "30000-31000",
    }
    assert "wall" in engine.finished


def test_each_machine_has_the_same_rules_loaded_by_itself(engine: Engine) -> None:
    made = firewall()
    assert engine.children("wall") == set(COMMANDS)
    assert list(made.applied) == ["manager-1", "worker-1"]
    assert [engine.inputs(name)["connection"]["host"] for name in COMMANDS] == ["192.0.2.1", "192.0.2.7"]
    assert [engine.inputs(name)["create"].strip() for name in COMMANDS] == ["sudo -n bash -s --", "bash -s --"]
    assert [engine.parameters(name)["MACHINE"] for name in COMMANDS] == ["manager-1", "worker-1"]
    assert len({engine.script(name).replace("manager-1", "worker-1") for name in COMMANDS}) == 1
    assert f"export RULES='{ruleset(ROWS, SOURCES)}'\n" in engine.script(COMMANDS[0])


def test_the_kernel_takes_the_same_ports_for_outgoing_connections_but_never_mountds(engine: Engine) -> None:
    firewall()
    for name in COMMANDS:
        assert "export EPHEMERAL='30000 31000'\nexport RESERVED=33333\n" in engine.script(name)


def test_a_machine_made_anew_gets_its_rules_anew_once_it_has_nft(engine: Engine) -> None:
    firewall()
    assert engine.triggers("wall-worker-1") == ["worker-1-root"]
    assert engine.dependencies("wall-worker-1") == {"worker-1-installed"}


def test_a_preview_can_show_the_rules_and_only_errors_are_logged(engine: Engine) -> None:
    firewall()
    for name in COMMANDS:
        assert not engine.is_secret(name, "stdin")
        assert engine.inputs(name)["logging"] == "stderr"


def test_the_program_comes_in_by_the_port_that_an_ssh_server_has(engine: Engine) -> None:
    firewall(port=2222)
    opened = [re.findall(r'management tcp dport (\d+) accept comment "ssh"', engine.script(name)) for name in COMMANDS]
    assert opened == [["22"], ["2222"]]


def test_rules_that_need_no_confirmation_hold_at_once(engine: Engine) -> None:
    firewall()
    assert {engine.parameters(name)["CONFIRM"] for name in COMMANDS} == {""}
    assert {engine.inputs(name)["connection"]["dialErrorLimit"] for name in COMMANDS} == {10}


def test_rules_that_need_it_are_confirmed_over_a_new_connection_which_is_given_up_soon(engine: Engine) -> None:
    made = firewall(mode="confirmed rules")
    assert {engine.parameters(name)["CONFIRM"] for name in COMMANDS} == {"true"}
    assert {engine.parameters(name)["TRIAL_S"] for name in COMMANDS} == {"60"}
    assert {engine.parameters(name)["ON_TRIAL"] for name in COMMANDS} == {ON_TRIAL}
    assert {engine.inputs(name)["connection"]["dialErrorLimit"] for name in COMMANDS} == {2}
    assert list(made.applied) == ["manager-1", "worker-1"]


def test_where_others_filter_there_is_no_rule_but_the_kernels_ports(engine: Engine) -> None:
    firewall(mode="ports")
    assert engine.inputs("wall")["mode"] == "ports"
    assert engine.inputs("wall")["rows"] == {}
    for name in COMMANDS:
        assert engine.parameters(name)["RULES"] == ""
        assert engine.parameters(name)["EPHEMERAL"] == "30000 31000"


def test_destroying_it_leaves_the_machines_closed(engine: Engine) -> None:
    firewall()
    assert not any("delete" in engine.inputs(name) for name in COMMANDS)


def test_each_network_and_each_row_is_a_line_of_its_own() -> None:
    assert lines(ROWS, SOURCES) == [
        "add element inet nuvla_swarm management { 192.0.2.0/24 }",
        "add element inet nuvla_swarm management { 10.77.0.1/32 }",
        "add element inet nuvla_swarm users { 0.0.0.0/0 }",
        'add rule inet nuvla_swarm management tcp dport 22 accept comment "ssh"',
        'add rule inet nuvla_swarm cluster tcp dport 7946 accept comment "gossip"',
        'add rule inet nuvla_swarm cluster udp dport 7946 accept comment "gossip"',
        'add rule inet nuvla_swarm nuvla tcp dport 7946 accept comment "gossip"',
        'add rule inet nuvla_swarm nuvla udp dport 7946 accept comment "gossip"',
        'add rule inet nuvla_swarm users tcp dport 30000-31000 accept comment "ephemeral"',
    ]


def test_another_network_is_one_more_line_and_no_other_changes() -> None:
    more = SOURCES | {Source.NUVLA: networks("198.51.100.0/24")}
    before, after = lines(ROWS, SOURCES), lines(ROWS, more)
    assert [line for line in after if line not in before] == ["add element inet nuvla_swarm nuvla { 198.51.100.0/24 }"]
    assert [line for line in after if line in before] == before


def test_a_source_without_networks_has_no_elements_and_its_rules_all_the_same() -> None:
    assert not [line for line in lines(ROWS, NOBODY) if line.startswith("add element")]
    assert lines(ROWS, NOBODY) == [line for line in lines(ROWS, SOURCES) if line.startswith("add rule")]


def test_every_source_has_its_set_and_its_chain_in_the_table() -> None:
    text = assets.read("firewall/files/firewall.nft")
    for source in Source:
        assert f"set {source} {{ type ipv4_addr;" in text
        assert f"chain {source} {{" in text
        assert f"ip saddr @{source} jump {source}\n" in text


def test_it_touches_no_table_but_its_own() -> None:
    rules = [line for line in ruleset(GUIDE, SOURCES).splitlines() if not line.strip().startswith("#")]
    assert "flush" not in "\n".join(rules)
    for line in rules:
        if line.startswith(("add", "delete", "table")):
            assert " inet nuvla_swarm" in line


def test_what_exists_and_the_machine_itself_is_let_in_first_and_the_rest_is_dropped_last() -> None:
    text = assets.read("firewall/files/firewall.nft")
    chain = [line.strip() for line in text.partition("chain inbound {")[2].partition("}\n}")[0].splitlines()]
    rules = [line for line in chain if line and not line.startswith(("#", "type ", "}"))]
    assert "type filter hook prerouting priority -150; policy accept;" in chain
    assert rules[:3] == ["fib daddr type != local accept", 'iifname "lo" accept', "ct state established,related accept"]
    assert rules[-1] == "counter drop"


@pytest.mark.parametrize(
    "sources",
    [
        NOBODY,
        SOURCES,
        NOBODY | {Source.USERS: networks("10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16", "10.1.2.3/32")},
        NOBODY | {Source.NUVLA: networks("10.0.0.0/9", "10.128.0.0/9")},
        NOBODY | {Source.USERS: networks("0.0.0.0/0", "192.0.2.0/24"), Source.NUVLA: networks("192.0.2.0/24")},
    ],
    ids=["nobody", "everybody", "overlapping", "adjacent", "everybody and some"],
)
def test_nft_takes_the_whole_table(sources: dict[Source, list[IPv4Network]], tmp_path: Path) -> None:
    checked = nft(ruleset(GUIDE, sources), tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_nft_would_refuse_a_wrong_row(tmp_path: Path) -> None:
    row = Row(service="ssh", first=70000, last=70000, sources=(Source.USERS,))
    assert nft(ruleset([row], NOBODY), tmp_path).returncode != 0
