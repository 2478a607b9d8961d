"""The real engine's preview tells every changed setting: on its component, and on a resource that it changes."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import settings
from tests.e2e.harness import Result, Stack, stack
from tests.settings.changes import CHANGES, Change
from tests.settings.preview import Shown, shown
from tests.stack_config import NAMESPACE, changed

NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
Seen = Callable[[str], dict[str, Shown]]
CREATED = ""  # the resource is a new one

# For every setting: what its component shows, and what the resource does. A star is for what this machine decides.
SHOWN = {
    "domain": ('+ domain: "example.org"', 'subject.commonName: "nuvla-swarm" => "example.org"'),
    "machines.pools": ("pools.manager.count: 1 => 3", CREATED),
    "machines.pools.<pool>.role": (
        'pools.worker.role: "worker" => "manager"',
        "stdin: *export ROLE=worker* => [unknown]",  # with other managers, the swarm's id waits for its init
    ),
    "machines.pools.<pool>.count": ("pools.worker.count: 1 => 2", CREATED),
    "machines.pools.<pool>.availability": (
        'availability: "active" => "drain"',
        "+ stdin: export AVAILABILITY=drain",
    ),
    "machines.pools.<pool>.labels": ('+ labels.disk: "ssd"', "+ stdin: export LABELS=disk=ssd"),
    "machines.subnet": (
        'subnet: "10.82.0.0/16" => "10.78.0.0/16"',
        'ipamConfigs[0].subnet: "10.82.0.0/16" => "10.78.0.0/16"',
    ),
    "machines.image": ('image: * => "nuvla-swarm/machine:new"', 'image: * => "nuvla-swarm/machine:new"'),
    "machines.privileged": ("privileged: * => *", "*privileged: *"),
    "machines.ssh.public_key": ('+ public_key: "ssh-ed25519 BBBB"', "uploads: [secret] => [secret]"),
    "engine.source": ('source: "distribution" => "docker.com"', "+ stdin: export SOURCE=docker.com"),
    "engine.version": ('version: "20.10.24" => "20.10.25"', "+ stdin: export VERSION=20.10.25"),
    "engine.log_max_size_mib": ('daemon.log-opts.max-size: "10m" => "20m"', '+ stdin: "max-size": "20m",'),
    "engine.log_max_files": ('daemon.log-opts.max-file: "3" => "4"', '+ stdin: "max-file": "4"'),
    "engine.address_pools": (
        'daemon.default-address-pools[0].base: "10.200.0.0/16" => "10.210.0.0/16"',
        '+ stdin: "base": "10.210.0.0/16",',
    ),
    "engine.address_pools[0].base": (
        'daemon.default-address-pools[0].base: "10.200.0.0/16" => "10.210.0.0/16"',
        '+ stdin: "base": "10.210.0.0/16",',
    ),
    "engine.address_pools[0].prefix": ("daemon.default-address-pools[0].size: 24 => 25", '+ stdin: "size": 25'),
    "engine.registry_mirrors": (
        '*daemon.registry-mirrors[0]: *"http://mirror:5000"',
        '+ stdin: *"http://mirror:5000"*',
    ),
    "engine.certificate_generation": ("generation: 1 => 2", "publicKeyPem: * => [unknown]"),
    "engine.server_certificate_days": ("server_days: 730 => 731", "validityPeriodHours: 17520 => 17544"),
    "engine.client_certificate_days": ("client_days: 365 => 366", "validityPeriodHours: 8760 => 8784"),
    "swarm.entry": ('entry: "manager-1" => "manager-2"', "connection: [secret] => [secret]"),
    "swarm.address_pools": (
        'address_pools[0]: "10.201.0.0/16" => "10.211.0.0/16"',
        "+ stdin: export ADDRESS_POOLS=10.211.0.0/16",
    ),
    "swarm.subnet_prefix": ("subnet_prefix: 24 => 25", "+ stdin: export SUBNET_PREFIX=25"),
    "swarm.public_network.name": ('name: "traefik-public" => "front"', 'name: "traefik-public" => "front"'),
    "swarm.public_network.attachable": ("attachable: false => true", "attachable: false => true"),
    "traefik.log_level": ('log_level: "INFO" => "DEBUG"', 'dataRaw.log.level: "INFO" => "DEBUG"'),
    "traefik.access_log": ("access_log: false => true", "+ dataRaw.accessLog: {}"),
    "traefik.memory_limit_mib": (
        "memory.limit_mib: 512 => 513",
        "taskSpec.resources.limits.memoryBytes: 536870912 => 537919488",
    ),
    "traefik.memory_reservation_mib": (
        "memory.reservation_mib: 64 => 65",
        "taskSpec.resources.reservation.memoryBytes: 67108864 => 68157440",
    ),
    "traefik.certificate_days": ("days: 365 => 366", "validityPeriodHours: 8760 => 8784"),
    "images.traefik": ('image: * => "traefik:v3.6.1"', "+ stdin: export IMAGE=traefik:v3.6.1"),
}

# Settings that are changed in one preview, as each takes seconds: what hides another's lines is in another one.
GROUPS = {
    "machines": ["machines.subnet", "machines.image", "machines.privileged", "machines.pools.<pool>.role"],
    "managers": ["machines.pools", "swarm.entry", "engine.certificate_generation"],
    "ranges": ["machines.ssh.public_key", "engine.address_pools", "swarm.address_pools", "swarm.subnet_prefix"],
}
GROUPS["rest"] = [change.setting for change in CHANGES if change.setting not in chain(*GROUPS.values())]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target that was up and of which only the state is left: a preview needs none of its machines."""
    with stack("settings", Path(tmp_path_factory.mktemp("settings")), settings("10.82.0.0/16", 1)) as made:
        result = made.up()
        assert result.code == 0, result.text
        made.remove()
        assert made.leftovers() == []
        yield made


@pytest.fixture(scope="module")
def unchanged(base: Stack) -> Result:
    """A preview of the settings that the stack was made with."""
    return base.preview()


@pytest.fixture(scope="module")
def seen(base: Stack) -> Seen:
    """What a preview shows of all changes of one group, by resource."""

    @cache
    def preview(group: str) -> dict[str, Shown]:
        before = base.file.read_text(encoding="utf-8")
        change_settings(base, [change for change in CHANGES if change.setting in GROUPS[group]])
        result = base.preview("--diff")
        base.file.write_text(before, encoding="utf-8")
        assert result.code == 0, result.text
        return shown(result.text)

    return preview


def change_settings(base: Stack, changes: list[Change]) -> None:
    """Gives all these settings their other value in the stack's file."""
    stored = yaml.safe_load(base.file.read_text(encoding="utf-8"))["config"]
    before: dict[str, Any] = {key.removeprefix(f"{NAMESPACE}:"): section for key, section in stored.items()}
    after = before
    for path, value in [item for change in changes for item in change.also.items()]:
        after = changed(after, path, value)
    for change in changes:
        other = changed(after, change.path, change.value)
        # Which of two values is the other one depends on this machine.
        after = other if other != after else changed(after, change.path, not change.value)
    for section in after:
        if after[section] != before.get(section):
            base.set(section, after[section])
    for key, text in [item for change in changes for item in change.secrets.items()]:
        base.must("pulumi", "config", "set", "--secret", f"{NAMESPACE}:{key}", text)


def has(resource: Shown, line: str) -> bool:
    pattern = re.compile(".*".join(map(re.escape, line.split("*"))))
    return any(pattern.fullmatch(change) for change in resource.changes)


def test_every_setting_that_can_be_changed_has_its_lines() -> None:
    assert list(SHOWN) == [change.setting for change in CHANGES]


def test_a_preview_without_a_change_says_so(unchanged: Result) -> None:
    assert unchanged.code == 0, unchanged.text
    assert unchanged.touched() == set()
    assert unchanged.count("unchanged") > 50


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.setting)
def test_a_changed_setting_is_told_by_its_component_and_by_a_resource(seen: Seen, change: Change) -> None:
    (group,) = [name for name, together in GROUPS.items() if change.setting in together]
    on_component, on_resource = SHOWN[change.setting]
    component, resource = seen(group)[change.component], seen(group)[change.resource]
    assert component.operation == "update"
    assert has(component, on_component), component
    if on_resource == CREATED:
        assert resource.operation == "create"
    else:
        assert has(resource, on_resource), resource


def test_a_network_is_replaced_together_with_the_services_on_it(seen: Seen) -> None:
    for name in ("public-network-network", "traefik-service"):
        assert seen("rest")[name].operation == "replace"


def test_a_preview_needs_no_engine(base: Stack, unchanged: Result) -> None:
    result = base.preview(env=NO_ENGINE)
    assert result.code == 0, result.text
    assert result.touched() == {"local-engine"}, "only where machines are made has changed"
    assert result.count("unchanged") == unchanged.count("unchanged") - 1


def test_the_first_preview_needs_no_engine(tmp_path: Path, unchanged: Result) -> None:
    with stack("settings-first", tmp_path, settings("10.82.0.0/16", 1)) as made:
        result = made.preview(env=NO_ENGINE)
    assert result.code == 0, result.text
    assert result.count("to create") == unchanged.count("unchanged")
