"""components/machines/lost_commands.py under the real engine: a dead machine is asked nothing, whatever goes."""

from contextlib import ExitStack
from pathlib import Path

from components.machines.lost_commands import SUFFIX as FORGOTTEN
from tests.offline import sshd, stacks

PROGRAM = """
import os
from typing import Any

import pulumi
from pulumi_command import remote

from components.machines.lost_commands import retain_lost_commands
from components.machines.machine import Machine
from components.machines.skipped_command import IGNORED_WHEN_LOST
from stacks import pulumi_runtime
from components.machines.prior_state import PriorState

WANTED, LOST = os.environ["WANTED"].split(), os.environ.get("LOST", "").split()


def build(prior: PriorState) -> dict[str, Any]:
    nothing = pulumi.Output.from_input("")
    key = pulumi.Output.secret(open(os.environ["SSH_KEY"]).read())
    machine = Machine(
        name="worker-1",
        role="worker",
        labels={},
        availability="active",
        public_address="127.0.0.1",
        private_address="127.0.0.1",
        user=os.environ["SSH_USER"],
        private_key=key,
        host_key=nothing,
        system_generation=nothing,
        data_generation=nothing,
    )
    cluster = pulumi.ComponentResource("nuvla:machines:ExistingCluster", "cluster")
    files = pulumi.ComponentResource("nuvla:storage:Nfs", "nfs")
    for name in WANTED:
        machine.registered.add(name)
        connection = remote.ConnectionArgs(
            host=machine.public_address,
            port=float(os.environ["SSH_PORT"]),
            user=machine.user,
            private_key=key,
            host_key=os.environ["SSH_HOST_KEY"],
            dial_error_limit=0,
        )
        opts = pulumi.ResourceOptions(
            parent=files, retain_on_delete=bool(LOST) or None, ignore_changes=IGNORED_WHEN_LOST if LOST else None
        )
        remote.Command(name, connection=connection, create="true", delete="true", opts=opts)
    retain_lost_commands(prior.lost_commands(LOST), [machine], pulumi.ResourceOptions(parent=cluster))
    return {}


pulumi_runtime.run(build)
"""
BEFORE, PACKAGES, ENTRY = "worker-1-before", "nfs-packages-worker-1", "nfs-entry-worker-2"
UP = ("up", "--yes", "--skip-preview")


def test_resources_of_a_dead_machine_are_dropped_without_contact(tmp_path: Path) -> None:
    every = {"WANTED": f"{BEFORE} {PACKAGES} {ENTRY}"}
    fewer = {"WANTED": BEFORE}
    lost = fewer | {"LOST": "worker-1"}
    folders = [tmp_path / name for name in ("sshd", "stack")]
    for folder in folders:
        folder.mkdir()
    with ExitStack() as server:
        machine = server.enter_context(sshd.running(folders[0]))
        with stacks.new(folders[1], PROGRAM, machine) as stack:
            stack.pulumi(*UP, settings=every)
            server.close()
            assert "refused" in stack.pulumi(*UP, ok=False, settings=fewer), "it is dead, and nobody said so"
            assert not {"create", "replace", "delete"} & set(stack.steps(**lost).values())
            stack.pulumi(*UP, settings=lost)
            assert stack.steps(**lost) == {}
            again = stack.steps(WANTED=every["WANTED"], LOST="worker-1")
            assert again[PACKAGES] == again[ENTRY] == "create", "under its name it is no longer there"
            stack.pulumi(*UP, settings=fewer)
            assert FORGOTTEN not in stack.pulumi("stack", "export")
            stack.pulumi(*UP, settings=lost)  # so that it is destroyed without the machine
