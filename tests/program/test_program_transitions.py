"""What stands is not lost by a change of settings: it is refused, in one line, before anything is made."""

import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

import stacks.host
import stacks.target
from components.errors import count
from tests.program.runs import run
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target, without
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program, start
from tests.support.rows import rows

pytestmark = pytest.mark.thorough
KEY_OF = "ssh-ed25519 {}"
FREE = {"other": {"size": 20, "instance": None}}  # a volume to be taken over
BLOCK: dict[str, Any] = {"volumes": {"nfs": {"block_storage": True, "size_gib": 20}}}
SAID = {"swarm": {"api_manager": "manager-1"}, "nfs": {"machine": "manager-1"}, "monitoring": {"machine": "manager-1"}}


def hosts(**pools: dict[str, int]) -> dict[str, Any]:
    """Existing hosts, by pool and member, each with an address and a host key by its number; pools of `m...` manage."""
    return existing() | {
        "machines": {
            "provider": "existing",
            "pools": {
                pool: {
                    "role": "manager" if pool.startswith("m") else "worker",
                    "hosts": {
                        member: {"address": f"198.51.100.{number}", "host_key": KEY_OF.format(f"KEY{number}")}
                        for member, number in members.items()
                    },
                }
                for pool, members in pools.items()
            },
        }
    }


def stands(document: Mapping[str, Any], secrets: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The state of a stack that was brought up with this."""
    return run(document, secrets=secrets or secrets_for(document)).engine.state_after()


def refusals(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    state: dict[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    *,
    builds: bool = True,
) -> list[str]:
    """Return what is said of the change, without its rule; nothing is made when there is something to say.

    Without `builds`, an accepted program makes nothing either, which takes a tenth of the time.
    """
    found = refusing(before, after, state, secrets, builds=builds)
    return [line for lines in found.values() for line in lines]


def refusing(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    state: dict[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    *,
    builds: bool = True,
) -> dict[str, list[str]]:
    """Return the lines that refuse the change, by the id of the rule at the end of each."""
    engine: list[FakePulumi] = []
    secrets = secrets_for(after) if secrets is None else secrets
    state = state or stands(before)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for kind in (stacks.host, stacks.target) if not builds else ():
                patch.setattr(kind, "build", lambda *_: {})
            run_program(after, secrets=secrets, state=state, volumes=FREE, seen=engine.append)
    except pulumi.RunError as error:
        first, *lines = str(error).splitlines()
        assert first == f"the existing infrastructure cannot take these settings, for {count(len(lines), 'reason')}:"
        assert engine[0].types == {}, "something was made before"
        found: dict[str, list[str]] = {}
        for line in lines:
            told = re.fullmatch(r"  nuvla-swarm:(.+) \(rule ([a-z-]+)[,;] (.+)\)", line)
            assert told, line
            found.setdefault(told[2], []).append(told[1])
        return found
    return {}


def gone(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The state after a refresh found these resources missing."""
    return {urn: one for urn, one in stands(document).items() if urn.rpartition("::")[2] not in names}


MANAGER, THREE = target(managers=1), target(managers=3)
BOSS = changed(without(MANAGER, "machines.pools.manager"), "machines.pools.boss", {"role": "manager"})
BESIDE = changed(MANAGER, "machines.pools.boss", {"role": "manager", "count": 2}) | SAID
HOSTS = hosts(manager={"1": 1}, worker={"1": 11, "2": 12})
THREE_HOSTS = hosts(manager={"1": 1, "2": 2, "3": 3}, worker={"1": 11})
ON_BLOCK = exoscale(workers=2, **BLOCK)


def with_host(document: dict[str, Any], place: str, **host: str) -> dict[str, Any]:
    for key, value in host.items():
        document = changed(document, f"machines.pools.{place.replace('-', '.hosts.')}.{key}", value)
    return document


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "the pool of the only manager has another name": (
        MANAGER,
        BOSS,
        "swarm.api_manager: not given, which means boss-1, which is not in the swarm; allowed: manager-1; in three "
        "steps: add the new managers",
    ),
    "machines of another provider": (
        exoscale(),
        target(),
        "machines.provider: local given; the machines are exoscale ones; allowed: exoscale, or another stack",
    ),
    "a host has another key in its pool": (
        HOSTS,
        hosts(manager={"1": 1}, worker={"a": 11, "2": 12}),
        "machines.pools: the host 198.51.100.11 is given as worker-a, but is worker-1; allowed: worker-1; or run "
        "`make up` "
        "without this host, which removes Docker and its volumes there, and then add worker-a; to label a single host, "
        "set its own `labels`",
    ),
    "a host is in another pool": (
        HOSTS,
        hosts(manager={"1": 1}, worker={"1": 11}, gpu={"2": 12}),
        "machines.pools: the host 198.51.100.12 is given as gpu-2, but is worker-2; allowed: worker-2;",
    ),
    "the only manager's address is another one": (
        HOSTS,
        with_host(HOSTS, "manager-1", address="198.51.100.99"),
        "machines.pools: manager-1 is the only manager and is known by 198.51.100.1; allowed: that private_address, or "
        "a new one once the swarm has two more managers",
    ),
    "the only manager is another host, while the one of before may live": (
        HOSTS,
        with_host(HOSTS, "manager-1", address="198.51.100.99", host_key=KEY_OF.format("NEW")),
        "machines.pools: manager-1 is the only manager and is known by 198.51.100.1; allowed: that private_address, or "
        "a new one once the swarm has two more managers",
    ),
    "two of three managers are other hosts": (
        THREE_HOSTS,
        with_host(
            with_host(THREE_HOSTS, "manager-2", address="198.51.100.92", host_key=KEY_OF.format("NEW2")),
            "manager-3",
            **{"address": "198.51.100.93", "host_key": KEY_OF.format("NEW3")},
        ),
        "machines.pools: manager-2 is known by 198.51.100.2; allowed: a new private_address of one manager in each "
        "`make up`",
    ),
    "a manager's address is another one while another manager is lost": (
        THREE_HOSTS,
        changed(with_host(THREE_HOSTS, "manager-3", address="198.51.100.93"), "machines.lost", ["manager-2"]),
        "machines.pools: manager-3 is known by 198.51.100.3; allowed: a new private_address of one manager in each "
        "`make up`, and of no manager while another one is lost",
    ),
    "the entry's address is another one": (
        THREE_HOSTS,
        with_host(THREE_HOSTS, "manager-1", private_address="10.0.0.1"),
        "machines.pools: manager-1 is swarm.api_manager and known by 198.51.100.1; allowed: that private_address, or "
        "another swarm.api_manager",
    ),
    "the machines' network is another one": (
        MANAGER,
        changed(changed(MANAGER, "machines.subnet", "10.78.0.0/16"), "firewall.management", ["10.78.0.1/32"]),
        "machines.subnet: 10.78.0.0/16 given; the machines of the swarm know each other by their addresses; "
        "allowed: 10.77.0.0/16, or another stack",
    ),
    "there is a private network now": (
        exoscale(),
        changed(exoscale(), "machines.private_network", "10.9.0.0/16"),
        "machines.private_network: 10.9.0.0/16 given; the machines of the swarm know each other by their addresses; "
        "allowed: none, or another stack",
    ),
    "there is no private network any more": (
        changed(exoscale(), "machines.private_network", "10.9.0.0/16"),
        exoscale(),
        "machines.private_network: none given; the machines of the swarm know each other by their addresses; "
        "allowed: 10.9.0.0/16, or another stack",
    ),
    "a worker of another system while the entry is lost": (
        exoscale(managers=3),
        changed(
            changed(exoscale(managers=3), "machines.lost", ["manager-1"]),
            "machines.pools.worker.template",
            {"id": "00000000-0000-4000-8000-000000000002", "name": "Ubuntu 22.04"},
        )
        | {
            "swarm": {"api_manager": "manager-2"},
            "nfs": {"machine": "manager-2"},
            "monitoring": {"machine": "manager-2"},
        },
        "machines.pools: worker-1 would be replaced, as it has zone and template ch-gva-2 "
        "00000000-0000-4000-8000-000000000001, and manager-1, which is lost, cannot drain it; allowed: that zone and "
        "template now, and the new ones in the next `make up`",
    ),
    "managers of another system": (
        exoscale(),
        changed(exoscale(), "machines.template.id", "00000000-0000-4000-8000-000000000002"),
        "machines.pools: manager-1 would be replaced, as it has zone and template ch-gva-2 "
        "00000000-0000-4000-8000-000000000001, and its part of the swarm would be lost; allowed: that zone and "
        "template; or add a new pool of managers and run `make up`, set swarm.api_manager to one of them and run "
        "`make up`, then remove this pool",
    ),
    "a lost machine that never was": (
        target(workers=1),
        changed(target(workers=2), "machines.lost", ["worker-2"]),
        "machines.lost: worker-2 given, which does not exist; allowed: manager-1, worker-1; leave worker-2 out, and "
        "the program creates it",
    ),
    "block storage is not wanted any more": (
        ON_BLOCK,
        exoscale(workers=2),
        "volumes.nfs: not given, so the volume nfs-volume-id would be deleted with its data; allowed: the former "
        "settings, or "
        "first a `make up` with volumes.retain_on_destroy: true",
    ),
    "another volume is taken over": (
        ON_BLOCK,
        changed(ON_BLOCK, "volumes.nfs.import_id", "other"),
        "volumes.nfs.import_id: other given; allowed: nfs-volume-id, which the stack has, or none; to take that one "
        "over instead: `volumes.retain_on_destroy: true`, `make up`, `make down`, and then this",
    ),
    "a volume would be in another zone": (
        ON_BLOCK,
        changed(changed(ON_BLOCK, "machines.pools.worker.zone", "de-fra-1"), "nfs.machine", "worker-1"),
        "volumes.nfs: worker-1 is in de-fra-1, and the volume in ch-gva-2; allowed: a machine in ch-gva-2",
    ),
    "a machine goes with the volume that others shall have": (
        changed(ON_BLOCK, "nfs.machine", "worker-2"),
        changed(changed(ON_BLOCK, "nfs.machine", "worker-1"), "machines.pools.worker.count", 1),
        "machines.pools: worker-2 is removed, and has the volume of volumes.nfs; allowed: first a `make up` that moves "
        "the volume to worker-1 and keeps worker-2",
    ),
    "two machines exchange their volumes": (
        changed(changed(ON_BLOCK, "volumes.grafana.block_storage", True), "monitoring.machine", "worker-1"),
        changed(changed(ON_BLOCK, "volumes.grafana.block_storage", True), "nfs.machine", "worker-1"),
        "volumes.nfs: goes to worker-1, which gives another volume away; allowed: one of the two moves in each "
        "`make up`",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_destructive_transition_is_refused_before_anything_is_made(case: str) -> None:
    before, after, line = REFUSED[case]
    found = refusals(before, after)
    assert [one for one in found if one.startswith(line)], found


@rows("case", REFUSED)
def test_new_stack_accepts_what_a_standing_one_refuses(case: str) -> None:
    _, after, _ = REFUSED[case]
    lost = after.get("machines", {}).get("lost")  # there is no such machine to be lost
    assert lost or refusals(after, after, state={"": {"type": "other"}}, builds=False) == []


def test_hosts_with_exchanged_addresses_are_told_apart_by_their_keys() -> None:
    found = refusals(HOSTS, hosts(manager={"1": 1}, worker={"1": 12, "2": 11}))
    assert [line.split(";")[0] for line in found] == [
        "machines.pools: the host 198.51.100.12 is given as worker-1, but is worker-2",
        "machines.pools: the host 198.51.100.11 is given as worker-2, but is worker-1",
    ]


def test_cloned_host_with_the_same_key_is_another_machine() -> None:
    copied = hosts(manager={"1": 1}, worker={"1": 11, "2": 12, "3": 13})
    assert refusals(HOSTS, with_host(copied, "worker-3", host_key=KEY_OF.format("KEY12"))) == []


ALLOWED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "two managers more": (MANAGER, THREE),
    "two managers less": (target(managers=5), THREE),
    "another manager as the entry": (THREE, changed(THREE, "swarm.api_manager", "manager-2")),
    "a pool of managers beside the first one": (MANAGER, BESIDE),
    "one of those as the entry": (BESIDE, changed(BESIDE, "swarm.api_manager", "boss-1")),
    "then without the first": (
        changed(BESIDE, "swarm.api_manager", "boss-1"),
        changed(without(BESIDE, "machines.pools.manager"), "machines.pools.boss.count", 3)
        | {name: dict.fromkeys(section, "boss-1") for name, section in SAID.items()},
    ),
    "a pool of workers has another name": (
        MANAGER,
        changed(without(MANAGER, "machines.pools.worker"), "machines.pools.job", {"role": "worker", "count": 2}),
    ),
    "a worker's address is another one": (HOSTS, with_host(HOSTS, "worker-1", address="198.51.100.99")),
    "one of several managers' address is another one": (
        THREE_HOSTS,
        with_host(THREE_HOSTS, "manager-2", private_address="10.0.0.2"),
    ),
    "a worker is another host": (
        HOSTS,
        with_host(HOSTS, "worker-1", address="198.51.100.99", host_key=KEY_OF.format("NEW")),
    ),
    "a host was installed anew": (HOSTS, with_host(HOSTS, "worker-1", host_key=KEY_OF.format("NEW"))),
    "one of several managers was installed anew": (
        THREE_HOSTS,
        with_host(THREE_HOSTS, "manager-2", host_key=KEY_OF.format("NEW")),
    ),
    "workers of another system": (
        exoscale(),
        changed(
            exoscale(),
            "machines.pools.worker.template",
            {"id": "00000000-0000-4000-8000-000000000002", "name": "Ubuntu 22.04"},
        ),
    ),
    "the volume goes to another machine": (ON_BLOCK, changed(ON_BLOCK, "nfs.machine", "worker-1")),
    "a volume that is kept is not wanted any more": (
        changed(ON_BLOCK, "volumes.retain_on_destroy", True),
        exoscale(workers=2),
    ),
    "the files are switched off": (ON_BLOCK, ON_BLOCK | {"nfs": {"enabled": False}, "s3": {"enabled": False}}),
    "a machine is lost": (THREE, changed(THREE, "machines.lost", ["manager-3"])),
    "and made anew": (changed(THREE, "machines.lost", ["manager-3"]), THREE),
}


def test_returned_host_is_prepared_and_joins_again() -> None:
    lost, secrets = changed(HOSTS, "machines.lost", ["worker-2"]), secrets_for(HOSTS)
    during = run(lost, secrets=secrets, state=stands(HOSTS)).engine
    back = run(HOSTS, secrets=secrets, state=during.state_after()).engine
    for name in ("check", "before", "engine-install", "membership-node", "membership-join", "membership-active"):
        assert any(trigger.endswith("1") for trigger in back.triggers(f"worker-2-{name}")), name
    assert back.triggers("worker-1-engine-install") == ["worker-1-before-id"]
    again = run(HOSTS, secrets=secrets, state=back.state_after()).engine
    assert_unchanged(back, again)


STANDING = {
    "three managers": THREE,
    "a host": host(),
    "block storage": ON_BLOCK,
    "a host on Exoscale": exoscale("host"),
    "hosts": THREE_HOSTS,
    "a volume that was taken over": target() | {"volumes": {"nfs": {"import_id": "kept-1"}}},
}


def assert_unchanged(before: FakePulumi, after: FakePulumi) -> None:
    """The second run registers what the first one did, but for what Pulumi is told not to look at then."""
    assert set(before.types.items()) == set(after.types.items())
    for name, request in after.options.items():
        one, other = (
            {key: value for key, value in engine.inputs(name).items() if key not in request.ignoreChanges}
            for engine in (before, after)
        )
        assert one == other, name
        assert str(before.options[name].replacement_trigger) == str(request.replacement_trigger)
        assert request.importId in ("", before.options[name].importId)  # what was taken over is the stack's own


@pytest.mark.parametrize("case", STANDING)
def test_unchanged_settings_change_nothing_in_the_next_update(case: str) -> None:
    document = STANDING[case]
    first = run(document, secrets=secrets_for(document)).engine
    again = run(document, secrets=secrets_for(document), state=first.state_after()).engine
    assert_unchanged(first, again)


@pytest.mark.parametrize("case", ALLOWED)
def test_accepted_transition_changes_nothing_in_the_next_update(case: str) -> None:
    before, after = ALLOWED[case]
    if before.get("machines", {}).get("lost"):  # test_returned_machine_is_replaced_once has its next run
        state = run(before, state=stands(without(before, "machines.lost"))).engine.state_after()
        assert refusals(before, after, state=state) == []
        return
    state = stands(before)
    assert refusals(before, after, state=state, builds=False) == []
    changing = run(after, secrets=secrets_for(after), state=state).engine
    # What is gone from the program is gone from the state, too.
    again = run(after, secrets=secrets_for(after), state=changing.state_after()).engine
    assert_unchanged(changing, again)


def test_lost_machine_is_not_contacted_in_later_updates() -> None:
    """Services that it would have part in are switched on while it is lost."""
    off: dict[str, Any] = {"nfs": {"enabled": False}, "s3": {"enabled": False}}
    lost = changed(HOSTS, "machines.lost", ["worker-2"])
    state = stands(HOSTS | off)
    for _ in range(3):
        made = run(lost, secrets=secrets_for(lost), state=state).engine
        assert made.types["nfs-packages-worker-2"] == "pulumi:index:Stash"
        state = state | made.state_after()


def test_returned_machine_is_replaced_once() -> None:
    states = [stands(THREE)]
    triggers = []
    for lost in ([], ["manager-3"], ["manager-3"], [], [], ["manager-3"], []):
        engine = run(changed(THREE, "machines.lost", lost), state=states[-1]).engine
        states.append(engine.state_after())
        parts = (engine.options[name] for name in ("manager-3", "manager-3-disk"))
        triggers.append({part.replacement_trigger.number_value for part in parts})
    assert triggers == [{0}, {0}, {0}, {1}, {1}, {1}, {2}]


def test_program_reads_the_state_of_its_own_stack() -> None:
    engine = start()
    assert engine.state == {}
    assert run(target()).engine.asked == "organization/nuvla-swarm/test"
