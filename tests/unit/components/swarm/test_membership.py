"""components/swarm/membership.py: the membership of a machine is three commands that update in place."""

from typing import Any

import pulumi

from components.swarm.membership import Membership, MembershipArgs
from tests.support.builders import another, machine, swarm
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, start, value

NODE, JOIN, ACTIVE = COMMANDS = ("m-node", "m-join", "m-active")
API_MANAGER, WORKER = "192.0.2.1", "192.0.2.7"


def membership(*, leaves: bool = False, asked: int = 0, **of_machine: Any) -> Membership:
    def make() -> Membership:
        after = [another("docker"), another("wall")]
        args = MembershipArgs(
            machine=machine(**of_machine), swarm=swarm(), depends_on=after, leaves=leaves, renewals=asked
        )
        return Membership("m", args)

    return build(make)


def test_preview_shows_role_labels_and_availability(fake_pulumi: FakePulumi) -> None:
    membership(labels={"disk": "ssd"}, availability="pause")
    assert fake_pulumi.inputs("m") == {"role": "worker", "labels": {"disk": "ssd"}, "availability": "pause"}
    assert fake_pulumi.types["m"] == "nuvla:swarm:Membership"
    assert "m" in fake_pulumi.finished


def test_membership_is_three_commands_and_a_record(fake_pulumi: FakePulumi) -> None:
    membership()
    assert fake_pulumi.children("m") == {*COMMANDS, "m-outputs"}


def test_machine_runs_the_join_and_the_api_manager_runs_the_rest(fake_pulumi: FakePulumi) -> None:
    membership()
    assert [fake_pulumi.inputs(name)["connection"]["host"] for name in COMMANDS] == [API_MANAGER, WORKER, API_MANAGER]


def delete_commands(fake_pulumi: FakePulumi) -> dict[str, str]:
    return {name: fake_pulumi.inputs(name)["delete"] for name in COMMANDS if "delete" in fake_pulumi.inputs(name)}


def test_surviving_machine_leaves_the_swarm_by_its_own_command(
    fake_pulumi: FakePulumi,
) -> None:
    membership(leaves=True)
    assert delete_commands(fake_pulumi) == {JOIN: "bash -s -- leave"}


def test_machine_is_drained_before_it_is_replaced(fake_pulumi: FakePulumi) -> None:
    build(lambda: membership_on(another("disk-of-it")))
    assert delete_commands(fake_pulumi) == {ACTIVE: "bash -s -- drain"}
    assert fake_pulumi.replaced_with(ACTIVE) == {"disk-of-it"}


def test_membership_commands_are_deleted_with_the_machine(fake_pulumi: FakePulumi) -> None:
    """A command on the API manager is deleted with the machine that it is about: the former API manager may be dead."""
    build(lambda: membership_on(another("disk-of-it")))
    assert {fake_pulumi.deleted_with(name) for name in COMMANDS if name != JOIN} == {"disk-of-it"}
    assert fake_pulumi.outputs["m"]["goes_with"] == ["disk-of-it"]


def membership_on(disk: pulumi.Resource) -> Membership:
    return Membership("m", MembershipArgs(machine=machine(disk=disk), swarm=swarm(), depends_on=[], leaves=False))


def test_membership_steps_run_in_order(fake_pulumi: FakePulumi) -> None:
    membership(leaves=True)
    assert JOIN in fake_pulumi.dependencies(ACTIVE)
    assert NODE in fake_pulumi.dependencies(JOIN)
    assert not {JOIN, ACTIVE} & fake_pulumi.dependencies(NODE)


def test_commands_of_a_lost_machine_are_frozen(fake_pulumi: FakePulumi) -> None:
    membership(lost=True, commands=frozenset(COMMANDS))
    for name in COMMANDS:
        assert fake_pulumi.options[name].retainOnDelete
        assert {"connection", "stdin", "create"} <= set(fake_pulumi.options[name].ignoreChanges)


def test_lost_machine_gets_no_new_commands(fake_pulumi: FakePulumi) -> None:
    membership(lost=True)
    assert {fake_pulumi.types[name] for name in COMMANDS} == {"pulumi:index:Stash"}


def test_membership_outputs_identify_the_member_for_the_next_run(fake_pulumi: FakePulumi) -> None:
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


def test_join_waits_for_its_requirements_and_the_invitation_does_not(fake_pulumi: FakePulumi) -> None:
    membership()
    assert {"docker", "wall"} <= fake_pulumi.dependencies(JOIN)
    assert not {"docker", "wall"} & fake_pulumi.dependencies(NODE)


def test_join_token_is_secret_and_neither_in_arguments_nor_in_logs(fake_pulumi: FakePulumi) -> None:
    membership()
    assert fake_pulumi.parameters(JOIN)["INVITATION"] == "STDOUT:m-node"
    assert fake_pulumi.is_secret(JOIN, "stdin")
    assert "stdout" in fake_pulumi.options[NODE].additionalSecretOutputs
    for name in COMMANDS:
        assert "STDOUT" not in fake_pulumi.inputs(name)["create"]
        assert "environment" not in fake_pulumi.inputs(name)
        assert fake_pulumi.inputs(name)["logging"] == "none"
        assert fake_pulumi.inputs(name)["addPreviousOutputInEnv"] is False


def test_invitation_does_not_depend_on_the_join_token(fake_pulumi: FakePulumi) -> None:
    """A rotated token makes no member join again."""
    membership()
    assert fake_pulumi.parameters(NODE) == {
        "SWARM_ID": "STDOUT:swarm-init",
        "NODE": "worker-1",
        "NAME_LABEL": "nuvla-swarm.machine",
        "ROLE": "worker",
        "ADDRESS": "10.0.0.7",
        "HOST_KEY": "ssh-ed25519 HOST",
    }


def test_another_host_key_of_a_machine_that_the_program_made_makes_it_no_other_member(fake_pulumi: FakePulumi) -> None:
    membership(host_key=pulumi.Output.from_input("ssh-ed25519 NEW"), first_host_key=pulumi.Output.from_input("OLD"))
    assert fake_pulumi.parameters(NODE)["HOST_KEY"] == "OLD"


def test_new_disk_joins_again_in_place(fake_pulumi: FakePulumi) -> None:
    membership()
    for command in COMMANDS:
        assert fake_pulumi.triggers(command)[0] == "worker-1-disk"
        assert "triggers" not in fake_pulumi.inputs(command), "it would be undone over the earlier connection"


def test_new_invitation_labels_the_node_again(fake_pulumi: FakePulumi) -> None:
    """The trigger is the last word of the invitation, which is no secret."""
    membership()
    assert fake_pulumi.triggers(ACTIVE)[1:] == ["STDOUT:m-node"]
    assert not fake_pulumi.is_secret(ACTIVE, "update")


def test_absent_machine_is_invited_again_and_counted() -> None:
    for asked in (1, 2):
        fake_pulumi = start()
        membership(asked=asked)
        assert fake_pulumi.triggers(NODE) == ["worker-1-disk", str(asked)]
        assert (fake_pulumi.types["m-asked"], fake_pulumi.outputs["m-asked"]["input"]) == ("pulumi:index:Stash", asked)


def test_new_swarm_reruns_each_step(fake_pulumi: FakePulumi) -> None:
    """Each step has an output of the step before among its parameters, and so runs after it again."""
    membership()
    assert fake_pulumi.parameters(NODE)["SWARM_ID"] == "STDOUT:swarm-init"
    assert fake_pulumi.parameters(JOIN)["SWARM_ID"] == "STDOUT:swarm-init"
    assert fake_pulumi.parameters(JOIN)["INVITATION"] == "STDOUT:m-node"
    assert fake_pulumi.parameters(ACTIVE)["NODE_ID"] == "STDOUT:m-join"


def test_machines_join_by_private_addresses(fake_pulumi: FakePulumi) -> None:
    membership()
    parameters = fake_pulumi.parameters(JOIN)
    assert (parameters["ADDRESS"], parameters["MANAGER"]) == ("10.0.0.7", "10.0.0.1")
    assert parameters["SWARM_ID"] == "STDOUT:swarm-init"


def test_labels_are_sorted_and_set_after_the_join(fake_pulumi: FakePulumi) -> None:
    membership(labels={"z": "1", "a": "x y"}, availability="drain", role="manager")
    assert "export LABELS='a=x y\nnuvla-swarm.machine=worker-1\nz=1'\n" in fake_pulumi.script(ACTIVE)
    parameters = fake_pulumi.parameters(ACTIVE)
    assert parameters["NODE"] == "worker-1"
    assert parameters["NODE_ID"] == "STDOUT:m-join"
    assert (parameters["ROLE"], parameters["AVAILABILITY"]) == ("manager", "drain")


def test_changed_labels_do_not_rerun_the_join(fake_pulumi: FakePulumi) -> None:
    membership(labels={"disk": "ssd"})
    assert "ssd" not in fake_pulumi.script(NODE) + fake_pulumi.script(JOIN)


def test_membership_commands_run_as_root_for_any_user(fake_pulumi: FakePulumi) -> None:
    membership(user="debian", leaves=True)
    assert fake_pulumi.inputs(JOIN)["create"] == "sudo -n bash -s -- join"
    assert fake_pulumi.inputs(JOIN)["delete"] == "sudo -n bash -s -- leave"
    assert fake_pulumi.inputs(NODE)["create"] == "bash -s --"  # on the API manager, where root logs in


def test_node_id_is_what_the_join_prints(fake_pulumi: FakePulumi) -> None:
    node_id = value(membership().node_id)
    assert (node_id.value if isinstance(node_id, Secret) else node_id) == "STDOUT:m-join"
