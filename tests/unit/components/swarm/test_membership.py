"""components/swarm/membership.py: a machine's membership is three commands, done again in place."""

from typing import Any

import pulumi
import pytest

from components.swarm.membership import Membership, MembershipArgs
from tests.support.builders import another, machine, swarm
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, value

NODE, JOIN, ACTIVE = COMMANDS = ("m-node", "m-join", "m-active")
ENTRY, WORKER = "192.0.2.1", "192.0.2.7"


def membership(*, leaves: bool = False, asked: int = 0, **of_machine: Any) -> Membership:
    def make() -> Membership:
        after = [another("docker"), another("wall")]
        args = MembershipArgs(machine=machine(**of_machine), swarm=swarm(), after=after, leaves=leaves, asked=asked)
        return Membership("m", args)

    return build(make)


def test_it_shows_what_the_machine_is_to_the_swarm(fake_pulumi: FakePulumi) -> None:
    membership(labels={"disk": "ssd"}, availability="pause")
    assert fake_pulumi.inputs("m") == {"role": "worker", "labels": {"disk": "ssd"}, "availability": "pause"}
    assert fake_pulumi.types["m"] == "nuvla:swarm:Membership"
    assert "m" in fake_pulumi.finished


def test_it_is_three_commands_of_its_own(fake_pulumi: FakePulumi) -> None:
    membership()
    assert fake_pulumi.children("m") == set(COMMANDS)


def test_the_machine_joins_by_itself_and_a_manager_does_the_rest(fake_pulumi: FakePulumi) -> None:
    membership()
    assert [fake_pulumi.inputs(name)["connection"]["host"] for name in COMMANDS] == [ENTRY, WORKER, ENTRY]


def undone(fake_pulumi: FakePulumi) -> dict[str, str]:
    return {name: fake_pulumi.inputs(name)["delete"] for name in COMMANDS if "delete" in fake_pulumi.inputs(name)}


def test_a_machine_that_outlives_its_membership_leaves_by_itself_and_nobody_else_is_asked(
    fake_pulumi: FakePulumi,
) -> None:
    membership(leaves=True)
    assert undone(fake_pulumi) == {JOIN: "bash -s -- leave"}


def test_a_machine_is_drained_before_it_is_replaced(fake_pulumi: FakePulumi) -> None:
    build(lambda: membership_on(another("disk-of-it")))
    assert undone(fake_pulumi) == {ACTIVE: "bash -s -- drain"}
    assert fake_pulumi.replaced_with(ACTIVE) == {"disk-of-it"}


def test_with_a_machine_that_is_gone_there_is_nothing_to_undo(fake_pulumi: FakePulumi) -> None:
    """What runs on the entry is deleted with the machine that it is about; the entry of before may be dead too."""
    build(lambda: membership_on(another("disk-of-it")))
    assert {fake_pulumi.deleted_with(name) for name in COMMANDS if name != JOIN} == {"disk-of-it"}
    assert fake_pulumi.outputs["m"]["goes_with"] == ["disk-of-it"]


def membership_on(disk: pulumi.Resource) -> Membership:
    return Membership("m", MembershipArgs(machine=machine(disk=disk), swarm=swarm(), after=[], leaves=False))


def test_one_step_comes_after_the_other(fake_pulumi: FakePulumi) -> None:
    membership(leaves=True)
    assert JOIN in fake_pulumi.dependencies(ACTIVE)
    assert NODE in fake_pulumi.dependencies(JOIN)
    assert not {JOIN, ACTIVE} & fake_pulumi.dependencies(NODE)


def test_nothing_is_run_on_a_machine_that_is_lost_nor_about_it(fake_pulumi: FakePulumi) -> None:
    membership(lost=True, commands=frozenset(COMMANDS))
    for name in COMMANDS:
        assert fake_pulumi.options[name].retainOnDelete
        assert {"connection", "stdin", "create"} <= set(fake_pulumi.options[name].ignoreChanges)


def test_what_a_lost_machine_never_did_is_not_asked_of_it_now(fake_pulumi: FakePulumi) -> None:
    membership(lost=True)
    assert {fake_pulumi.types[name] for name in COMMANDS} == {"pulumi:index:Stash"}


def test_it_tells_the_next_run_who_is_a_member_and_where(fake_pulumi: FakePulumi) -> None:
    membership()
    assert fake_pulumi.outputs["m"] == {
        "name": "worker-1",
        "role": "worker",
        "public_address": WORKER,
        "private_address": "10.0.0.7",
        "host_key": "ssh-ed25519 HOST",
        "node_id": fake_pulumi.outputs["m"]["node_id"],
        "goes_with": [],
    }


def test_it_joins_once_all_is_there_that_it_needs_but_gets_ready_to_join_before(fake_pulumi: FakePulumi) -> None:
    membership()
    assert {"docker", "wall"} <= fake_pulumi.dependencies(JOIN)
    assert not {"docker", "wall"} & fake_pulumi.dependencies(NODE)


def test_the_join_token_is_a_secret_off_the_command_line_and_out_of_the_log(fake_pulumi: FakePulumi) -> None:
    membership()
    assert fake_pulumi.parameters(JOIN)["INVITATION"] == "STDOUT:m-node"
    assert fake_pulumi.is_secret(JOIN, "stdin")
    assert "stdout" in fake_pulumi.options[NODE].additionalSecretOutputs
    for name in COMMANDS:
        assert "STDOUT" not in fake_pulumi.inputs(name)["create"]
        assert "environment" not in fake_pulumi.inputs(name)
        assert fake_pulumi.inputs(name)["logging"] == "none"
        assert fake_pulumi.inputs(name)["addPreviousOutputInEnv"] is False


def test_a_token_is_read_only_for_a_machine_that_joins(fake_pulumi: FakePulumi) -> None:
    """Neither a rotated token nor another command line makes a member join again."""
    membership()
    assert fake_pulumi.parameters(NODE) == {
        "SWARM_ID": "STDOUT:swarm-init",
        "NODE": "worker-1",
        "NAME_LABEL": "nuvla-swarm.machine",
        "ROLE": "worker",
        "ADDRESS": "10.0.0.7",
        "HOST_KEY": "ssh-ed25519 HOST",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_another_disk_joins_anew_and_nothing_else_does(fake_pulumi: FakePulumi, command: str) -> None:
    membership()
    assert fake_pulumi.triggers(command)[0] == "worker-1-disk"
    assert "triggers" not in fake_pulumi.inputs(command), "it would be undone over a connection of before"


def test_who_is_invited_anew_is_labelled_anew(fake_pulumi: FakePulumi) -> None:
    """By the last word of the invitation, which is no secret."""
    membership()
    assert fake_pulumi.triggers(ACTIVE)[1:] == ["STDOUT:m-node"]
    assert not fake_pulumi.is_secret(ACTIVE, "update")


@pytest.mark.parametrize("asked", [1, 2])
def test_who_did_not_come_is_invited_anew_and_the_state_knows_how_often(fake_pulumi: FakePulumi, asked: int) -> None:
    membership(asked=asked)
    assert fake_pulumi.triggers(NODE) == ["worker-1-disk", str(asked)]
    assert (fake_pulumi.types["m-asked"], fake_pulumi.outputs["m-asked"]["input"]) == ("pulumi:index:Stash", asked)


def test_another_swarm_is_joined_with_a_token_of_its_own(fake_pulumi: FakePulumi) -> None:
    """Each step has something of the one before among its parameters, so that it is done again after it."""
    membership()
    assert fake_pulumi.parameters(NODE)["SWARM_ID"] == "STDOUT:swarm-init"
    assert fake_pulumi.parameters(JOIN)["SWARM_ID"] == "STDOUT:swarm-init"
    assert fake_pulumi.parameters(JOIN)["INVITATION"] == "STDOUT:m-node"
    assert fake_pulumi.parameters(ACTIVE)["NODE_ID"] == "STDOUT:m-join"


def test_it_joins_by_private_addresses(fake_pulumi: FakePulumi) -> None:
    membership()
    parameters = fake_pulumi.parameters(JOIN)
    assert (parameters["ADDRESS"], parameters["MANAGER"]) == ("10.0.0.7", "10.0.0.1")
    assert parameters["SWARM_ID"] == "STDOUT:swarm-init"


def test_labels_and_availability_are_given_sorted_after_it_joined(fake_pulumi: FakePulumi) -> None:
    membership(labels={"z": "1", "a": "x y"}, availability="drain", role="manager")
    assert "export LABELS='a=x y\nnuvla-swarm.machine=worker-1\nz=1'\n" in fake_pulumi.script(ACTIVE)
    parameters = fake_pulumi.parameters(ACTIVE)
    assert parameters["NODE"] == "worker-1"
    assert parameters["NODE_ID"] == "STDOUT:m-join"
    assert (parameters["ROLE"], parameters["AVAILABILITY"]) == ("manager", "drain")


def test_other_labels_do_not_make_it_join_again(fake_pulumi: FakePulumi) -> None:
    membership(labels={"disk": "ssd"})
    assert "ssd" not in fake_pulumi.script(NODE) + fake_pulumi.script(JOIN)


def test_commands_run_as_root_whoever_logs_in(fake_pulumi: FakePulumi) -> None:
    membership(user="debian", leaves=True)
    assert fake_pulumi.inputs(JOIN)["create"] == "sudo -n bash -s -- join"
    assert fake_pulumi.inputs(JOIN)["delete"] == "sudo -n bash -s -- leave"
    assert fake_pulumi.inputs(NODE)["create"] == "bash -s --"  # of the entry, where root logs in


def test_its_node_id_is_what_the_machine_says(fake_pulumi: FakePulumi) -> None:
    node_id = value(membership().node_id)
    assert (node_id.value if isinstance(node_id, Secret) else node_id) == "STDOUT:m-join"
