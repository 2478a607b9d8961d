"""components/swarm/network.py: an overlay network that survives the services on it."""

from ipaddress import IPv4Network

from components.swarm.network import NetworkChanges, NetworkChangesArgs, OverlayNetwork, OverlayNetworkArgs
from tests.support.builders import machine, owner
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value


def network(*, attachable: bool = False, internal: bool = False) -> OverlayNetwork:
    return build(
        lambda: OverlayNetwork(
            "net",
            OverlayNetworkArgs(physical_name="front", attachable=attachable, internal=internal),
            owner(),
        )
    )


def test_network_has_a_fixed_name(fake_pulumi: FakePulumi) -> None:
    network()
    assert fake_pulumi.inputs("net-network") == {
        "name": "front",
        "driver": "overlay",
        "attachable": False,
        "internal": False,
        "labels": [
            {"label": "io.nuvla.swarm.stack", "value": "nuvla-swarm/test"},
            {"label": "io.nuvla.swarm.id", "value": "0123abcd"},
        ],
    }


def test_attachable_network_follows_the_setting(fake_pulumi: FakePulumi) -> None:
    network(attachable=True)
    assert fake_pulumi.inputs("net-network")["attachable"] is True
    assert fake_pulumi.inputs("net") == {"name": "front", "attachable": True, "internal": False}


def test_internal_network_is_internal(fake_pulumi: FakePulumi) -> None:
    network(internal=True)
    assert fake_pulumi.inputs("net-network")["internal"] is True
    assert fake_pulumi.inputs("net") == {"name": "front", "attachable": False, "internal": True}


def test_replacement_order_of_a_network_is_left_to_the_provider(
    fake_pulumi: FakePulumi,
) -> None:
    network()
    assert fake_pulumi.inputs("net-network")["name"] == "front"
    assert not fake_pulumi.options["net-network"].deleteBeforeReplaceDefined


def test_network_id_is_an_output(fake_pulumi: FakePulumi) -> None:
    assert str(value(network().id)).startswith("net-network-id")
    assert fake_pulumi.parent("net-network") == "net"
    assert "net" in fake_pulumi.finished


def test_given_subnet_is_set_and_later_changes_are_ignored(
    fake_pulumi: FakePulumi,
) -> None:
    args = OverlayNetworkArgs(physical_name="front", attachable=False, subnet=IPv4Network("10.239.240.0/20"))
    build(lambda: OverlayNetwork("net", args, owner()))
    assert fake_pulumi.inputs("net-network")["ipamConfigs"] == [
        {"subnet": "10.239.240.0/20", "gateway": "10.239.240.1"}
    ]
    assert fake_pulumi.inputs("net")["subnet"] == "10.239.240.0/20"
    assert list(fake_pulumi.options["net-network"].ignoreChanges) == ["ipamConfigs", "labels"]


def changes() -> None:
    wanted = [
        OverlayNetworkArgs(physical_name="front", attachable=True, setting="swarm.public_network", name_setting="name"),
        OverlayNetworkArgs(physical_name="api", attachable=False, internal=True),
        OverlayNetworkArgs(physical_name="back", attachable=True, setting="swarm.backend_network"),
    ]
    build(
        lambda: NetworkChanges(
            "networks",
            NetworkChangesArgs(
                owner=owner(), api_manager=machine("manager-1"), networks=wanted, known_ids=["n1", "n2"]
            ),
        )
    )


def test_manager_checks_the_users_of_networks_before_they_change(fake_pulumi: FakePulumi) -> None:
    changes()
    given = fake_pulumi.parameters("networks-look")
    assert (given["LABEL"], given["OWNER"]) == ("io.nuvla.swarm.stack", "nuvla-swarm/test")
    assert (given["ID_LABEL"], given["ID"], given["KNOWN"]) == ("io.nuvla.swarm.id", "0123abcd", "n1 n2")
    assert given["SETTINGS"] == "swarm.public_network or swarm.backend_network"
    assert "export WANTED='front true false name\napi false true\nback true false'\n" in fake_pulumi.script(
        "networks-look"
    )
    assert fake_pulumi.parent("networks-look") == "networks"
    assert "networks" in fake_pulumi.finished


def test_destroying_the_network_check_runs_no_command(fake_pulumi: FakePulumi) -> None:
    changes()
    assert "delete" not in fake_pulumi.inputs("networks-look")
