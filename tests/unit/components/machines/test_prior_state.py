"""components/machines/prior_state.py: the infrastructure as the last run left it."""

from components.machines.lost_commands import FormerCommand
from components.machines.prior_state import Block, PriorState
from components.machines.volume import VolumeSpec
from tests.support.plans import member


def test_managers_are_the_members_that_are_not_lost() -> None:
    members = {"manager-1": member("manager"), "manager-2": member("manager"), "worker-1": member()}
    assert PriorState(members=members, lost=frozenset({"manager-2"})).managers == ["manager-1"]


def test_machine_that_is_lost_no_more_is_counted_as_recreated() -> None:
    prior = PriorState(lost=frozenset({"worker-1", "worker-2"}), recreations={"worker-1": 1})
    losses = prior.losses(frozenset({"worker-2"}))
    assert (losses.names, losses.recreations) == (frozenset({"worker-2"}), {"worker-1": 2})


def test_former_commands_of_lost_machines_are_those_that_would_be_undone() -> None:
    def command(host: str, *, has_delete: bool = True) -> FormerCommand:
        return FormerCommand(urn="urn", host=host, has_delete=has_delete)

    commands = {
        "worker-1-engine-install": command("192.0.2.7", has_delete=False),
        "nfs-entry": command("192.0.2.7"),
        "other": command("192.0.2.8"),
    }
    assert list(PriorState(commands=commands).lost_commands(["worker-1"])) == ["nfs-entry"]
    assert PriorState(commands=commands).lost_commands([]) == {}


def test_invitation_is_repeated_for_a_machine_that_did_not_come() -> None:
    prior = PriorState(renewals={"worker-1": 2}, unanswered=frozenset({"worker-1", "worker-2"}))
    assert [prior.renewals_of(name) for name in ("worker-1", "worker-2", "worker-3")] == [3, 1, 0]


def test_volume_with_an_id_is_imported_until_the_state_has_it() -> None:
    volumes = {"nfs": VolumeSpec(machine="worker-1", id="1"), "grafana": VolumeSpec(machine="worker-1")}
    assert PriorState().due_imports(volumes) == ["nfs"]
    blocks = {"nfs": Block(id="1", zone="ch-gva-2", machine="worker-1")}
    assert PriorState(blocks=blocks).due_imports(volumes) == []
