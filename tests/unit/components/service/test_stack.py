"""components/service/stack.py: services as resources, and the wait until they have converged."""

import dataclasses
from base64 import b64encode
from typing import Any

import pulumi

from components.engine.engine import Engine, EngineArgs
from components.service.spec import (
    File,
    HealthCheck,
    Mount,
    Port,
    SecretFile,
    Service,
    StackSpec,
    constraint_for_machine,
)
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
    "login_generation": lambda: "other",
}
# Swarm hands another login on without starting a container.
WITHOUT_A_START = {"login_generation"}


def stack(
    *, others: tuple[str, ...] = (), members: tuple[str, ...] = (), engines: tuple[str, ...] = (), **changed: Any
) -> None:
    """Deploy the stack `shop` with the service `web`, changed as asked, and equal services of other names."""

    def make() -> None:
        made = {field: value() if callable(value) else value for field, value in changed.items()}
        front = [network()]
        services = [service(**({"networks": front} | made)), *(service(name=name, networks=front) for name in others)]
        spec = StackSpec(services=services, settings={"image": "web:1"})
        on = [Engine(f"{name}-engine", EngineArgs(machine=machine(name), settings=SETTINGS)) for name in engines]
        ServiceStack("shop", spec, machine("manager-1"), owner(), members=memberships(*members), engines=on)

    build(make)


def triggers(field: str | None = None, value: Any = None) -> list[str]:
    """Return the values that rerun the wait for `web`."""
    fake_pulumi = start()
    stack(**({field: value} if field else {}))
    return list(fake_pulumi.triggers(CONVERGED))


def test_preview_shows_the_settings_of_the_stack(fake_pulumi: FakePulumi) -> None:
    stack()
    assert fake_pulumi.types["shop"] == "nuvla:service:ServiceStack"
    assert fake_pulumi.inputs("shop") == {"image": "web:1"}
    assert "shop" in fake_pulumi.finished


def test_resources_are_children_of_the_stack_with_its_labels(fake_pulumi: FakePulumi) -> None:
    stack()
    assert fake_pulumi.children("shop") == {CONFIG, SECRET, SERVICE, CONVERGED}
    for name in (CONFIG, SECRET):
        assert fake_pulumi.inputs(name)["labels"] == MARKS
    for mark in MARKS:
        assert mark in fake_pulumi.inputs(SERVICE)["labels"]


def test_file_is_a_config_with_readable_text(fake_pulumi: FakePulumi) -> None:
    stack()
    assert fake_pulumi.inputs(CONFIG)["dataRaw"] == "a: 1\n"
    assert not fake_pulumi.is_secret(CONFIG, "dataRaw")
    assert "data" not in fake_pulumi.inputs(CONFIG)


def test_secret_file_stays_secret(fake_pulumi: FakePulumi) -> None:
    stack()
    assert fake_pulumi.inputs(SECRET)["data"] == b64encode(b"W").decode()
    assert fake_pulumi.is_secret(SECRET, "data")


def test_configs_and_secrets_have_generated_names(fake_pulumi: FakePulumi) -> None:
    stack()
    for name in (CONFIG, SECRET):
        assert "name" not in fake_pulumi.inputs(name)
        assert not fake_pulumi.options[name].deleteBeforeReplace


def test_service_is_replaced_with_its_networks(fake_pulumi: FakePulumi) -> None:
    stack(networks=lambda: [network("one"), network("two")])
    assert fake_pulumi.replaced_with(SERVICE) == {"one-network", "two-network"}
    for name in (CONFIG, SECRET, CONVERGED):
        assert fake_pulumi.replaced_with(name) == set()


def test_manager_waits_for_convergence_after_machines_have_joined(fake_pulumi: FakePulumi) -> None:
    stack(members=("one", "two"))
    assert fake_pulumi.parameters(CONVERGED) == {"SERVICES": "web"}
    joined = {"one-active", "two-active"}
    assert {SERVICE, *joined} <= fake_pulumi.dependencies(CONVERGED)
    assert not joined & fake_pulumi.dependencies(SERVICE)


def test_service_bound_to_a_machine_that_does_not_answer_is_not_awaited(fake_pulumi: FakePulumi) -> None:
    def deploy(constraints: list[str], others: list[str]) -> str:
        fake_pulumi = start()

        def make() -> None:
            members = memberships("worker-1", "worker-2")
            members[0].machine = dataclasses.replace(members[0].machine, silent=True)
            services = [service(networks=[network()], constraints=constraints)]
            services += [service(name=name, networks=[]) for name in others]
            manager = machine("manager-1", commands=frozenset([CONVERGED]))
            ServiceStack("shop", StackSpec(services=services, settings={}), manager, owner(), members=members)

        build(make)
        return "" if fake_pulumi.options[CONVERGED].ignoreChanges else fake_pulumi.parameters(CONVERGED)["SERVICES"]

    assert deploy(constraint_for_machine("worker-1"), ["api"]) == "api"
    assert deploy(constraint_for_machine("worker-2"), ["api"]) == "web api"
    assert deploy([], []) == "web"
    assert deploy(constraint_for_machine("worker-1"), []) == "", "the command stays as it is"


def test_recreated_machine_triggers_the_wait(fake_pulumi: FakePulumi) -> None:
    stack(members=("one",))
    assert fake_pulumi.triggers(CONVERGED)[0] == "one-root"


def test_restarted_engine_triggers_the_wait(fake_pulumi: FakePulumi) -> None:
    stack(engines=("one",))
    assert fake_pulumi.triggers(CONVERGED)[0] == "STDOUT:one-engine-configure"
    assert "one-engine-configure" in fake_pulumi.dependencies(CONVERGED)


def test_each_field_of_a_service_has_a_change_in_this_test() -> None:
    assert list(CHANGES) == [field.name for field in dataclasses.fields(Service)]


def test_changed_field_triggers_the_wait() -> None:
    unchanged = triggers()
    assert [field for field, value in CHANGES.items() if triggers(field, value) == unchanged] == [*WITHOUT_A_START]


def test_other_login_is_another_label_of_the_service_alone(fake_pulumi: FakePulumi) -> None:
    stack(login_generation=lambda: "abc")
    assert {"label": "io.nuvla.swarm.login", "value": "abc"} in fake_pulumi.inputs(SERVICE)["labels"]
    labels = fake_pulumi.inputs(SERVICE)["taskSpec"]["containerSpec"]["labels"]
    assert "io.nuvla.swarm.login" not in {one["label"] for one in labels}


def test_renamed_files_and_variables_trigger_the_wait() -> None:
    changes: list[tuple[str, Any]] = [
        ("files", lambda: [File(name="main", path="/etc/other.yaml", content="a: 1\n")]),
        ("files", lambda: []),
        ("secrets", lambda: []),
        ("env", lambda: {"STATE": "fast", "HOME": "/"}),
        ("env", lambda: {"MODE": "/", "HOME": "fast"}),
        ("env", lambda: {"HOME": "/"}),
    ]
    unchanged = triggers()
    assert [(field, value()) for field, value in changes if triggers(field, value) == unchanged] == []


def test_unchanged_service_triggers_no_wait() -> None:
    assert triggers() == triggers()


def test_changed_service_leaves_other_services_alone() -> None:
    def others(**changed: Any) -> Any:
        fake_pulumi = start()
        stack(others=("other",), **changed)
        names = [name for name in fake_pulumi.types if name.startswith("other-")]
        assert len(names) == 3
        return {name: fake_pulumi.given[name] for name in names}

    assert others() == others(image="web:2", labels={"b": "1"})


def test_triggers_of_the_wait_show_no_secret(fake_pulumi: FakePulumi) -> None:
    stack()
    assert not fake_pulumi.is_secret(CONVERGED, "stdin")
    assert b64encode(b"W").decode() not in str(fake_pulumi.triggers(CONVERGED))


def test_platforms_that_docker_adds_are_ignored(fake_pulumi: FakePulumi) -> None:
    stack()
    assert "taskSpec.placement.platforms" in fake_pulumi.options[SERVICE].ignoreChanges


def test_changed_container_labels_do_not_replace_the_service(fake_pulumi: FakePulumi) -> None:
    """The provider would replace the service, and an earlier release had its ports in a label."""
    stack()
    assert "taskSpec.containerSpec.labels" in fake_pulumi.options[SERVICE].ignoreChanges
