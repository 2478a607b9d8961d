"""What an update leaves that stops before its end: the next run knows what lives, and refuses what it should alone."""

import os
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import pulumi
import pytest

from components.machines.prior_state import JOIN_SUFFIX, PriorState
from stacks import prior_state, transitions
from stacks.config.settings import Settings
from tests.program.test_program_transitions import hosts
from tests.settings.loading import taken
from tests.support.configs import changed, exoscale, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.half_way import HalfWay, stopped
from tests.support.pulumi_run import run_program

pytestmark = pytest.mark.thorough

# Other ones: NUVLA_SWARM_STOPS="<seed> <changes> <stops>"; with 99 changes, all of them.
SEED, CASES, STOPS = map(int, os.environ.get("NUVLA_SWARM_STOPS", "1 2 12").split())
PLACED: dict[str, Any] = {
    "swarm": {"api_manager": "manager-1"},
    "nfs": {"machine": "worker-1"},
    "monitoring": {"machine": "manager-1"},
}
SPARE = {"role": "worker", "count": 2}
BLOCK = {"nfs": {"block_storage": True, "size_gib": 20}}
UBUNTU = {"name": "Linux Ubuntu 22.04 LTS 64-bit", "id": "11111111-2222-3333-4444-555555555555"}
ANYWHERE: dict[str, Any] = {
    "swarm.api_manager": "manager-2",
    "machines.lost": ["worker-2"],
    "machines.pools.spare.role": "manager",
    "engine.certificate_generation": 2,
    "engine.version": "28.0.0",
    "volumes.retain_on_destroy": True,
}
EVERYWHERE: dict[str, Any] = {**ANYWHERE, "machines.pools.worker.labels": {"a": "b"}}
# Of machines that the program makes.
MADE: dict[str, Any] = {
    "machines.pools.worker.count": 1,
    "machines.pools.manager.count": 1,
    "machines.ssh": {"key_generation": 2, "former_key_generation": 1},
    "machines.ssh.host_key_generation": 2,
}
INSTANCES: dict[str, Any] = {
    "machines.pulumi_protect": True,
    "machines.pools.spare.template": UBUNTU,
    "machines.pools.worker.disk_gib": 100,
}
LABELS = {"manager": "frontend", "worker": "worker-db", "spare": "worker-streams"}
HOST = "machines.pools.manager.hosts.2.host_key"
GONE = {"1": {"address": "198.51.100.11", "host_key": "ssh-ed25519 KEY11"}}
RENAMED = {**GONE, "3": {"address": "198.51.100.12", "host_key": "ssh-ed25519 KEY12"}}


def variants(document: dict[str, Any], *changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the document, and others that each have one setting changed."""
    return [document, *(changed(document, path, value) for one in changes for path, value in one.items())]


def made(document: dict[str, Any]) -> dict[str, Any]:
    return changed(document, "machines.pools.spare", SPARE)


def as_host(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document as one of a host, which has no shared files, with the labels of its machines."""
    document = {key: section for key, section in document.items() if key != "nfs"} | {"kind": "host"}
    for pool, label in LABELS.items():
        document = changed(document, f"machines.pools.{pool}.labels", {"type": label})
    return document


DOCUMENTS = {
    "local": variants(
        made(target(managers=3, **PLACED)), EVERYWHERE, MADE, {"machines.image": "nuvla-swarm/machine:x"}
    ),
    "exoscale": variants(made(exoscale(managers=3, **PLACED)), EVERYWHERE, MADE, INSTANCES),
    "block storage": variants(
        made(exoscale(managers=3, volumes=BLOCK, **PLACED)), EVERYWHERE, MADE, {"nfs.machine": "worker-2"}
    ),
    "host": variants(as_host(made(target(managers=3, **PLACED))), ANYWHERE, MADE),
    "host on Exoscale": variants(
        as_host(made(exoscale(managers=3, volumes={"db": BLOCK["nfs"]}, **PLACED))), ANYWHERE, MADE, INSTANCES
    ),
    "existing": variants(
        hosts(manager={"1": 1, "2": 2, "3": 3}, worker={"1": 11, "2": 12}, spare={"1": 21, "2": 22}) | PLACED,
        EVERYWHERE,
        {HOST: "ssh-ed25519 OTHER"},
        {HOST.replace(".2.", ".3."): "ssh-ed25519 OTHER"},
        {HOST.replace(".2.", ".1."): "ssh-ed25519 OTHER"},
        {"machines.pools.worker.hosts": GONE},
        {"machines.pools.worker.hosts": RENAMED},
    ),
}


def rules(settings: Settings, prior: PriorState) -> set[str]:
    """Return the rules that refuse the settings."""
    return set(transitions.refused(settings, transitions.without_reinstalled(settings, prior)))


def updates(*documents: dict[str, Any], after: Sequence[FakePulumi] = ()) -> list[FakePulumi]:
    """Return an update to each of these settings after the other; fewer where one is refused."""
    made = list(after)
    for document in documents:
        state = made[-1].state_after() if made else {}
        try:
            made.append(run_program(document, secrets=secrets_for(document), state=state).engine)
        except pulumi.RunError:
            break
    return made[len(after) :]


def facts(prior: PriorState) -> dict[tuple[str, str], str]:
    """Return what is true of each machine and volume, by what its evidence is: a resource that makes it true."""
    of_members = {name: (member.role, member.host_key) for name, member in prior.members.items()}
    evidence: dict[str, tuple[str, Mapping[str, str]]] = {
        "role": ("{}-membership-active", {name: role for name, (role, _) in of_members.items()}),
        "host key": ("{}-membership-join", {name: key for name, (_, key) in of_members.items()}),
        "host": ("{}-before", prior.hosts),
        "system": ("{}", prior.systems),
        "folder": ("{}-data-outputs", prior.folders),
        "key": ("{}", prior.host_keys),
    }
    return {
        (resource.format(name), what): one
        for what, (resource, found) in evidence.items()
        for name, one in found.items()
    }


def check_facts(kept: PriorState, wanted: PriorState, left: HalfWay, where: str) -> None:
    """Each fact is as after the update if its resource was made, or nothing was before, and else as before."""
    living = prior_state.parse(left.state)
    before, after = facts(kept), facts(wanted)
    for evidence, one in facts(living).items():
        name, _ = evidence
        assert one == (after if name in left.done else after | before).get(evidence), (where, evidence)
    assert kept.members.keys() - living.members.keys() <= _left(left), where
    assert kept.machines - living.machines <= left.deleted | {name.removesuffix("-before") for name in left.deleted}
    joined = {name.removesuffix(JOIN_SUFFIX) for name in left.done if name.endswith(JOIN_SUFFIX)}
    assert living.members.keys() - kept.members.keys() <= joined, where
    made = left.done | {name.removesuffix("-before") for name in left.done}
    assert living.machines - kept.machines <= made, where
    assert kept.login_key in {None, *(one["outputs"].get("publicKeyOpenssh") for one in left.state.values())}, where


def _left(left: HalfWay) -> set[str]:
    return {name.partition("-membership")[0] for name in left.deleted if "-membership" in name} | set(left.deleted)


def check_protection(former: FakePulumi | None, left: HalfWay, where: str) -> None:
    """What Pulumi still protects is known: it would refuse its destruction halfway through."""
    names = former.options.keys() - left.done - left.deleted if former else ()
    still = {name for name in names if former and former.options[name].protect}
    assert still <= prior_state.parse(left.state).protected, where


def check_rules(ends: list[PriorState], asked: list[Settings], left: HalfWay, where: str) -> None:
    """No rule refuses what none of both complete states refuses, nor lets in what both refuse.

    Another kind is refused as soon as there is a machine. Other managers than both states have are another majority.
    """
    living = prior_state.parse(left.state)
    between = {"manager-majority"} if {*living.managers} not in [{*one.managers} for one in ends] else set()
    other = asked[0].model_copy(update={"kind": "host" if asked[0].kind == "target" else "target"})
    assert ("kind" in rules(other, living)) == bool(living.machines), where
    for settings in asked:
        before, after, found = (rules(settings, prior) for prior in (*ends, living))
        if before and after:
            assert found, (where, settings, before, after)
        else:
            assert found <= before | after | between, (where, settings)


def changes(place: str) -> Iterator[tuple[list[FakePulumi], list[int]]]:
    """Yield a first update, and others from the first of the documents of a place, or back, unless refused."""
    documents, random = DOCUMENTS[place], Random(f"{SEED} {place}")
    first = updates(documents[0])
    yield first, [0]
    others = range(1, len(documents))
    for other in random.sample(others, min(CASES, len(others))):
        there = updates(documents[other], after=first)
        yield [*first, *there], [0, other]
        if there and random.randrange(2):
            yield [*there, *updates(documents[0], after=there)], [other, 0]


@pytest.mark.parametrize("place", DOCUMENTS)
def test_stopped_update_leaves_what_the_next_one_has_to_know(place: str) -> None:
    settings = [taken(document) for document in DOCUMENTS[place]]
    for engines, ends in changes(place):
        random = Random(f"{SEED} {place} {ends}")
        former, latter = engines[-2] if len(engines) > 1 else None, engines[-1]
        before = former.state_after() if former else {}
        kept, wanted = prior_state.parse(before), prior_state.parse(latter.state_after())
        for number in range(STOPS if len(engines) == len(ends) else 0):
            left = stopped(before, former, latter, random)
            unmade = sorted(set(latter.types) - latter.components() - left.done)
            where = f"{place}, seed {SEED}, {ends}, stop {number}, {len(unmade)} not made: {unmade[:9]}"
            check_facts(kept, wanted, left, where)
            check_protection(former, left, where)
            asked = [settings[end] for end in ends] + random.sample(settings, 6)
            check_rules([kept, wanted], asked, left, where)
