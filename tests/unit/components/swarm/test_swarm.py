"""components/swarm/swarm.py: the swarm, started on its first manager."""

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from components.machines.machine import Machine
from components.swarm.swarm import Swarm, SwarmArgs
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value


def managers() -> list[Machine]:
    return [
        machine(f"manager-{n}", role="manager", public_address=f"192.0.2.{n}", private_address=f"10.0.0.{n}")
        for n in (1, 2, 3)
    ]


def swarm(api_manager: int = 0, *, lost: int | None = None) -> Swarm:
    pools = [IPv4Network("10.201.0.0/16"), IPv4Network("10.202.0.0/16")]

    def make() -> Swarm:
        given = [replace(one, lost=number == lost) for number, one in enumerate(managers())]
        return Swarm(
            "swarm", SwarmArgs(api_manager=given[api_manager], managers=given, address_pools=pools, subnet_prefix=25)
        )

    return build(make)


def test_preview_shows_the_api_manager_and_the_address_pools(fake_pulumi: FakePulumi) -> None:
    swarm()
    shown: dict[str, Any] = {"entry": "manager-1", "address_pools": ["10.201.0.0/16", "10.202.0.0/16"]}
    assert fake_pulumi.inputs("swarm") == shown | {"subnet_prefix": 25}
    assert fake_pulumi.types["swarm"] == "nuvla:swarm:Swarm"
    assert "swarm" in fake_pulumi.finished


def test_swarm_starts_on_the_api_manager_and_advertises_its_private_address(fake_pulumi: FakePulumi) -> None:
    swarm(api_manager=1)
    assert fake_pulumi.inputs("swarm-init")["connection"]["host"] == "192.0.2.2"
    assert fake_pulumi.parameters("swarm-init")["ADDRESS"] == "10.0.0.2"


def test_overlay_networks_come_from_the_address_pools(fake_pulumi: FakePulumi) -> None:
    swarm()
    assert fake_pulumi.parameters("swarm-init")["ADDRESS_POOLS"] == "10.201.0.0/16 10.202.0.0/16"
    assert fake_pulumi.parameters("swarm-init")["SUBNET_PREFIX"] == "25"


def test_init_knows_the_other_managers(fake_pulumi: FakePulumi) -> None:
    swarm(api_manager=1)
    assert fake_pulumi.parameters("swarm-init")["OTHER_MANAGERS"] == "10.0.0.1 10.0.0.3"


def test_init_skips_lost_managers(fake_pulumi: FakePulumi) -> None:
    swarm(api_manager=1, lost=2)
    assert fake_pulumi.parameters("swarm-init")["OTHER_MANAGERS"] == "10.0.0.1"


def test_new_disk_of_the_api_manager_reruns_init_in_place(fake_pulumi: FakePulumi) -> None:
    swarm()
    assert fake_pulumi.triggers("swarm-init") == ["manager-1-disk"]
    assert "triggers" not in fake_pulumi.inputs("swarm-init"), "it would be replaced, and all memberships with it"


def test_init_starts_a_swarm_only_when_it_is_created(fake_pulumi: FakePulumi) -> None:
    swarm()
    inputs = fake_pulumi.inputs("swarm-init")
    assert (inputs["create"], inputs["update"].partition(" # ")[0]) == ("bash -s -- start", "bash -s -- continue")


def test_swarm_outputs_name_the_api_manager_for_the_next_run(fake_pulumi: FakePulumi) -> None:
    swarm(api_manager=1)
    assert fake_pulumi.outputs["swarm"]["entry"] == "manager-2"


def test_swarm_id_is_what_init_prints(fake_pulumi: FakePulumi) -> None:
    assert value(swarm().id) == "STDOUT:swarm-init"


def test_destroying_a_swarm_runs_no_command(fake_pulumi: FakePulumi) -> None:
    swarm()
    assert "delete" not in fake_pulumi.inputs("swarm-init")
