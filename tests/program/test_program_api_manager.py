"""The manager that the program works through: another one than `swarm.api_manager`, while that one is away."""

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.prior_state import SILENT
from tests.program.runs import run
from tests.support.configs import changed, existing, exoscale, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Program, run_program
from tests.support.rows import rows

THREE = target(managers=3, workers=1, monitoring={"enabled": False}, nfs={"enabled": False}, s3={"enabled": False})
NEW = changed(THREE, "machines.pools.manager.count", 3) | {"swarm": {"api_manager": "manager-2"}}
THREE_HOSTS = changed(
    existing(workers=1),
    "machines.pools.manager.hosts",
    {str(number): {"address": f"198.51.100.{number}", "host_key": f"ssh-ed25519 KEY{number}"} for number in (1, 2, 3)},
)
ON_EXOSCALE = changed(exoscale(managers=3, workers=1), "machines.elastic_ip", True)
DISK = ("manager-1", "manager-1-disk")


def stands(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a stack that was brought up with these settings."""
    return run(document, secrets=secrets_for(document)).engine.state_after()


def without(state: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the state after a refresh has found these resources missing."""
    return {urn: one for urn, one in state.items() if urn.rpartition("::")[2] not in names}


def updated(document: Mapping[str, Any], state: dict[str, Any], *, preview: bool = False) -> Program:
    return run_program(document, secrets=secrets_for(document), state=state, preview=preview)


def host(engine: FakePulumi, command: str) -> str:
    """Return the address that a command connects to."""
    return str(engine.inputs(command)["connection"]["host"])


def used(engine: FakePulumi) -> str:
    """Return the manager that the program works through, which each of these steps has to use alike."""
    addresses = {engine.outputs[f"{name}-membership"]["public_address"]: name for name in ("manager-1", "manager-2")}
    hosts = {host(engine, name) for name in ("swarm-init", "worker-1-membership-node", "swarm-members-only")}
    hosts.add(engine.inputs("swarm-engine")["host"].removeprefix("tcp://").removesuffix(":2376"))
    (address,) = hosts
    assert engine.outputs["swarm"]["entry"] == addresses[address]
    return addresses[address]


def test_api_manager_without_its_disk_joins_through_another_one(caplog: pytest.LogCaptureFixture) -> None:
    before = stands(THREE)
    during = updated(THREE, without(before, *DISK))
    assert used(during.engine) == "manager-2"
    assert host(during.engine, "manager-1-membership-node") == host(during.engine, "swarm-init")
    assert "manager-1 is no manager of the swarm now; this update works through manager-2 instead" in caplog.text
    assert during.outputs["docker"]["endpoint"] == run(THREE).outputs["docker"]["endpoint"], "nobody sees the change"
    after = updated(THREE, during.engine.state_after())
    assert used(after.engine) == "manager-1"
    assert "this update works through manager-1, the last one worked through manager-2" in caplog.text
    caplog.clear()
    again = updated(THREE, after.engine.state_after())
    assert used(again.engine) == "manager-1"
    assert "swarm.api_manager" not in caplog.text


def test_preview_decides_as_the_update_does(caplog: pytest.LogCaptureFixture) -> None:
    updated(THREE, without(stands(THREE), *DISK), preview=True)
    assert "this update works through manager-2 instead" in caplog.text


def test_only_manager_without_its_disk_starts_a_swarm_again() -> None:
    alone = changed(THREE, "machines.pools.manager.count", 1)
    engine = updated(alone, without(stands(alone), *DISK)).engine
    assert engine.outputs["swarm"]["entry"] == "manager-1"


def test_lost_api_manager_needs_no_other_setting() -> None:
    before = THREE | {"monitoring": {"enabled": False, "machine": "manager-2"}}
    program = updated(changed(before, "machines.lost", ["manager-1"]), stands(before))
    assert used(program.engine) == "manager-2"
    address = program.engine.outputs["manager-2-membership"]["public_address"]
    assert program.outputs["docker"]["endpoint"] == f"https://{address}:2376", "a dead machine's address is of no use"


def test_api_manager_that_has_yet_to_join_is_used_by_the_next_update() -> None:
    one = changed(THREE, "machines.pools.manager.count", 1)
    joins = updated(NEW, stands(one))
    assert joins.engine.outputs["swarm"]["entry"] == "manager-1"
    assert updated(NEW, joins.engine.state_after()).engine.outputs["swarm"]["entry"] == "manager-2"


@rows("document", [THREE_HOSTS, ON_EXOSCALE])
def test_silent_api_manager_is_left_as_it_is_and_stays_a_member(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stands(document)
    addresses = {
        name: next(
            one["outputs"]["public_address"] for urn, one in before.items() if urn.endswith(f"::{name}-membership")
        )
        for name in ("manager-1", "manager-2")
    }
    monkeypatch.setenv(SILENT, "manager-1 worker-1")
    engine = updated(document, before).engine
    assert engine.outputs["swarm"]["entry"] == "manager-2"
    assert host(engine, "swarm-init") == addresses["manager-2"]
    connecting = {name for name in engine.types if engine.types[name] == "command:remote:Command"}
    left = {name for name in connecting if "connection" in engine.options[name].ignoreChanges}
    away = {name for name in connecting if name.startswith(("manager-1-", "worker-1-"))}
    assert away <= left
    assert not [name for name in connecting - left if host(engine, name) == addresses["manager-1"]]
    assert not [name for name in left if engine.options[name].retainOnDelete]
    assert "manager-1" in engine.parameters("swarm-members-only")["MEMBERS"].split()
    assert engine.outputs["cluster"]["lost"] == []
    assert engine.outputs["cluster"]["made_anew"] == {}
    monkeypatch.delenv(SILENT)
    back = updated(document, engine.state_after()).engine
    assert back.outputs["swarm"]["entry"] == "manager-1"
