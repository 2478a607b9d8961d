"""components/firewall/firewall.py: the firewall of each machine, and the nftables rules that it loads."""

import re
import shlex
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from components import assets
from components.firewall.confirmed_apply import UNCONFIRMED_MESSAGE
from components.firewall.firewall import Firewall, FirewallArgs, closed, ruleset
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.firewall import POOLS, ROWS, SOURCES
from tests.support.pulumi_run import build

TABLE = "inet nuvla_swarm"


COMMANDS = ("wall-manager-1", "wall-worker-1")


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
        return Firewall("wall", FirewallArgs(machines=machines, depends_on=prepared, **given))

    return build(make)


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
    assert list(made.ready) == ["manager-1", "worker-1"]
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
    assert {fake_pulumi.parameters(name)["ON_TRIAL"] for name in COMMANDS} == {UNCONFIRMED_MESSAGE}
    assert {fake_pulumi.inputs(name)["connection"]["dialErrorLimit"] for name in COMMANDS} == {2}
    assert list(made.ready) == ["manager-1", "worker-1"]


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


def test_managers_that_share_an_address_let_in_each_others_vrrp_only(fake_pulumi: FakePulumi) -> None:
    firewall(vrrp={"manager-1": [IPv4Address("10.0.0.2"), IPv4Address("10.0.0.3")]})
    found = [re.findall(r"add rule .* ip protocol 112 accept.*", fake_pulumi.script(name)) for name in COMMANDS]
    rule = f'add rule {TABLE} others ip saddr 10.0.0.{{}} ip protocol 112 accept comment "vrrp"'
    assert found == [[rule.format(2), rule.format(3)], []]
    assert fake_pulumi.inputs("wall")["vrrp"] == {"manager-1": ["10.0.0.2", "10.0.0.3"]}


def test_machines_whose_packets_others_filter_have_no_rule_for_vrrp(fake_pulumi: FakePulumi) -> None:
    firewall(mode="containers", vrrp={"manager-1": [IPv4Address("10.0.0.2")]})
    assert all("ip protocol 112 accept" not in fake_pulumi.script(name) for name in COMMANDS)
