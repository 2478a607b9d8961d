"""Each rule refuses its change before anything is made, and an exception allows it until its day."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address
from typing import Any

import pulumi
import pytest

from components.machines.exoscale import access_changes
from stacks import exceptions
from tests.program.test_program_transitions import (
    BLOCK,
    HOSTS,
    KEY_OF,
    MANAGER,
    REFUSED,
    SAID,
    THREE,
    THREE_HOSTS,
    refusing,
    stands,
    with_host,
)
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target, without
from tests.support.pulumi_run import run_program
from tests.support.rules import rules

pytestmark = pytest.mark.thorough
TODAY = date(2026, 11, 30)
OWN = IPv4Address("9.9.9.9")  # of this computer
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAvGJRWc8eCXpYWVcvvNc5G5Mj0E9+7b7cnQmJ8hVvQ1"
OTHER_SYSTEM = {"id": "00000000-0000-4000-8000-000000000002", "name": "Ubuntu 22.04"}
APART = {"role": "worker", "zone": "at-vie-9"}
ON_DISK = exoscale(nfs={"machine": "worker-2"}, monitoring={"machine": "manager-1"})
REINSTALLED = {"host_key": KEY_OF.format("NEW")}


@pytest.fixture(autouse=True)
def here_and_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exceptions, "today", lambda: TODAY)
    monkeypatch.setattr(access_changes, "source_address", lambda _towards: OWN)


@dataclass(frozen=True)
class Case:
    """A change, its rule, and how one of the rule's lines begins."""

    rule: str
    before: dict[str, Any]
    after: dict[str, Any]
    line: str


def engine(version: str) -> dict[str, Any]:
    return target() | {"engine": {"source": "docker.com", "version": version}}


def former(rule: str, name: str) -> Case:
    """A change of tests/program/test_program_transitions.py."""
    return Case(rule, *REFUSED[name])


CASES = {
    "another provider": former("provider", "machines of another provider"),
    "another kind": Case(
        "kind", target(), target() | {"kind": "host"}, "kind: host given; the infrastructure is a target, and"
    ),
    "three managers to one": Case(
        "manager-majority",
        THREE,
        MANAGER,
        "machines.pools: manager-2, manager-3 no managers any more: 1 of 3 managers stay; allowed: 2 or more",
    ),
    "seven managers to three": Case(
        "manager-majority", target(managers=7), THREE, "machines.pools: manager-4, manager-5, manager-6, manager-7 no "
    ),
    "two of three managers lost": Case(
        "manager-majority",
        THREE,
        changed(THREE, "machines.lost", ["manager-2", "manager-3"]),
        "machines.lost: manager-2, manager-3 given: 1 of 3 managers stay; allowed: 2 or more",
    ),
    "one of three managers lost and one removed": Case(
        "manager-majority",
        THREE_HOSTS,
        changed(
            changed(without(THREE_HOSTS, "machines.pools.manager.hosts.3"), "machines.lost", ["manager-2"]),
            "machines.pools.manager.hosts.4",
            {"address": "198.51.100.4", "host_key": KEY_OF.format("KEY4")},
        ),
        "machines.lost: manager-2 given; manager-3 no managers any more: 1 of 3 managers stay",
    ),
    "two of three managers demoted": Case(
        "manager-majority",
        changed(MANAGER, "machines.pools.more", {"role": "manager", "count": 2}) | SAID,
        changed(MANAGER, "machines.pools.more", {"role": "worker", "count": 2}),
        "machines.pools: more-1, more-2 no managers any more: 1 of 3 managers stay",
    ),
    "two of three managers reinstalled": Case(
        "manager-majority",
        THREE_HOSTS,
        with_host(with_host(THREE_HOSTS, "manager-2", **REINSTALLED), "manager-3", **REINSTALLED),
        "machines.pools: manager-2, manager-3 given with another host_key, as if reinstalled: 1 of 3 managers stay",
    ),
    "the only manager reinstalled": Case(
        "manager-majority",
        HOSTS,
        with_host(HOSTS, "manager-1", **REINSTALLED),
        "machines.pools: manager-1 given with another host_key, as if reinstalled: 0 of 1 managers stay; allowed: 1 or",
    ),
    "another name for the only pool of managers": former(
        "api-manager", "the pool of the only manager has another name"
    ),
    "the API manager leaves": Case(
        "api-manager-stays",
        changed(target(managers=5), "swarm.api_manager", "manager-5"),
        THREE,
        "machines.pools: manager-5 is no manager any more, and is the API manager, to whose address DNS and Nuvla "
        "lead; allowed: first a `make up` with swarm.api_manager: manager-1 that keeps manager-5",
    ),
    "an older major version": Case(
        "engine-major",
        engine("28.5.2"),
        engine("27.5.1"),
        "engine.version: 27.5.1 given; manager-1, worker-1, worker-2 had 28.5.2, and an older engine does not read",
    ),
    "the distribution's engine": Case(
        "engine-major",
        engine("28.5.2"),
        target(),
        "engine.version: 20.10.24 (the default); manager-1, worker-1, worker-2",
    ),
    "an older minor version": Case(
        "engine-minor",
        engine("28.5.2"),
        engine("28.4.0"),
        "engine.version: 28.4.0 given; manager-1, worker-1, worker-2 had 28.5.2, and an older engine may not read",
    ),
    "no private network any more": former("machine-network", "there is no private network any more"),
    "other address pools": Case(
        "swarm-ranges",
        target(),
        target(swarm={"address_pools": ["10.210.0.0/16"]}),
        "swarm.address_pools: 10.210.0.0/16 given; a swarm keeps its first ranges; allowed: ",
    ),
    "no block storage any more": former("volume", "block storage is not wanted any more"),
    "files served by another machine": Case(
        "data-left-behind",
        ON_DISK,
        changed(ON_DISK, "nfs.machine", "worker-1"),
        "volumes.nfs: the data stay on the disk of worker-2, and on worker-1 begins an empty volume; allowed: the disk "
        "of worker-2; or first copy the data",
    ),
    "metrics on another host": Case(
        "data-left-behind",
        existing(),
        existing(monitoring={"machine": "worker-1"}),
        "volumes.alertmanager, volumes.grafana, volumes.prometheus: the data stay on the disk of manager-1, and on",
    ),
    "certificates requested by another manager": Case(
        "data-left-behind",
        exoscale(managers=3, domain="example.org", traefik={"acme": {"email": "a@example.org"}}),
        exoscale(
            managers=3, domain="example.org", traefik={"acme": {"email": "a@example.org", "machine": "manager-2"}}
        ),
        "volumes.traefik: the data stay on the disk of manager-1, and on manager-2 begins an empty volume",
    ),
    "the database on another machine": Case(
        "data-left-behind",
        exoscale("host", machines=exoscale("host")["machines"] | {"pools": host()["machines"]["pools"]}),
        exoscale(
            "host",
            machines=exoscale("host")["machines"]
            | {
                "pools": host()["machines"]["pools"]
                | {"db": {"role": "worker"}, "data": {"role": "worker", "labels": {"type": "worker-db"}}}
            },
        ),
        "volumes.db: the data stay on the disk of db-1, and on data-1 begins an empty volume",
    ),
    "block storage over a folder with data": Case(
        "data-left-behind",
        ON_DISK,
        changed(ON_DISK, "volumes.nfs.block_storage", True),
        "volumes.nfs: the data stay on the disk of worker-2, and on block storage begins an empty volume",
    ),
    "the machine of the files leaves": Case(
        "data-machine",
        ON_DISK,
        changed(changed(ON_DISK, "nfs.machine", "worker-1"), "machines.pools.worker.count", 1),
        "machines.pools: worker-2 is removed, and has the data of volumes.nfs on its disk; allowed: first a `make up`",
    ),
    "the machine of the files leaves with NFS": Case(
        "data-machine",
        ON_DISK,
        changed(ON_DISK, "machines.pools.worker.count", 1) | {"nfs": {"enabled": False}, "s3": {"enabled": False}},
        "machines.pools: worker-2 is removed, and has the data of volumes.nfs on its disk",
    ),
    "the machine of the files is replaced": Case(
        "data-machine",
        ON_DISK,
        changed(ON_DISK, "machines.pools.worker.template", OTHER_SYSTEM),
        "machines.pools: worker-2 is replaced, and has the data of volumes.nfs on its disk",
    ),
    "a lost machine that never was": former("lost-machine", "a lost machine that never was"),
    "another name for a host": former("host-name", "a host has another key in its pool"),
    "another address of the only manager": former("manager-address", "the only manager's address is another one"),
    "another template of managers": former("manager-system", "managers of another system"),
    "another template of workers while the API manager is lost": former(
        "lost-drain", "a worker of another system while the entry is lost"
    ),
    "a volume in another zone": former("volume-move", "a volume would be in another zone"),
    "a volume leaves a machine while its host key is replaced": Case(
        "volume-host-key",
        exoscale(**BLOCK, nfs={"machine": "worker-1"}),
        changed(exoscale(**BLOCK, nfs={"machine": "worker-2"}), "machines.ssh.host_key_generation", 2),
        "volumes.nfs: leaves worker-1, while the host key of manager-1, worker-1 is replaced by that of "
        "machines.ssh.host_key_generation: 2; allowed: one of the two in each `make up`",
    ),
    "block storage in a zone without": Case(
        "volume-zone",
        exoscale(),
        changed(exoscale(**BLOCK, nfs={"machine": "apart-1"}), "machines.pools.apart", APART),
        "volumes.nfs: on apart-1, which is in zone at-vie-9; allowed on block storage: ",
    ),
    "a smaller disk": Case(
        "disk-size",
        exoscale(),
        changed(exoscale(), "machines.pools.worker.disk_gib", 20),
        "machines.pools.worker.disk_gib: 20 given; its machines have 50, and disks only grow; allowed: 50 or more",
    ),
    "fewer machines that are protected": Case(
        "protection",
        changed(exoscale(), "machines.pulumi_protect", True),
        changed(exoscale(workers=1), "machines.pulumi_protect", True),
        "machines: worker-2 would be destroyed, but the last update protected them; allowed: ",
    ),
    "fewer machines that Exoscale protects": Case(
        "protection",
        changed(exoscale(), "machines.destroy_protection", True),
        exoscale(workers=1),
        "machines: worker-2 would be destroyed, but the last update protected them; allowed: ",
    ),
    "another SSH key": Case(
        "login-key",
        exoscale(),
        changed(exoscale(), "machines.ssh.public_key", KEY),
        f"machines.ssh.public_key: {KEY} given; the machines know only ssh-ed25519 cluster-login-key; allowed: that",
    ),
    "a generated SSH key in the place of the operator's": Case(
        "login-key",
        changed(exoscale(), "machines.ssh.public_key", KEY),
        exoscale(),
        f"machines.ssh.public_key: not given, so a key is generated; the machines know only {KEY}; allowed: that key",
    ),
    "a firewall without this computer": Case(
        "own-address",
        changed(exoscale(), "firewall.management", ["192.0.2.0/24", "9.9.9.0/24"]),
        exoscale(),
        "firewall.management: 192.0.2.0/24 given, without 9.9.9.9, which is this computer's address; allowed: networks",
    ),
    "no elastic IP any more": Case(
        "elastic-ip",
        changed(exoscale(), "machines.elastic_ip", True),
        exoscale(),
        "machines.elastic_ip: false (the default); the elastic IP would be released for good, and DNS and Nuvla lead",
    ),
}
# The first is in tests/program/test_program_access.py, the last two are in test_program_rotation.py.
ELSEWHERE = {"own-key", "stack-name", "new-login-key", "former-keys"}
EXCEPTIONS = {rule.id for rule in rules() if rule.has_exception}


def secrets_of(document: Mapping[str, Any]) -> dict[str, str]:
    own = "public_key" in document["machines"].get("ssh", {})
    return secrets_for(document) | ({"ssh_private_key": "KEY"} if own else {})


def before(case: Case) -> dict[str, Any]:
    """The state before a change."""
    return stands(case.before, secrets_of(case.before))


def found(case: Case, **settings: Any) -> dict[str, list[str]]:
    after = case.after | settings
    return refusing(case.before, after, before(case), secrets_of(after), builds=False)


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES.values()} | ELSEWHERE == {rule.id for rule in rules()}


@pytest.mark.parametrize("name", CASES)
def test_rule_refuses_its_change_and_not_the_state_of_before(name: str) -> None:
    case = CASES[name]
    lines = found(case)
    assert [line for line in lines.get(case.rule, []) if line.startswith(case.line)], lines
    unchanged = refusing(case.before, case.before, before(case), secrets_of(case.before), builds=False)
    assert unchanged == {}


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.rule in EXCEPTIONS])
def test_exception_allows_the_change_and_says_so(name: str, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES[name]
    with caplog.at_level("WARNING"):
        assert case.rule not in found(case, exceptions={case.rule: "2026-12-01"})
    if not found(case, exceptions={case.rule: "2026-12-01"}):
        assert f"exceptions.{case.rule}: 2026-12-01 allows this: {case.line}" in caplog.text


def mistakes(document: Mapping[str, Any], **chosen: str) -> list[str]:
    """The lines that refuse exceptions, of a new stack."""
    with pytest.raises(pulumi.RunError) as refusal:
        run_program(dict(document) | {"exceptions": {name.replace("_", "-"): day for name, day in chosen.items()}})
    first, *lines = str(refusal.value).splitlines()
    assert first == f"the configuration of this stack has {len(lines)} mistake{'s' if len(lines) > 1 else ''}:"
    return [line.removeprefix("  nuvla-swarm:") for line in lines]


LOCAL_EXCEPTIONS = "data-left-behind, data-machine, engine-minor, manager-majority"


def test_exception_holds_a_week_at_most_and_on_its_last_day() -> None:
    assert mistakes(target(), manager_majority="2026-11-29") == [
        "exceptions.manager-majority: 2026-11-29 given, which is over; allowed: a day from 2026-11-30 to 2026-12-07; "
        "remove it: `pulumi config rm --stack test --path nuvla-swarm:exceptions.manager-majority`"
    ]
    assert mistakes(target(), manager_majority="2026-12-08") == [
        "exceptions.manager-majority: 2026-12-08 given, which is more than 7 days ahead; allowed: 2026-11-30 to "
        "2026-12-07"
    ]
    for day in ("2026-11-30", "2026-12-07"):
        assert refusing(THREE, MANAGER | {"exceptions": {"manager-majority": day}}, builds=False) == {}


def test_exception_is_of_a_rule_that_has_one() -> None:
    assert mistakes(target(), manager_count="2026-12-01", volume="2026-12-01") == [
        "exceptions.manager-count: 2026-12-01 given, and these machines have no such rule; allowed: "
        + LOCAL_EXCEPTIONS,
        f"exceptions.volume: 2026-12-01 given, and this rule has no exception; allowed: {LOCAL_EXCEPTIONS}",
    ]


def test_exception_that_allows_nothing_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    after = THREE | {"exceptions": {"manager-majority": "2026-12-01"}}
    with caplog.at_level("WARNING"):
        assert refusing(THREE, after, builds=False) == {}
    assert (
        "exceptions.manager-majority: 2026-12-01 allows nothing now; remove it: `pulumi config rm --stack test --path "
        "nuvla-swarm:exceptions.manager-majority`"
    ) in caplog.messages


def test_line_names_its_rule_and_the_setting_of_its_exception() -> None:
    with pytest.raises(pulumi.RunError) as refusal:
        run_program(MANAGER, state=stands(THREE))
    assert str(refusal.value).endswith(
        " (rule manager-majority; to allow it up to and including 2026-12-01, "
        "set exceptions.manager-majority: 2026-12-01)"
    )
    with pytest.raises(pulumi.RunError) as refusal:
        run_program(target(swarm={"subnet_prefix": 25}), state=stands(target()))
    assert str(refusal.value).endswith(" (rule swarm-ranges, which has no exception)")


@pytest.mark.parametrize("document", [target(), exoscale(), existing()], ids=["local", "exoscale", "existing"])
def test_stack_with_another_name_is_refused(document: dict[str, Any]) -> None:
    state = stands(document)
    renamed = {
        urn: json.loads(json.dumps(one).replace("nuvla-swarm/test", "nuvla-swarm/prod")) for urn, one in state.items()
    }
    assert renamed != state
    assert refusing(document, document, renamed, builds=False) == {
        "stack-name": [
            "machines: of the stack nuvla-swarm/test now, but made by nuvla-swarm/prod, whose name they have; allowed: "
            "that name, `pulumi stack rename prod`, or another stack"
        ]
    }


HARMLESS = {
    "five managers to three": (target(managers=5), THREE),
    "one of three managers lost": (THREE, changed(THREE, "machines.lost", ["manager-3"])),
    "one of three managers reinstalled": (THREE_HOSTS, with_host(THREE_HOSTS, "manager-2", **REINSTALLED)),
    "three managers to five": (THREE, target(managers=5)),
    "a newer engine": (engine("27.5.1"), engine("28.5.2")),
    "an older patch": (engine("28.5.2"), engine("28.5.1")),
    "the files of local machines elsewhere": (target(), target(nfs={"machine": "worker-1"})),
    "a machine without data leaves": (ON_DISK, changed(exoscale(workers=3), "nfs.machine", "worker-2")),
    "the files are off": (ON_DISK, ON_DISK | {"nfs": {"enabled": False}, "s3": {"enabled": False}}),
    "monitoring is off": (existing(), existing(monitoring={"enabled": False})),
    "the machine of the files is lost": (
        ON_DISK,
        changed(changed(ON_DISK, "nfs.machine", "worker-1"), "machines.lost", ["worker-2"]),
    ),
    "workers of another system": (exoscale(), changed(exoscale(), "machines.pools.worker.template", OTHER_SYSTEM)),
    "a bigger disk": (exoscale(), changed(exoscale(), "machines.pools.worker.disk_gib", 60)),
    "the same SSH key with another comment": (
        changed(exoscale(), "machines.ssh.public_key", f"{KEY} one"),
        changed(exoscale(), "machines.ssh.public_key", f"{KEY} other"),
    ),
    "a firewall that never had this computer": (
        exoscale(),
        changed(exoscale(), "firewall.management", ["10.8.0.0/16"]),
    ),
    "a firewall with this computer in another network": (
        changed(exoscale(), "firewall.management", ["9.9.9.0/24"]),
        changed(exoscale(), "firewall.management", ["9.9.9.9/32"]),
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_change_is_accepted(name: str) -> None:
    case = Case("", *HARMLESS[name], "")
    assert found(case) == {}


def test_private_address_of_this_computer_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A router may put another address in its place."""
    monkeypatch.setattr(access_changes, "source_address", lambda _towards: IPv4Address("192.168.1.7"))
    both = changed(exoscale(), "firewall.management", ["192.0.2.0/24", "192.168.1.0/24"])
    assert found(Case("own-address", both, exoscale(), "")) == {}


def test_lost_manager_counts_no_more_once_the_swarm_is_without_it() -> None:
    lost = changed(THREE, "machines.lost", ["manager-3"])
    state = run_program(lost, state=stands(THREE)).engine.state_after()
    assert refusing({}, THREE, state, builds=False) == {}
    both = changed(THREE, "machines.lost", ["manager-2", "manager-3"])
    [line] = refusing({}, both, state, builds=False)["manager-majority"]
    assert line.startswith("machines.lost: manager-2 given: 1 of 2 managers stay; allowed: 2 or more")


@pytest.mark.parametrize(
    "printed", ["28.5.2\nMon 2026-11-30 11:17:24 UTC", "28.5.2+dfsg1\nMon 2026-11-30 11:17:24 UTC"]
)
def test_older_engine_is_refused_after_an_update_that_failed(printed: str) -> None:
    """Components whose inputs it has changed have no outputs since."""
    state = run_program(engine("28.5.2")).engine.state_after()
    for urn, one in state.items():
        if urn.endswith("-engine"):
            one["outputs"] = {}
        if urn.endswith("-engine-configure"):
            one["outputs"]["stdout"] = printed
    with pytest.raises(pulumi.RunError, match=r"manager-1, worker-1, worker-2 had 28.5.2.*rule engine-major"):
        run_program(engine("27.5.1"), state=state)


def test_day_without_quotes_is_the_same_day() -> None:
    for day in ("2026-12-01 00:00:00 +0000 UTC", "2026-12-01T00:00:00Z"):
        assert refusing(THREE, MANAGER | {"exceptions": {"manager-majority": day}}, builds=False) == {}
