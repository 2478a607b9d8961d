"""components/machines/exoscale/volume_moves.py: volumes that machines on Exoscale give to each other."""

from components.machines.exoscale.hand_over import Contact
from components.machines.exoscale.volume_moves import hand_overs, volume_sources
from components.machines.lost_commands import FormerCommand
from components.machines.prior_state import Block, PriorState
from components.machines.provider import StackPlan
from components.machines.volume import VolumeSpec
from tests.support import plans

MEMBERS = {"manager-1": plans.member("manager", public_address="192.0.2.1"), "worker-1": plans.member()}
BLOCKS = {"nfs": Block(id="1", zone="ch-gva-2", machine="worker-1")}
NOBODY = Contact(name="", address="", host_key="")


def plan_on(machine: str) -> StackPlan:
    return plans.plan(volumes={"nfs": VolumeSpec(machine=machine, block=True, size_gib=10)})


def test_volume_that_stays_is_not_handed_over() -> None:
    prior = PriorState(members=MEMBERS, blocks=BLOCKS)
    assert hand_overs(plans.exoscale(), plan_on("worker-1"), prior, {}) == []
    assert volume_sources(plans.exoscale(), plan_on("worker-1"), prior) == {}


def test_moved_volume_is_handed_over_by_its_machine_and_the_api_manager() -> None:
    prior = PriorState(members=MEMBERS, blocks=BLOCKS)
    [move] = hand_overs(plans.exoscale(), plan_on("worker-2"), prior, {})
    assert move.source == Contact(name="worker-1", address="192.0.2.7", host_key="KEY")
    assert (move.api_manager.name, move.api_manager.address) == ("manager-1", "192.0.2.1")
    assert (move.volume, move.shared, move.done) == ("nfs", "/nfs-root", False)
    assert volume_sources(plans.exoscale(), plan_on("worker-2"), prior) == {"nfs": "worker-1"}


def test_machine_that_gives_a_volume_up_shows_the_host_key_that_it_has_proved() -> None:
    """Its membership may still have the former one, after an update that was killed."""
    proof = FormerCommand(urn="", host="192.0.2.7", has_delete=False, host_key="NEW")
    prior = PriorState(members=MEMBERS, blocks=BLOCKS, commands={"worker-1-host-key-proof": proof})
    [move] = hand_overs(plans.exoscale(), plan_on("worker-2"), prior, {})
    assert (move.source.host_key, move.api_manager.host_key) == ("NEW", "KEY")


def test_lost_machine_hands_nothing_over() -> None:
    prior = PriorState(members=MEMBERS, blocks=BLOCKS)
    machines = plans.exoscale(lost=["worker-1"])
    assert hand_overs(machines, plan_on("worker-2"), prior, {}) == []
    assert volume_sources(machines, plan_on("worker-2"), prior) == {"nfs": "worker-1"}


def test_finished_hand_over_stays_in_the_state() -> None:
    blocks = {"nfs": Block(id="1", zone="ch-gva-2", machine="worker-2")}
    prior = PriorState(members=MEMBERS, blocks=blocks, names=frozenset({"nfs-hand-over"}))
    [move] = hand_overs(plans.exoscale(), plan_on("worker-2"), prior, {})
    assert (move.done, move.source, move.api_manager) == (True, NOBODY, NOBODY)
