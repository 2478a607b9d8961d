"""A random walk on local machines: after each step of operators or machines, the infrastructure is intact."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import docker, stack
from tests.e2e.networks import UNUSED_SUBNET, subnet_of
from tests.e2e.random_walk import Expected, StepNotPossibleError, Walk, seed_of
from tests.e2e.walk_events import EVENTS, killed_update
from tests.e2e.walk_settings import VALID_STEPS, change_setting, refused_steps, switch_service

pytestmark = pytest.mark.slow

MOST_MACHINES = 4
FILES_FOLDER = "/var/lib/nuvla-swarm/volumes/nfs"


def worker_pools(walk: Walk) -> list[str]:
    return sorted(name for name, pool in walk.pools().items() if pool["role"] == "worker")


def require_no_data(walk: Walk, names: set[str]) -> None:
    """Raise `StepNotPossibleError` if one of the machines serves the files: `move_files` alone moves them."""
    if walk.get("nfs.machine") in names:
        raise StepNotPossibleError


def resize_pool(walk: Walk) -> Expected:
    """Change the number of workers in a pool."""
    if not worker_pools(walk):
        raise StepNotPossibleError
    pool = walk.rng.choice(worker_pools(walk))
    now = walk.pools()[pool].get("count", 1)
    free = MOST_MACHINES - len(walk.machines()) + now
    count = walk.rng.choice([number for number in range(min(free, 2) + 1) if number != now])
    require_no_data(walk, {f"{pool}-{number}" for number in range(count + 1, now + 1)})
    walk.stack.set(f"machines.pools.{pool}.count", count)
    _forget_gone(walk)
    return Expected(f"{pool} has {count} machines")


def add_pool(walk: Walk) -> Expected:
    """Add a pool of workers, before or after the others."""
    pools = walk.pools()
    name = walk.rng.choice([free_name for free_name in ("alpha", "middle", "zulu") if free_name not in pools] or [""])
    if not name or len(walk.machines()) >= MOST_MACHINES:
        raise StepNotPossibleError
    new_pool = {name: {"role": "worker", "labels": {"disk": "ssd"}}}
    walk.stack.set("machines.pools", {**new_pool, **pools} if walk.rng.random() < 0.5 else {**pools, **new_pool})
    return Expected(f"there is a pool {name}")


def remove_pool(walk: Walk) -> Expected:
    """Remove a pool of workers."""
    names = worker_pools(walk)
    if not names:
        raise StepNotPossibleError
    name = walk.rng.choice(names)
    pools = walk.pools()
    require_no_data(walk, {f"{name}-{number}" for number in range(1, pools[name].get("count", 1) + 1)})
    walk.stack.set("machines.pools", {key: pool for key, pool in pools.items() if key != name})
    _forget_gone(walk)
    return Expected(f"the pool {name} goes")


def rename_pool(walk: Walk) -> Expected:
    """Rename a pool of workers: new machines replace its machines."""
    names = worker_pools(walk)
    free = [key for key in ("alpha", "middle", "zulu") if key not in walk.pools()]
    if not names or not free:
        raise StepNotPossibleError
    name, new = walk.rng.choice(names), walk.rng.choice(free)
    pools = walk.pools()
    require_no_data(walk, {f"{name}-{number}" for number in range(1, pools[name].get("count", 1) + 1)})
    walk.stack.set("machines.pools", {new if key == name else key: pool for key, pool in pools.items()})
    _forget_gone(walk)
    return Expected(f"the pool {name} is now {new}")


def change_role(walk: Walk) -> Expected:
    """Promote two workers, or demote two managers that are not the API manager."""
    pools = walk.pools()
    pools_of_two = sorted(name for name, pool in pools.items() if name != "manager" and pool.get("count", 1) == 2)
    managers = sorted(name for name in pools_of_two if pools[name]["role"] == "manager")
    if not pools_of_two:
        raise StepNotPossibleError
    pool = managers[0] if managers else pools_of_two[0]
    role = "worker" if managers else "manager"
    if role == "manager" and pools[pool].get("availability", "active") != "active":
        raise StepNotPossibleError
    if role == "worker" and walk.api_manager.startswith(f"{pool}-"):
        raise StepNotPossibleError
    walk.stack.set(f"machines.pools.{pool}.role", role)
    walk.stack.allow("manager-majority")  # of three managers, one stays
    return Expected(f"{pool} are {role}s")


def change_api_manager(walk: Walk) -> Expected:
    """Make another manager the API manager."""
    others = [name for name in walk.machines("manager") if name != walk.api_manager]
    if not others:
        raise StepNotPossibleError
    machine = walk.rng.choice(others)
    walk.stack.set("swarm.api_manager", machine)
    return Expected(f"{machine} is the API manager")


def move_files(walk: Walk) -> Expected:
    """Move the files to another machine, with their content."""
    if not walk.get("nfs.enabled", True):
        raise StepNotPossibleError
    others = [name for name in walk.machines(active=True) if name != walk.get("nfs.machine")]
    if not others:
        raise StepNotPossibleError
    former, machine = walk.get("nfs.machine"), walk.rng.choice(others)
    walk.stack.set("nfs.machine", machine)
    walk.files = {(machine if key[0] == former else key[0], key[1]): content for key, content in walk.files.items()}
    return Expected(f"the files are on {machine}")


def remove_machine(walk: Walk) -> Expected:
    """Remove the container of a machine; its disk stays."""
    machine = walk.rng.choice(walk.machines())
    docker("rm", "--force", walk.stack.container(machine))
    return Expected(f"{machine} is removed")


def remove_machine_with_disk(walk: Walk) -> Expected:
    """Remove a worker with its disk."""
    names = walk.machines("worker")
    if not names:
        raise StepNotPossibleError
    machine = walk.rng.choice(names)
    walk.stack.remove_with_disk(machine)
    walk.labels.pop(machine, None)
    return Expected(f"{machine} is removed with its disk")


def lose_or_restore_machine(walk: Walk) -> Expected:
    """Stop a worker and declare it lost, or create the lost worker again."""
    lost = walk.get("machines.lost", [])
    names = [name for name in walk.machines("worker") if name != walk.get("nfs.machine")]
    if lost:
        walk.stack.set("machines.lost", [])
        return Expected(f"{lost} are made anew")
    if not names:
        raise StepNotPossibleError
    machine = walk.rng.choice(names)
    docker("stop", "--time", "1", walk.stack.container(machine))
    walk.stack.set("machines.lost", [machine])
    _forget_gone(walk)
    return Expected(f"{machine} is lost")


def import_unknown_volume(walk: Walk) -> Expected:
    """Set an import id, by which another volume would replace the files."""
    walk.stack.set("volumes.nfs.import_id", f"nobody-has-{walk.rng.randrange(100)}")
    return Expected("another volume for the files", r"volumes\.nfs\.import_id: ")


def change_subnet(walk: Walk) -> Expected:
    """Change the subnet, by which the machines would get other addresses."""
    walk.stack.set("machines.subnet", UNUSED_SUBNET)
    return Expected("another subnet", r"machines\.subnet: |firewall\.management: |overlap")


def _forget_gone(walk: Walk) -> None:
    """Forget the labels, and the losses, of machines that are gone: the settings know no lost machine of no pool."""
    if lost := walk.get("machines.lost", []):
        walk.stack.set("machines.lost", [])
        walk.stack.set("machines.lost", [name for name in lost if name in walk.machines()])
    machines = walk.machines()
    walk.labels = {name: label for name, label in walk.labels.items() if name in machines}


def test_random_walk_leaves_an_infrastructure_on_local_machines_intact(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    subnet = subnet_of("walk-local")
    changed_settings: dict[str, Any] = {
        "swarm": {"api_manager": "manager-1"},
        "nfs": {"machine": "manager-1", "server": "ganesha"},
        "monitoring": {"enabled": False, "machine": "manager-1"},
    }
    with stack("e2e-walk", tmp_path, small_target_settings(subnet, 2) | changed_settings) as target:
        walk = Walk(target, seed_of(request))
        first = target.make("up")
        assert first.code == 0, first.text
        walk.deploy_application()
        walk.write_file("manager-1", f"{FILES_FOLDER}/{re.sub('[^a-z0-9]', '', walk.seed)}")
        changes = [resize_pool, add_pool, remove_pool, rename_pool, change_role, change_api_manager, move_files]
        events = [
            remove_machine,
            remove_machine,
            remove_machine_with_disk,
            lose_or_restore_machine,
            killed_update(resize_pool, add_pool, rename_pool, change_setting, switch_service, remove_pool),
            *EVENTS,
        ]
        walk.run(
            request.config.getoption("steps"),
            [*VALID_STEPS, *changes, *events],
            [*refused_steps(), import_unknown_volume, change_subnet],
        )
