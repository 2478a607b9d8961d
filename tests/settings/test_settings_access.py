"""Settings of people and of single machines: mistakes that only several settings together show."""

from typing import Any

from components.machines.ssh_settings import EXAMPLE, key_of
from tests.settings.loading import refusals, taken
from tests.support.configs import changed, existing, exoscale, host, target
from tests.support.rows import rows
from tests.support.ssh_keys import ALICE, BOB

BASES = (target(), exoscale(), existing(), host())
THREE = target(managers=3, workers=1)
ALLOWED = "allowed: one of manager-2, manager-3, worker-1"
BY_OVERRIDE = "which runs no services, as machines.overrides.{0}.availability says; its data stay there"


def with_override(document: dict[str, Any], machine: str, **override: Any) -> dict[str, Any]:
    return changed(document, f"machines.overrides.{machine}", override)


@rows("document", BASES, ids=lambda document: document["machines"]["provider"] + "-" + document["kind"])
def test_every_provider_takes_keys_operators_and_overrides(document: dict[str, Any]) -> None:
    worker = "job-1" if document["kind"] == "host" else "worker-1"
    document = changed(document, "machines.ssh.authorized_keys", [ALICE, BOB])
    document = changed(document, "engine.operators", ["alice", "bob"])
    settings = taken(with_override(document, worker, availability="drain", labels={"disk": "ssd"}))
    assert settings.machines.ssh.authorized_keys == [ALICE, BOB]
    assert worker not in settings.machines.names("worker", active=True)
    assert settings.machines.labels_of(worker)["disk"] == "ssd"
    assert worker in settings.machines.names_with_label("disk", "ssd")


def test_key_given_twice_is_refused() -> None:
    assert refusals(changed(existing(), "machines.ssh.authorized_keys", [ALICE, BOB, ALICE])) == [
        f"machines.ssh.authorized_keys[2]: {ALICE} given, the same key as that of [0]; allowed: each key once"
    ]


@rows("document", [target(), exoscale()], ids=["local", "exoscale"])
def test_own_key_is_refused(document: dict[str, Any]) -> None:
    own = changed(document, "machines.ssh.public_key", key_of(ALICE))
    assert refusals(changed(own, "machines.ssh.authorized_keys", [ALICE])) == [
        f"machines.ssh.authorized_keys[0]: {ALICE} given, which is the stack's own key, public_key; allowed: keys of "
        f"other people, such as {EXAMPLE}; the stack's own key opens every machine already"
    ]


def test_private_key_in_the_place_of_a_public_one_is_not_shown() -> None:
    private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n"
    (line,) = refusals(changed(target(), "machines.ssh.authorized_keys", [private]))
    assert line.startswith("machines.ssh.authorized_keys[0]: a private key given; allowed: the line of a public key")


def test_operator_named_twice_is_refused() -> None:
    assert refusals(changed(target(), "engine.operators", ["alice", "bob", "alice"])) == [
        'engine.operators[2]: "alice" given twice; allowed: each name once, such as alice, bob'
    ]


@rows(
    "machine, every",
    [
        ("worker-9", "manager-1, worker-1, worker-2"),
        ("worker", "manager-1, worker-1, worker-2"),
    ],
)
def test_override_of_an_unknown_machine_is_refused_with_those_that_there_are(machine: str, every: str) -> None:
    assert refusals(with_override(target(), machine, availability="drain")) == [
        f'machines.overrides.{machine}: "{machine}" given; allowed: one of {every}'
    ]


@rows("availability", ["drain", "pause"])
def test_only_active_manager_stays_active(availability: str) -> None:
    assert refusals(with_override(target(), "manager-1", availability=availability)) == [
        f'machines.overrides.manager-1.availability: "{availability}" given, which leaves no active manager; allowed: '
        "active, or another manager that is active, since Traefik runs on managers"
    ]


def test_drained_pool_may_have_one_active_machine() -> None:
    drained = changed(THREE, "machines.pools.manager.availability", "drain")
    settings = taken(with_override(drained, "manager-2", availability="active") | {"swarm": {}} | ON_SECOND)
    assert settings.machines.names("manager", active=True) == ["manager-2"]


ON_SECOND: dict[str, Any] = {"nfs": {"machine": "manager-2"}, "monitoring": {"machine": "manager-2"}}


def test_machine_with_data_is_not_drained_and_its_data_are_not_moved() -> None:
    """Without a check, the first active manager would be another one, and begin with empty folders."""
    said = f"not given, which means manager-1, {BY_OVERRIDE.format('manager-1')}; {ALLOWED}"
    assert refusals(with_override(THREE, "manager-1", availability="drain")) == [
        f"nfs.machine: {said}",
        f"monitoring.machine: {said}",
    ]
    assert taken(with_override(THREE, "manager-2", availability="drain")).nfs_machine == "manager-1"
    elsewhere = with_override(THREE, "manager-1", availability="drain") | ON_SECOND
    assert taken(elsewhere).machines.names("manager", active=True) == ["manager-2", "manager-3"]


def test_machine_without_data_is_drained_although_it_comes_first() -> None:
    without_data = THREE | {section: {"enabled": False} for section in ("nfs", "s3", "monitoring")}
    drained = taken(with_override(without_data, "manager-1", availability="drain"))
    assert drained.first_manager == "manager-1"


def test_named_machine_with_data_is_not_drained() -> None:
    named = changed(THREE, "nfs.machine", "worker-1")
    assert refusals(with_override(named, "worker-1", availability="drain")) == [
        f'nfs.machine: "worker-1" given, {BY_OVERRIDE.format("worker-1")}; '
        "allowed: one of manager-1, manager-2, manager-3"
    ]


def test_label_of_a_machine_wins_over_those_of_its_host_and_pool() -> None:
    document = changed(existing(), "machines.pools.worker.labels", {"a": "pool", "b": "pool", "c": "pool"})
    document = changed(document, "machines.pools.worker.hosts.1.labels", {"b": "host", "c": "host"})
    machines = taken(with_override(document, "worker-1", labels={"c": "machine"})).machines
    assert machines.labels_of("worker-1") == {"a": "pool", "b": "host", "c": "machine"}
    assert machines.labels_of("worker-2") == {"a": "pool", "b": "pool", "c": "pool"}


def test_label_of_the_program_is_refused_for_a_machine() -> None:
    (line,) = refusals(with_override(target(), "worker-1", labels={"nuvla-swarm.machine": "x"}))
    assert line.startswith("machines.overrides.worker-1.labels.nuvla-swarm.machine: nuvla-swarm.machine given; allowed")
