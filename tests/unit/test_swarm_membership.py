"""components/swarm/membership.py: a machine's membership is three commands, taken back in reverse order."""

from typing import Any

import pytest

from components.swarm.membership import Membership, MembershipArgs
from tests.mocked import Engine, Secret, build, value
from tests.unit.parts import another, machine, swarm

NODE, JOIN, ACTIVE = COMMANDS = ("m-node", "m-join", "m-active")
ENTRY, WORKER = "192.0.2.1", "192.0.2.7"


def membership(*, leaves: bool = False, **of_machine: Any) -> Membership:
    def make() -> Membership:
        args = MembershipArgs(
            machine=machine(**of_machine), swarm=swarm(), after=[another("docker"), another("wall")], leaves=leaves
        )
        return Membership("m", args)

    return build(make)


def test_it_shows_what_the_machine_is_to_the_swarm(engine: Engine) -> None:
    membership(labels={"disk": "ssd"}, availability="pause")
    assert engine.inputs("m") == {"role": "worker", "labels": {"disk": "ssd"}, "availability": "pause"}
    assert engine.types["m"] == "nuvla:swarm:Membership"
    assert "m" in engine.finished


def test_it_is_three_commands_of_its_own(engine: Engine) -> None:
    membership()
    assert engine.children("m") == set(COMMANDS)


def test_the_machine_joins_by_itself_and_a_manager_does_the_rest(engine: Engine) -> None:
    membership()
    assert [engine.inputs(name)["connection"]["host"] for name in COMMANDS] == [ENTRY, WORKER, ENTRY]


def test_each_command_is_undone_by_its_counterpart(engine: Engine) -> None:
    membership(leaves=True)
    verbs = [(engine.inputs(name)["create"], engine.inputs(name)["delete"]) for name in COMMANDS]
    assert verbs == [
        ("bash -s -- add", "bash -s -- remove"),
        ("bash -s -- join", "bash -s -- leave"),
        ("bash -s -- activate", "bash -s -- drain"),
    ]


def test_a_machine_that_goes_with_its_membership_need_not_leave_by_itself(engine: Engine) -> None:
    membership(leaves=False)
    assert "delete" not in engine.inputs(JOIN)
    assert engine.inputs(NODE)["delete"] == "bash -s -- remove"
    assert engine.inputs(ACTIVE)["delete"] == "bash -s -- drain"


def test_draining_comes_before_leaving_and_leaving_before_removal(engine: Engine) -> None:
    """Deletion is in the reverse order of dependencies."""
    membership(leaves=True)
    assert JOIN in engine.dependencies(ACTIVE)
    assert NODE in engine.dependencies(JOIN)
    assert not {JOIN, ACTIVE} & engine.dependencies(NODE)


def test_it_joins_once_all_is_there_that_it_needs_but_gets_ready_to_join_before(engine: Engine) -> None:
    membership()
    assert {"docker", "wall"} <= engine.dependencies(JOIN)
    assert not {"docker", "wall"} & engine.dependencies(NODE)


def test_the_join_token_is_a_secret_off_the_command_line_and_out_of_the_log(engine: Engine) -> None:
    membership()
    assert engine.parameters(JOIN)["TOKEN"] == "STDOUT:m-node"
    assert engine.is_secret(JOIN, "stdin")
    assert "stdout" in engine.options[NODE].additionalSecretOutputs
    for name in COMMANDS:
        assert "STDOUT" not in engine.inputs(name)["create"]
        assert "environment" not in engine.inputs(name)
        assert engine.inputs(name)["logging"] == "none"
        assert engine.inputs(name)["addPreviousOutputInEnv"] is False


def test_a_token_is_read_only_for_a_machine_that_joins(engine: Engine) -> None:
    """Neither a rotated token nor another command line makes a member join again."""
    membership()
    assert engine.parameters(NODE) == {
        "SWARM_ID": "STDOUT:swarm-init",
        "NODE": "worker-1",
        "NAME_LABEL": "nuvla-swarm.machine",
        "ROLE": "worker",
        "HOST_KEY": "ssh-ed25519 HOST",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_another_disk_joins_anew_and_nothing_else_does(engine: Engine, command: str) -> None:
    membership()
    assert engine.inputs(command)["triggers"] == ["worker-1-disk"]


def test_another_swarm_is_joined_with_a_token_of_its_own(engine: Engine) -> None:
    """Each step has something of the one before among its parameters, so that it is done again after it."""
    membership()
    assert engine.parameters(NODE)["SWARM_ID"] == "STDOUT:swarm-init"
    assert engine.parameters(JOIN)["SWARM_ID"] == "STDOUT:swarm-init"
    assert engine.parameters(JOIN)["TOKEN"] == "STDOUT:m-node"
    assert engine.parameters(ACTIVE)["NODE_ID"] == "STDOUT:m-join"


@pytest.mark.parametrize("command", COMMANDS)
def test_an_old_membership_is_taken_back_before_the_new_one(engine: Engine, command: str) -> None:
    membership()
    assert engine.options[command].deleteBeforeReplace


def test_it_joins_by_private_addresses(engine: Engine) -> None:
    membership()
    parameters = engine.parameters(JOIN)
    assert (parameters["ADDRESS"], parameters["MANAGER"]) == ("10.0.0.7", "10.0.0.1")
    assert parameters["SWARM_ID"] == "STDOUT:swarm-init"


def test_labels_and_availability_are_given_sorted_after_it_joined(engine: Engine) -> None:
    membership(labels={"z": "1", "a": "x y"}, availability="drain", role="manager")
    assert "export LABELS='a=x y\nnuvla-swarm.machine=worker-1\nz=1'\n" in engine.script(ACTIVE)
    parameters = engine.parameters(ACTIVE)
    assert parameters["NODE"] == "worker-1"
    assert parameters["NODE_ID"] == "STDOUT:m-join"
    assert (parameters["ROLE"], parameters["AVAILABILITY"]) == ("manager", "drain")


def test_other_labels_do_not_make_it_join_again(engine: Engine) -> None:
    membership(labels={"disk": "ssd"})
    assert "disk" not in engine.script(NODE) + engine.script(JOIN)


def test_commands_run_as_root_whoever_logs_in(engine: Engine) -> None:
    membership(user="debian", leaves=True)
    assert engine.inputs(JOIN)["create"] == "sudo -n bash -s -- join"
    assert engine.inputs(JOIN)["delete"] == "sudo -n bash -s -- leave"
    assert engine.inputs(NODE)["create"] == "bash -s -- add"  # of the entry, where root logs in


def test_its_node_id_is_what_the_machine_says(engine: Engine) -> None:
    node_id = value(membership().node_id)
    assert (node_id.value if isinstance(node_id, Secret) else node_id) == "STDOUT:m-join"
