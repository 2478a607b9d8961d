"""components/virtual_ip/virtual_ip.py: the virtual IP of the managers."""

import re
import shlex
from ipaddress import IPv4Network

from components import assets
from components.virtual_ip.virtual_ip import HIGHEST_PRIORITY, VirtualIp, VirtualIpArgs, router_id
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

ADDRESSES = {"manager-1": "10.0.0.1", "manager-2": "10.0.0.2", "manager-3": "10.0.0.3"}


def virtual_ip(managers: int = 3) -> VirtualIp:
    def make() -> VirtualIp:
        chosen = list(ADDRESSES.items())[:managers]
        machines = [machine(name, role="manager", private_address=address) for name, address in chosen]
        depends_on = {one.name: [another(f"{one.name}-packages"), another(f"{one.name}-rules")] for one in machines}
        return VirtualIp("vip", VirtualIpArgs(address="10.0.0.9", managers=machines, depends_on=depends_on))

    return build(make)


def configurations(fake_pulumi: FakePulumi) -> dict[str, str]:
    """Return keepalived's settings of each manager, as they stand in the script."""
    scripts = {name: fake_pulumi.script(f"vip-{name}") for name in ADDRESSES}
    return {name: text.partition("export CONFIG=")[2].partition("\nexport ")[0] for name, text in scripts.items()}


def test_preview_shows_the_address_and_the_managers(fake_pulumi: FakePulumi) -> None:
    virtual_ip()
    assert fake_pulumi.types["vip"] == "nuvla:virtual_ip:VirtualIp"
    assert fake_pulumi.inputs("vip") == {"address": "10.0.0.9", "managers": list(ADDRESSES)}
    assert "vip" in fake_pulumi.finished


def test_each_manager_installs_keepalived_behind_its_firewall(fake_pulumi: FakePulumi) -> None:
    made = virtual_ip()
    assert list(made.ready) == list(ADDRESSES)
    for name, address in ADDRESSES.items():
        command = f"vip-{name}"
        assert fake_pulumi.dependencies(command) == {f"{name}-packages", f"{name}-rules"}
        assert fake_pulumi.triggers(command) == [f"{name}-root"]
        assert fake_pulumi.inputs(command)["create"] == "bash -s -- add"
        assert fake_pulumi.inputs(command)["delete"] == "bash -s -- remove"
        told = fake_pulumi.parameters(command)
        assert (told["MACHINE"], told["ADDRESS"], told["PRIVATE_ADDRESS"]) == (name, "10.0.0.9", address)


def test_managers_send_packets_to_each_other_only(fake_pulumi: FakePulumi) -> None:
    virtual_ip()
    for name, text in configurations(fake_pulumi).items():
        assert f"unicast_src_ip {ADDRESSES[name]}\n" in text
        peers = re.search(r"unicast_peer \{\n([^}]*)\}", text)
        assert peers is not None
        # keepalived takes an address on the line of the brace for something else.
        assert peers[1].split() == [address for other, address in ADDRESSES.items() if other != name]
        assert "check_unicast_src\n" in text


def test_no_two_managers_have_the_same_priority(fake_pulumi: FakePulumi) -> None:
    virtual_ip()
    found = [re.findall(r"\bpriority (\d+)", text) for text in configurations(fake_pulumi).values()]
    assert found == [[str(HIGHEST_PRIORITY)], ["220"], ["190"]]


def test_managers_agree_on_address_and_router(fake_pulumi: FakePulumi) -> None:
    virtual_ip()
    own = re.compile(r"(router_id|script|priority|unicast_src_ip) .*|(?<=unicast_peer \{)[^}]*")
    assert len({own.sub("", text) for text in configurations(fake_pulumi).values()}) == 1


def test_traefik_of_the_manager_itself_is_asked(fake_pulumi: FakePulumi) -> None:
    virtual_ip()
    for name, text in configurations(fake_pulumi).items():
        assert f"http://{ADDRESSES[name]}:80/nuvla-swarm/alive" in text


def test_keepalived_and_its_unit_run_the_script_beside_them(fake_pulumi: FakePulumi) -> None:
    virtual_ip()
    sent, helper = fake_pulumi.script("vip-manager-1"), assets.read("virtual_ip/files/keepalived.sh")
    assert shlex.quote(helper) in sent
    verbs = set(re.findall(r"/bin/bash /etc/nuvla-swarm/keepalived.sh (\w+)", sent))
    assert verbs == set(re.findall(r"^  (\w+)\) ", helper.rpartition("case")[2], re.MULTILINE))


def test_number_of_the_router_is_one_of_vrrp_and_stays() -> None:
    assert {router_id(str(address)) for address in IPv4Network("10.77.0.0/20")} == set(range(1, 256))
    assert router_id("10.77.0.9") == 239
