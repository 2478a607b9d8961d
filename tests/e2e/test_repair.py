"""What was removed, changed or forgotten inside a swarm is put right by `make up`, and nobody else's is touched."""

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

from tests.e2e.conftest import settings
from tests.e2e.harness import LABEL, Result, Stack, docker, stack
from tests.e2e.networks import subnet_of
from tests.e2e.waiting import killed, wait_for

pytestmark = pytest.mark.slow

KINDS = ("service", "network", "config", "secret")
SAMPLE = 2  # of the kinds and pairs of kinds, beside all at once
STACK = "e2e-lost"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target on one machine, with Traefik alone. Each test takes something from it, and leaves it whole."""
    with stack(STACK, Path(tmp_path_factory.mktemp("lost")), settings(subnet_of("lost"), 0)) as made:
        up(made)
        yield made


def up(made: Stack) -> Result:
    result = made.make("up")
    assert result.code == 0, result.text
    return result


def unchanged(made: Stack) -> None:
    again = made.up()
    assert again.code == 0, again.text
    assert again.touched() == set(), again.text
    assert "pending_operations" not in made.must("pulumi", "stack", "export").text


def on_manager(made: Stack, *command: str) -> str:
    done = made.on("manager-1", "docker", *command)
    assert done.code == 0, done.text
    return done.text.strip()


def things(made: Stack, kind: str) -> dict[str, str]:
    """Ids of what the program made in the swarm, by name."""
    form = "{{.ID}} {{.Name}}"
    listed = on_manager(made, kind, "ls", "--filter", f"label={LABEL}=nuvla-swarm/{made.name}", "--format", form)
    return {name: identity for identity, name in (line.split() for line in listed.splitlines())}


def inventory(made: Stack) -> list[str]:
    """What there is of each kind, without the random end of a name."""
    return sorted(f"{kind} {re.sub('-[0-9a-f]{7}$', '', name)}" for kind in KINDS for name in things(made, kind))


def users(made: Stack, name: str, identity: str) -> list[str]:
    """The services that use something."""
    ids = things(made, "service").values()
    told = json.loads(on_manager(made, "service", "inspect", *ids)) if ids else []
    return [one["ID"] for one in told if name in json.dumps(one["Spec"]) or identity in json.dumps(one["Spec"])]


def remove(made: Stack, kind: str, name: str) -> None:
    """Removes something by hand, and the services that use it before."""
    identity = things(made, kind).get(name)
    if identity is None:
        return  # it went with another
    services = [identity] if kind == "service" else users(made, name, identity)
    if services:
        on_manager(made, "service", "rm", *services)
    if kind != "service":
        wait_for(lambda: made.on("manager-1", "docker", kind, "rm", identity).code == 0, f"no task is on {name}")


def test_a_stack_of_an_application_may_have_the_name_of_one_of_ours(target: Stack) -> None:
    before = inventory(target)
    for name in ("traefik", "socket-proxy"):
        assert "Nothing found in stack" in target.on("manager-1", "docker", "stack", "rm", name).text
    assert inventory(target) == before


def test_whatever_was_removed_is_back_and_the_next_update_has_no_changes(
    target: Stack, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("seed") or secrets.token_hex(4)
    print(f"seed: {seed}")
    chance = random.Random(seed)
    before = inventory(target)
    lost = [[kind] for kind in KINDS] + [list(pair) for pair in combinations(KINDS, 2)]
    for kinds in [*chance.sample(lost, SAMPLE), None]:
        if kinds is None:
            gone = [(kind, name) for kind in KINDS for name in things(target, kind)]
        else:
            gone = [(kind, chance.choice(sorted(things(target, kind)))) for kind in kinds]
        print(f"removes {gone}")
        for kind, name in gone:
            remove(target, kind, name)
        told = up(target).text
        assert all(f"the {kind} {name} is gone from the swarm" in told for kind, name in gone), told
        assert inventory(target) == before
        unchanged(target)


def forget(made: Stack, *services: str) -> None:
    """Has the state know these services as being made, and nothing of the network that both are on."""
    known = json.loads(made.must("pulumi", "stack", "export").text)
    names = {f"{one}-{part}" for one in services for part in ("service", "converged")} | {"docker-api-network"}
    gone = [one for one in known["deployment"]["resources"] if one["urn"].rpartition("::")[2] in names]
    known["deployment"]["resources"] = [one for one in known["deployment"]["resources"] if one not in gone]
    for one in known["deployment"]["resources"]:
        one["dependencies"] = [urn for urn in one.get("dependencies", ()) if urn.rpartition("::")[2] not in names]
    known["deployment"]["pending_operations"] = [
        {"type": "creating", "resource": {key: value for key, value in one.items() if key not in ("id", "outputs")}}
        for one in gone
        if one["urn"].endswith("-service")
    ]
    file = made.folder / "state.json"
    file.write_text(json.dumps(known))
    made.must("pulumi", "stack", "import", "--file", str(file))


def test_what_is_in_no_state_any_more_is_taken_in(target: Stack) -> None:
    """As if an update had been killed after it made things, and before it noted them; Pulumi alone does not help."""
    before = {kind: things(target, kind) for kind in KINDS}
    forget(target, "traefik", "socket-proxy")
    refused = target.up()
    assert refused.code != 0
    there = r"the swarm has a (network docker-api|service \S+) already: if a killed update made it, `make up` puts that"
    assert re.search(there, refused.text), refused.text
    told = up(target).text
    assert "takes the service traefik, which is in no state, into it" in told
    assert "takes the network docker-api, which is in no state, into it" in told
    assert {kind: things(target, kind) for kind in KINDS} == before
    unchanged(target)


def test_what_a_refresh_forgot_is_taken_in_again_below_the_applications_on_it(target: Stack) -> None:
    before, networks = inventory(target), things(target, "network")
    options = ["--detach", "--name", "app", "--network", "traefik-public", "--endpoint-mode", "dnsrr"]
    app = on_manager(target, "service", "create", *options, "whoami:test")
    assert target.on("manager-1", "systemctl", "stop", "docker.socket", "docker.service").code == 0
    refused = target.make("refresh")
    assert refused.code != 0
    assert "its entry does not answer" in refused.text
    assert "Traceback" not in refused.text
    assert target.run("pulumi", "refresh", "--yes", "--skip-preview").code != 0
    assert "network:Network::docker-api-network" not in target.must("pulumi", "stack", "--show-urns").text
    assert target.on("manager-1", "systemctl", "start", "docker.service").code == 0
    wait_for(lambda: target.on("manager-1", "docker", "node", "ls").code == 0, "the swarm is there")
    up(target)
    assert things(target, "network") == networks
    up(target)  # which removes what services used until the one before
    assert inventory(target) == before
    assert on_manager(target, "service", "inspect", "--format", "{{.ID}}", "app") == app
    unchanged(target)
    refreshed = target.make("refresh")
    assert refreshed.code == 0, refreshed.text
    unchanged(target)
    on_manager(target, "service", "rm", "app")


def test_a_service_that_was_rolled_back_is_tried_again(target: Stack) -> None:
    images = target.get("images")
    target.set("images.traefik", images["haproxy"])  # ends at once without its configuration
    failed = target.make("up")
    assert failed.code != 0
    ended = r"traefik: its update did not succeed \(rollback_(completed|paused)\)\. Once the cause is gone, `make up`"
    assert re.search(ended, failed.text), failed.text
    again = target.make("up")
    assert again.code != 0
    assert "the last update of the service traefik did not succeed, and is tried again" in again.text
    assert re.search(r"~ +docker:\S+ +traefik-service +updated", again.text.partition("Updating (")[2]), again.text
    target.set("images", images)
    up(target)
    unchanged(target)
    # What was taken back long ago is no reason to fail when something else of the stack changes.
    target.set("traefik", {"log_level": "WARN"})
    up(target)
    unchanged(target)


def test_a_service_that_somebody_changed_is_put_right_and_waited_for(target: Stack) -> None:
    on_manager(target, "service", "update", "--detach", "--env-add", "CHANGED=yes", "socket-proxy")
    told = up(target).text
    assert "the service socket-proxy is not as it was set" in told
    assert re.search(r"socket-proxy-converged +created replacement", told), told
    assert "CHANGED" not in on_manager(target, "service", "inspect", "socket-proxy", "--format", "{{json .Spec}}")
    unchanged(target)


def on_engine(made: Stack) -> list[str]:
    """Ids of machines, disks and networks, by when they were made."""
    found = {kind: made.on_engine(kind) for kind in ("container", "volume", "network")}
    started = docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", *found["container"]).splitlines()
    return sorted([*started, *found["volume"], *found["network"]])


def test_a_stack_of_the_same_name_in_another_checkout_touches_nothing(target: Stack, tmp_path: Path) -> None:
    before, volumes = on_engine(target), len(target.on_engine("volume"))
    other = Stack(STACK, tmp_path / "other", configuration(target))
    try:
        killed(other, "up", lambda: len(other.on_engine("volume")) > volumes, "a volume of the other one is there")
        result = other.make("up")
        assert result.code != 0
        assert "of another checkout with a stack of the same name: run `make down` there" in result.text
        assert set(before) <= set(on_engine(target))
        down = other.make("down")
        assert down.code == 0, down.text
    finally:
        other.end()
    assert on_engine(target) == before
    unchanged(target)


def configuration(made: Stack) -> dict[str, Any]:
    """The sections of its settings."""
    found = yaml.safe_load(made.file.read_text())["config"]
    return {key.removeprefix("nuvla-swarm:"): value for key, value in found.items()}
