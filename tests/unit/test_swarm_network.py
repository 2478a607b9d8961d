"""components/swarm/network.py: an overlay network that outlives the services on it."""

from components.swarm.network import OverlayNetwork, OverlayNetworkArgs
from tests.mocked import Engine, build, value
from tests.unit.parts import owner


def network(*, attachable: bool = False, internal: bool = False) -> OverlayNetwork:
    return build(
        lambda: OverlayNetwork(
            "net",
            OverlayNetworkArgs(owner=owner(), physical_name="front", attachable=attachable, internal=internal),
        )
    )


def test_services_find_it_by_its_fixed_name(engine: Engine) -> None:
    network()
    assert engine.inputs("net-network") == {
        "name": "front",
        "driver": "overlay",
        "attachable": False,
        "internal": False,
        "labels": [
            {"label": "io.nuvla.swarm.stack", "value": "nuvla-swarm/test"},
            {"label": "io.nuvla.swarm.id", "value": "0123abcd"},
        ],
    }


def test_single_containers_may_attach_if_the_settings_say_so(engine: Engine) -> None:
    network(attachable=True)
    assert engine.inputs("net-network")["attachable"] is True
    assert engine.inputs("net") == {"name": "front", "attachable": True, "internal": False}


def test_nothing_outside_of_the_swarm_is_reached_over_an_internal_one(engine: Engine) -> None:
    network(internal=True)
    assert engine.inputs("net-network")["internal"] is True
    assert engine.inputs("net") == {"name": "front", "attachable": False, "internal": True}


def test_the_order_of_its_replacement_is_left_to_the_provider_which_removes_a_fixed_name_first(engine: Engine) -> None:
    network()
    assert engine.inputs("net-network")["name"] == "front"
    assert not engine.options["net-network"].deleteBeforeReplaceDefined


def test_services_join_it_by_its_id(engine: Engine) -> None:
    assert str(value(network().id)).startswith("net-network-id")
    assert engine.parent("net-network") == "net"
    assert "net" in engine.finished
