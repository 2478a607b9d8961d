"""A walk on local machines: whatever their operators and the machines do, all stays whole."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import settings
from tests.e2e.harness import docker, stack
from tests.e2e.networks import ELSEWHERE, subnet_of
from tests.e2e.walk import Expected, NotNowError, Walk, seed_of
from tests.e2e.walk_events import EVENTS, killed
from tests.e2e.walk_settings import VALID, another_value, refused, switched

pytestmark = pytest.mark.slow

MOST = 4  # machines at a time
NFS = "/var/lib/nuvla-swarm/volumes/nfs"


def workers(walk: Walk) -> list[str]:
    return sorted(name for name, pool in walk.pools().items() if pool["role"] == "worker")


def without_data(walk: Walk, names: set[str]) -> None:
    """The machine with the files is moved by a step of its own."""
    if walk.get("nfs.machine") in names:
        raise NotNowError


def resized(walk: Walk) -> Expected:
    """A pool of workers grows or shrinks."""
    if not workers(walk):
        raise NotNowError
    pool = walk.chance.choice(workers(walk))
    now = walk.pools()[pool].get("count", 1)
    free = MOST - len(walk.machines()) + now
    count = walk.chance.choice([number for number in range(min(free, 2) + 1) if number != now])
    without_data(walk, {f"{pool}-{number}" for number in range(count + 1, now + 1)})
    walk.made.set(f"machines.pools.{pool}.count", count)
    _forget(walk)
    return Expected(f"{pool} has {count} machines")


def added(walk: Walk) -> Expected:
    """Another pool of workers, above or below the others."""
    pools = walk.pools()
    name = walk.chance.choice([one for one in ("alpha", "middle", "zulu") if one not in pools] or [""])
    if not name or len(walk.machines()) >= MOST:
        raise NotNowError
    more = {name: {"role": "worker", "labels": {"disk": "ssd"}}}
    walk.made.set("machines.pools", {**more, **pools} if walk.chance.random() < 0.5 else {**pools, **more})
    return Expected(f"there is a pool {name}")


def taken_away(walk: Walk) -> Expected:
    """A pool of workers goes."""
    names = workers(walk)
    if not names:
        raise NotNowError
    name = walk.chance.choice(names)
    pools = walk.pools()
    without_data(walk, {f"{name}-{number}" for number in range(1, pools[name].get("count", 1) + 1)})
    walk.made.set("machines.pools", {one: pool for one, pool in pools.items() if one != name})
    _forget(walk)
    return Expected(f"the pool {name} goes")


def renamed(walk: Walk) -> Expected:
    """A pool of workers gets another name: other machines take their place."""
    names = workers(walk)
    free = [one for one in ("alpha", "middle", "zulu") if one not in walk.pools()]
    if not names or not free:
        raise NotNowError
    name, new = walk.chance.choice(names), walk.chance.choice(free)
    pools = walk.pools()
    without_data(walk, {f"{name}-{number}" for number in range(1, pools[name].get("count", 1) + 1)})
    walk.made.set("machines.pools", {new if one == name else one: pool for one, pool in pools.items()})
    _forget(walk)
    return Expected(f"the pool {name} is now {new}")


def other_role(walk: Walk) -> Expected:
    """Two workers are promoted, or the two managers beside the entry are demoted."""
    pools = walk.pools()
    two = sorted(name for name, pool in pools.items() if name != "manager" and pool.get("count", 1) == 2)
    managers = sorted(name for name in two if pools[name]["role"] == "manager")
    if not two:
        raise NotNowError
    pool = managers[0] if managers else two[0]
    role = "worker" if managers else "manager"
    if role == "manager" and pools[pool].get("availability", "active") != "active":
        raise NotNowError
    if role == "worker" and walk.entry.startswith(f"{pool}-"):
        raise NotNowError
    walk.made.set(f"machines.pools.{pool}.role", role)
    return Expected(f"{pool} are {role}s")


def other_entry(walk: Walk) -> Expected:
    """Another one of the managers is the entry."""
    others = [name for name in walk.machines("manager") if name != walk.entry]
    if not others:
        raise NotNowError
    machine = walk.chance.choice(others)
    walk.made.set("swarm.api_manager", machine)
    return Expected(f"{machine} is the entry")


def other_machine_for_the_files(walk: Walk) -> Expected:
    """The files go to another machine, data and all."""
    if not walk.get("nfs.enabled", True):
        raise NotNowError
    others = [name for name in walk.machines(active=True) if name != walk.get("nfs.machine")]
    if not others:
        raise NotNowError
    was, machine = walk.get("nfs.machine"), walk.chance.choice(others)
    walk.made.set("nfs.machine", machine)
    walk.files = {(machine if place[0] == was else place[0], place[1]): text for place, text in walk.files.items()}
    return Expected(f"the files are on {machine}")


def dies(walk: Walk) -> Expected:
    """A machine's container is removed; its disk stays."""
    machine = walk.chance.choice(walk.machines())
    docker("rm", "--force", walk.made.container(machine))
    return Expected(f"{machine} is removed")


def burns(walk: Walk) -> Expected:
    """A worker is gone for ever, with its disk."""
    names = walk.machines("worker")
    if not names:
        raise NotNowError
    machine = walk.chance.choice(names)
    walk.made.burn(machine)
    walk.labels.pop(machine, None)
    return Expected(f"{machine} is removed with its disk")


def lost(walk: Walk) -> Expected:
    """A worker is dead and given up, or the one that was given up is made anew."""
    gone = walk.get("machines.lost", [])
    names = [name for name in walk.machines("worker") if name != walk.get("nfs.machine")]
    if gone:
        walk.made.set("machines.lost", [])
        return Expected(f"{gone} are made anew")
    if not names:
        raise NotNowError
    machine = walk.chance.choice(names)
    docker("stop", "--time", "1", walk.made.container(machine))
    walk.made.set("machines.lost", [machine])
    _forget(walk)
    return Expected(f"{machine} is lost")


def another_volume(walk: Walk) -> Expected:
    """Files of before would be replaced by those of a volume that somebody names."""
    walk.made.set("volumes.nfs.import_id", f"nobody-has-{walk.chance.randrange(100)}")
    return Expected("another volume for the files", r"volumes\.nfs\.id: ")


def another_subnet(walk: Walk) -> Expected:
    """The machines would have other addresses."""
    walk.made.set("machines.subnet", ELSEWHERE)
    return Expected("another subnet", r"machines\.subnet: |firewall\.management: |overlap")


def _forget(walk: Walk) -> None:
    """Labels of machines that are not there any more."""
    there = walk.machines()
    walk.labels = {name: label for name, label in walk.labels.items() if name in there}


def test_whatever_is_done_an_infrastructure_stays_whole(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    subnet = subnet_of("walk-local")
    said: dict[str, Any] = {
        "swarm": {"api_manager": "manager-1"},
        "nfs": {"machine": "manager-1", "server": "ganesha"},
        "monitoring": {"enabled": False, "machine": "manager-1"},
    }
    with stack("e2e-walk", tmp_path, settings(subnet, 2) | said) as made:
        walk = Walk(made, seed_of(request))
        first = made.make("up")
        assert first.code == 0, first.text
        walk.start()
        walk.put("manager-1", f"{NFS}/{re.sub('[^a-z0-9]', '', walk.seed)}")
        changes = [resized, added, taken_away, renamed, other_role, other_entry, other_machine_for_the_files]
        happens = [
            dies,
            dies,
            burns,
            lost,
            killed(resized, added, renamed, another_value, switched, taken_away),
            *EVENTS,
        ]
        walk.go(
            request.config.getoption("steps"),
            [*VALID, *changes, *happens],
            [*refused(), another_volume, another_subnet],
        )
