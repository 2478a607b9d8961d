"""components/service/stack.py: services become resources, and are waited for when they change."""

import dataclasses
from base64 import b64encode
from typing import Any

import pulumi
import pytest

from components.engine.engine import Engine as DockerEngine
from components.engine.engine import EngineArgs
from components.service.spec import File, HealthCheck, Mount, Port, SecretFile, Service, StackSpec
from components.service.stack import ServiceStack
from tests.support.builders import SETTINGS, machine, memberships, network, owner, service
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, start

MARKS = [
    {"label": "io.nuvla.swarm.stack", "value": "nuvla-swarm/test"},
    {"label": "io.nuvla.swarm.id", "value": "0123abcd"},
    {"label": "com.docker.stack.namespace", "value": "nuvla-swarm-shop"},
]
CONFIG, SECRET, SERVICE, CONVERGED = "web-config-main", "web-secret-word", "web-service", "shop-converged"

# For every field of a service: another value. What Docker gets of it has to differ, and to be waited for.
CHANGES: dict[str, Any] = {
    "name": lambda: "shop",
    "image": lambda: "web:2",
    "networks": lambda: [network("another")],
    "memory_limit_mib": lambda: 513,
    "health": lambda: HealthCheck(command=["check", "it"], interval_s=4),
    "replicas": lambda: 3,
    "constraints": lambda: ["node.role==manager"],
    "command": lambda: ["walk"],
    "args": lambda: ["--slow"],
    "env": lambda: {"MODE": "slow", "HOME": "/"},
    "user": lambda: "1001",
    "capabilities": lambda: ["CAP_SYS_TIME"],
    "temporary": lambda: ["/var/cache"],
    "read_only": lambda: False,
    "files": lambda: [File(name="main", path="/etc/main.yaml", content="a: 2\n")],
    "secrets": lambda: [SecretFile(name="word", content=pulumi.Output.secret("V"))],
    "mounts": lambda: [Mount(source="data", target="/elsewhere")],
    "ports": lambda: [Port(published=81, target=8000)],
    "stop_grace_s": lambda: 30,
    "labels": lambda: {"a": "3"},
}


def stack(
    *, others: tuple[str, ...] = (), members: tuple[str, ...] = (), engines: tuple[str, ...] = (), **changed: Any
) -> None:
    """The stack `shop`: `web`, with changes, and alike services of other names."""

    def make() -> None:
        made = {field: value() if callable(value) else value for field, value in changed.items()}
        front = [network()]
        services = [service(**({"networks": front} | made)), *(service(name=name, networks=front) for name in others)]
        spec = StackSpec(services=services, settings={"image": "web:1"})
        on = [DockerEngine(f"{name}-engine", EngineArgs(machine=machine(name), settings=SETTINGS)) for name in engines]
        ServiceStack("shop", spec, machine("manager-1"), owner(), members=memberships(*members), engines=on)

    build(make)


def triggers(field: str | None = None, value: Any = None) -> list[str]:
    """What makes the wait for `web` happen again."""
    fake_pulumi = start()
    stack(**({field: value} if field else {}))
    return list(fake_pulumi.triggers(CONVERGED))


def test_it_shows_the_settings_that_made_it(fake_pulumi: FakePulumi) -> None:
    stack()
    assert fake_pulumi.types["shop"] == "nuvla:service:ServiceStack"
    assert fake_pulumi.inputs("shop") == {"image": "web:1"}
    assert "shop" in fake_pulumi.finished


def test_all_that_it_makes_is_its_own_and_marked(fake_pulumi: FakePulumi) -> None:
    stack()
    assert fake_pulumi.children("shop") == {CONFIG, SECRET, SERVICE, CONVERGED}
    for name in (CONFIG, SECRET):
        assert fake_pulumi.inputs(name)["labels"] == MARKS
    for mark in MARKS:
        assert mark in fake_pulumi.inputs(SERVICE)["labels"]


def test_a_file_is_a_config_whose_text_a_preview_shows(fake_pulumi: FakePulumi) -> None:
    stack()
    assert fake_pulumi.inputs(CONFIG)["dataRaw"] == "a: 1\n"
    assert not fake_pulumi.is_secret(CONFIG, "dataRaw")
    assert "data" not in fake_pulumi.inputs(CONFIG)


def test_a_secret_is_handed_over_as_one(fake_pulumi: FakePulumi) -> None:
    stack()
    assert fake_pulumi.inputs(SECRET)["data"] == b64encode(b"W").decode()
    assert fake_pulumi.is_secret(SECRET, "data")


def test_configs_and_secrets_have_no_fixed_name_so_that_new_ones_stand_beside_old_ones(fake_pulumi: FakePulumi) -> None:
    stack()
    for name in (CONFIG, SECRET):
        assert "name" not in fake_pulumi.inputs(name)
        assert not fake_pulumi.options[name].deleteBeforeReplace


def test_it_is_replaced_with_its_networks_because_swarm_removes_none_that_is_in_use(fake_pulumi: FakePulumi) -> None:
    stack(networks=lambda: [network("one"), network("two")])
    assert fake_pulumi.replaced_with(SERVICE) == {"one-network", "two-network"}
    for name in (CONFIG, SECRET, CONVERGED):
        assert fake_pulumi.replaced_with(name) == set()


def test_it_is_waited_for_on_a_manager_after_its_members_are_in_the_swarm(fake_pulumi: FakePulumi) -> None:
    stack(members=("one", "two"))
    assert fake_pulumi.parameters(CONVERGED) == {"SERVICES": "web"}
    joined = {"one-active", "two-active"}
    assert {SERVICE, *joined} <= fake_pulumi.dependencies(CONVERGED)
    assert not joined & fake_pulumi.dependencies(SERVICE)


def test_a_machine_that_is_made_anew_has_to_start_its_services(fake_pulumi: FakePulumi) -> None:
    stack(members=("one",))
    assert fake_pulumi.triggers(CONVERGED)[0] == "one-root"


def test_an_engine_that_is_restarted_has_to_start_its_services(fake_pulumi: FakePulumi) -> None:
    stack(engines=("one",))
    assert fake_pulumi.triggers(CONVERGED)[0] == "STDOUT:one-engine-configure"
    assert "one-engine-configure" in fake_pulumi.dependencies(CONVERGED)


def test_the_wait_has_a_change_for_every_field_of_a_service() -> None:
    assert list(CHANGES) == [field.name for field in dataclasses.fields(Service)]


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_of_a_service_is_waited_for(field: str) -> None:
    assert triggers(field, CHANGES[field]) != triggers()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("files", lambda: [File(name="main", path="/etc/other.yaml", content="a: 1\n")]),
        ("files", lambda: []),
        ("secrets", lambda: []),
        ("env", lambda: {"STATE": "fast", "HOME": "/"}),
        ("env", lambda: {"MODE": "/", "HOME": "fast"}),
        ("env", lambda: {"HOME": "/"}),
    ],
)
def test_a_change_of_names_alone_is_waited_for(field: str, value: Any) -> None:
    assert triggers(field, value) != triggers()


def test_nothing_is_waited_for_again_without_a_change() -> None:
    assert triggers() == triggers()


def test_a_change_of_one_service_is_none_of_another() -> None:
    def others(**changed: Any) -> Any:
        fake_pulumi = start()
        stack(others=("other",), **changed)
        names = [name for name in fake_pulumi.types if name.startswith("other-")]
        assert len(names) == 3
        return {name: fake_pulumi.given[name] for name in names}

    assert others() == others(image="web:2", labels={"b": "1"})


def test_the_triggers_of_a_wait_show_no_secret(fake_pulumi: FakePulumi) -> None:
    stack()
    assert not fake_pulumi.is_secret(CONVERGED, "stdin")
    assert b64encode(b"W").decode() not in str(fake_pulumi.triggers(CONVERGED))


def test_what_the_engine_adds_to_a_service_by_itself_is_no_change(fake_pulumi: FakePulumi) -> None:
    stack()
    assert "taskSpec.placement.platforms" in fake_pulumi.options[SERVICE].ignoreChanges


def test_a_service_is_not_removed_to_get_other_labels_on_its_containers(fake_pulumi: FakePulumi) -> None:
    """The provider replaces it for that, and the release before had its ports in one."""
    stack()
    assert "taskSpec.containerSpec.labels" in fake_pulumi.options[SERVICE].ignoreChanges
