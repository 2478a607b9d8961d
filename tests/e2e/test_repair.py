"""Repair by `make up`: removed, changed or forgotten objects of the program are restored, others stay as they are."""

import json
import random
import re
import secrets
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import STACK_LABEL, Result, Stack, docker, stack
from tests.e2e.networks import subnet_of
from tests.e2e.waiting import kill_make_when, wait_for

pytestmark = pytest.mark.slow

KINDS = ("service", "network", "config", "secret")
SAMPLE_SIZE = 2  # number of kinds, or pairs of kinds, to remove objects of; then all objects are removed
STACK_NAME = "e2e-lost"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on one machine with Traefik alone; each test damages the target and repairs it."""
    with stack(
        STACK_NAME, Path(tmp_path_factory.mktemp("lost")), small_target_settings(subnet_of("lost"), 0)
    ) as target:
        up(target)
        yield target


def up(stack: Stack) -> Result:
    result = stack.make("up")
    assert result.code == 0, result.text
    return result


def assert_unchanged(stack: Stack) -> None:
    second = stack.up()
    assert second.code == 0, second.text
    assert second.touched() == set(), second.text
    assert "pending_operations" not in stack.must("pulumi", "stack", "export").text


def on_manager(stack: Stack, *command: str) -> str:
    completed = stack.on("manager-1", "docker", *command)
    assert completed.code == 0, completed.text
    return completed.text.strip()


def program_objects(stack: Stack, kind: str) -> dict[str, str]:
    """Return the ids of the program's objects of a kind in the swarm, by name."""
    form = "{{.ID}} {{.Name}}"
    listed = on_manager(
        stack, kind, "ls", "--filter", f"label={STACK_LABEL}=nuvla-swarm/{stack.name}", "--format", form
    )
    return {name: identity for identity, name in (line.split() for line in listed.splitlines())}


def object_names(stack: Stack) -> list[str]:
    """Return the names of the program's objects of all kinds, without their random suffixes."""
    return sorted(
        f"{kind} {re.sub('-[0-9a-f]{7}$', '', name)}" for kind in KINDS for name in program_objects(stack, kind)
    )


def services_using(stack: Stack, name: str, identity: str) -> list[str]:
    """Return the ids of the services that use an object."""
    ids = program_objects(stack, "service").values()
    specs = json.loads(on_manager(stack, "service", "inspect", *ids)) if ids else []
    return [
        service["ID"]
        for service in specs
        if name in json.dumps(service["Spec"]) or identity in json.dumps(service["Spec"])
    ]


def remove_by_hand(stack: Stack, kind: str, name: str) -> None:
    """Remove an object by hand, after the services that use it."""
    identity = program_objects(stack, kind).get(name)
    if identity is None:
        return  # the object went with another one
    services = [identity] if kind == "service" else services_using(stack, name, identity)
    if services:
        on_manager(stack, "service", "rm", *services)
    if kind != "service":
        wait_for(lambda: stack.on("manager-1", "docker", kind, "rm", identity).code == 0, f"no task is on {name}")


def test_docker_stack_rm_by_the_name_of_a_service_removes_nothing(target: Stack) -> None:
    before = object_names(target)
    for name in ("traefik", "socket-proxy"):
        assert "Nothing found in stack" in target.on("manager-1", "docker", "stack", "rm", name).text
    assert object_names(target) == before


def test_removed_objects_are_back_after_make_up(target: Stack, request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("seed") or secrets.token_hex(4)
    print(f"seed: {seed}")
    rng = random.Random(seed)
    before = object_names(target)
    choices = [[kind] for kind in KINDS] + [list(pair) for pair in combinations(KINDS, 2)]
    for kinds in [*rng.sample(choices, SAMPLE_SIZE), None]:
        if kinds is None:
            removed = [(kind, name) for kind in KINDS for name in program_objects(target, kind)]
        else:
            removed = [(kind, rng.choice(sorted(program_objects(target, kind)))) for kind in kinds]
        print(f"removes {removed}")
        for kind, name in removed:
            remove_by_hand(target, kind, name)
        printed = up(target).text
        assert all(f"the {kind} {name} is gone from the swarm" in printed for kind, name in removed), printed
        assert object_names(target) == before
        assert_unchanged(target)


def forget_in_state(stack: Stack, *services: str) -> None:
    """Remove services and their common network from the state, with pending operations for the services."""
    state = json.loads(stack.must("pulumi", "stack", "export").text)
    names = {f"{resource}-{part}" for resource in services for part in ("service", "converged")} | {
        "docker-api-network"
    }
    forgotten = [
        resource for resource in state["deployment"]["resources"] if resource["urn"].rpartition("::")[2] in names
    ]
    state["deployment"]["resources"] = [
        resource for resource in state["deployment"]["resources"] if resource not in forgotten
    ]
    for resource in state["deployment"]["resources"]:
        resource["dependencies"] = [
            urn for urn in resource.get("dependencies", ()) if urn.rpartition("::")[2] not in names
        ]
    state["deployment"]["pending_operations"] = [
        {
            "type": "creating",
            "resource": {key: value for key, value in resource.items() if key not in ("id", "outputs")},
        }
        for resource in forgotten
        if resource["urn"].endswith("-service")
    ]
    file = stack.folder / "state.json"
    file.write_text(json.dumps(state))
    stack.must("pulumi", "stack", "import", "--file", str(file))


def test_objects_missing_in_the_state_are_imported(target: Stack) -> None:
    """An update was killed after it created objects and before it recorded them; Pulumi alone does not recover."""
    before = {kind: program_objects(target, kind) for kind in KINDS}
    forget_in_state(target, "traefik", "socket-proxy")
    refused = target.up()
    assert refused.code != 0
    error = r"the swarm has a (network docker-api|service \S+) already: if a killed update made it, `make up` puts that"
    assert re.search(error, refused.text), refused.text
    printed = up(target).text
    assert "imports the service traefik, which the state lacks" in printed
    assert "imports the network docker-api, which the state lacks" in printed
    assert {kind: program_objects(target, kind) for kind in KINDS} == before
    assert_unchanged(target)


def test_networks_that_a_refresh_forgot_are_imported_with_applications_on_them(target: Stack) -> None:
    before, networks = object_names(target), program_objects(target, "network")
    options = ["--detach", "--name", "app", "--network", "traefik-public", "--endpoint-mode", "dnsrr"]
    app = on_manager(target, "service", "create", *options, "whoami:test")
    assert target.on("manager-1", "systemctl", "stop", "docker.socket", "docker.service").code == 0
    refused = target.make("refresh")
    assert refused.code != 0
    assert "its API manager does not answer" in refused.text
    assert "Traceback" not in refused.text
    assert target.run("pulumi", "refresh", "--yes", "--skip-preview").code != 0
    assert "network:Network::docker-api-network" not in target.must("pulumi", "stack", "--show-urns").text
    assert target.on("manager-1", "systemctl", "start", "docker.service").code == 0
    wait_for(lambda: target.on("manager-1", "docker", "node", "ls").code == 0, "the swarm is there")
    up(target)
    assert program_objects(target, "network") == networks
    up(target)  # removes the objects that services used until the last update
    assert object_names(target) == before
    assert on_manager(target, "service", "inspect", "--format", "{{.ID}}", "app") == app
    assert_unchanged(target)
    refreshed = target.make("refresh")
    assert refreshed.code == 0, refreshed.text
    assert_unchanged(target)
    on_manager(target, "service", "rm", "app")


def test_update_of_a_service_that_was_rolled_back_is_tried_again(target: Stack) -> None:
    images = target.get("images")
    target.set("images.traefik", images["haproxy"])  # this image ends at once without its own configuration
    failed = target.make("up")
    assert failed.code != 0
    ended = r"traefik: its update did not succeed \(rollback_(completed|paused)\)\. Once the cause is gone, `make up`"
    assert re.search(ended, failed.text), failed.text
    second = target.make("up")
    assert second.code != 0
    # Nothing in the swarm tells any more that it was an update, where Swarm needed another one to end its rollback.
    told = "(the last update of the service traefik did not succeed|the service traefik differs from its settings)"
    assert re.search(told, second.text), second.text
    assert re.search(r"~ +docker:\S+ +traefik-service +updated", second.text.partition("Updating (")[2]), second.text
    target.set("images", images)
    up(target)
    assert_unchanged(target)
    # A former rollback is no reason for an error when another part of the stack changes.
    target.set("traefik", {"log_level": "WARN"})
    up(target)
    assert_unchanged(target)


def test_service_changed_by_hand_is_restored_and_awaited(target: Stack) -> None:
    on_manager(target, "service", "update", "--detach", "--env-add", "CHANGED=yes", "socket-proxy")
    printed = up(target).text
    assert "the service socket-proxy differs from its settings" in printed
    assert re.search(r"socket-proxy-converged +created replacement", printed), printed
    assert "CHANGED" not in on_manager(target, "service", "inspect", "socket-proxy", "--format", "{{json .Spec}}")
    assert_unchanged(target)


def engine_objects(stack: Stack) -> list[str]:
    """Return the ids of machines with their start times, and of volumes and networks."""
    ids = {kind: stack.labelled_ids(kind) for kind in ("container", "volume", "network")}
    started = docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", *ids["container"]).splitlines()
    return sorted([*started, *ids["volume"], *ids["network"]])


def test_stack_of_the_same_name_in_another_checkout_changes_nothing(target: Stack, tmp_path: Path) -> None:
    before, volumes = engine_objects(target), len(target.labelled_ids("volume"))
    other = Stack(STACK_NAME, tmp_path / "other", settings_of(target))
    try:
        kill_make_when(other, "up", lambda: len(other.labelled_ids("volume")) > volumes, "the other stack has a volume")
        result = other.make("up")
        assert result.code != 0
        assert "of another checkout with a stack of the same name" in result.text
        assert set(before) <= set(engine_objects(target))
        down = other.make("down")
        assert down.code == 0, down.text
    finally:
        other.kill_processes()
    assert engine_objects(target) == before
    assert_unchanged(target)


def settings_of(stack: Stack) -> dict[str, Any]:
    """Return the settings of a stack, by section."""
    configuration = yaml.safe_load(stack.file.read_text())["config"]
    return {key.removeprefix("nuvla-swarm:"): value for key, value in configuration.items()}
