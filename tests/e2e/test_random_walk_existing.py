"""A random walk on existing hosts: after each step of operators or hosts, the infrastructure is intact."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.existing_hosts import ExistingHosts, existing_hosts
from tests.e2e.harness import docker, stack
from tests.e2e.networks import address, subnet_of, this_computer
from tests.e2e.random_walk import Expected, Step, StepNotPossibleError, Walk, seed_of
from tests.e2e.test_existing_machines import configure, settings
from tests.e2e.walk_events import EVENTS, killed_update
from tests.e2e.walk_settings import VALID_STEPS, change_setting, refused_steps, switch_service

pytestmark = pytest.mark.slow

NETWORK_USER = "walk-hosts"
NAMES = ("manager-1", "worker-1", "worker-2", "worker-3")
FILES_FOLDERS = ("/srv/nuvla/nfs", "/srv/files", "/srv/others/files")
OTHER_HOST_ERROR = r"machines\.pools: the host .* but is "
UNKNOWN_NAME_ERROR = rf"{OTHER_HOST_ERROR}|machines\.lost\[0\]: |nfs\.machine: "


class HostSteps:
    """The steps of a walk that need the hosts."""

    def __init__(self, hosts: ExistingHosts):
        self.hosts = hosts

    def leave(self, walk: Walk) -> Expected:
        """Remove a host from the settings: the program removes Docker, and files stay."""
        name = self._worker(walk)
        _, _, member = name.rpartition("-")
        walk.stack.set(
            "machines.pools.worker.hosts", {key: host for key, host in _workers(walk).items() if key != member}
        )
        walk.labels.pop(name, None)
        return Expected(f"{name} leaves")

    def return_host(self, walk: Walk) -> Expected:
        """Add a host again that left."""
        members = [name.rpartition("-")[2] for name in NAMES[1:]]
        absent = [member for member in members if member not in _workers(walk)]
        if not absent:
            raise StepNotPossibleError
        member = walk.rng.choice(absent)
        returning = {member: self.hosts.settings(f"worker-{member}")}
        walk.stack.set("machines.pools.worker.hosts", _workers(walk) | returning)
        return Expected(f"worker-{member} returns")

    def change_labels(self, walk: Walk) -> Expected:
        """Give a host its own labels."""
        member = self._worker(walk, data_too=True).rpartition("-")[2]
        hosts_now = _workers(walk)
        hosts_now[member]["labels"] = {"rack": walk.rng.choice("abc")}
        walk.stack.set("machines.pools.worker.hosts", hosts_now)
        return Expected(f"labels of worker-{member} are {hosts_now[member]['labels']}")

    def change_address(self, walk: Walk) -> Expected:
        """Give a host another address."""
        name = self._worker(walk)
        member, network = name.rpartition("-")[2], f"nuvla-swarm-{walk.stack.name}"
        new = address(NETWORK_USER, walk.rng.choice([30, 40, 50]) + NAMES.index(name))
        if new == self.hosts.addresses[name]:
            raise StepNotPossibleError
        docker("network", "disconnect", network, walk.stack.container(name))
        docker("network", "connect", "--ip", new, network, walk.stack.container(name))
        self.hosts.addresses[name] = new
        hosts_now = _workers(walk)
        hosts_now[member]["address"] = new
        walk.stack.set("machines.pools.worker.hosts", hosts_now)
        return Expected(f"{name} is at {new}")

    def lose_or_return(self, walk: Walk) -> Expected:
        """Stop a host and declare it lost, or start the lost host again."""
        absent = walk.get("machines.lost", [])
        if absent:
            docker("start", walk.stack.container(absent[0]))
            walk.stack.set("machines.lost", [])
            return Expected(f"{absent[0]} is back")
        name = self._worker(walk)
        docker("stop", "--time", "1", walk.stack.container(name))
        walk.stack.set("machines.lost", [name])
        walk.labels.pop(name, None)
        return Expected(f"{name} is lost")

    def change_folder_of_files(self, walk: Walk) -> Expected:
        """Serve files from another folder of their machine; former files stay in their folder."""
        path = walk.rng.choice(FILES_FOLDERS)
        walk.stack.set("volumes.nfs.path", path)
        return Expected(f"the files are in {path}")

    def change_machine_of_files(self, walk: Walk) -> Expected:
        """Serve files from another machine; former files stay on their machine."""
        machine = walk.rng.choice(walk.machines(active=True))
        walk.stack.set("nfs.machine", machine)
        walk.stack.allow("data-left-behind")
        return Expected(f"the files are on {machine}")

    def exchange_hosts(self, walk: Walk) -> Expected:
        """Exchange the names of two hosts."""
        pool = _workers(walk)
        if len(pool) < 2:
            raise StepNotPossibleError
        first, second = walk.rng.sample(sorted(pool), 2)
        walk.stack.set("machines.pools.worker.hosts", pool | {first: pool[second], second: pool[first]})
        return Expected(f"worker-{first} and worker-{second} are exchanged", OTHER_HOST_ERROR)

    def rename_host(self, walk: Walk) -> Expected:
        """Give a host another name."""
        pool = _workers(walk)
        if not pool:
            raise StepNotPossibleError
        first = walk.rng.choice(sorted(pool))
        walk.stack.set(
            "machines.pools.worker.hosts", {"a" if key == first else key: host for key, host in pool.items()}
        )
        return Expected(f"worker-{first} is called worker-a", UNKNOWN_NAME_ERROR)

    def rename_pool(self, walk: Walk) -> Expected:
        """Give the pool of workers another name."""
        pools = walk.pools()
        if not _workers(walk):
            raise StepNotPossibleError
        walk.stack.set("machines.pools", {"minion" if key == "worker" else key: pool for key, pool in pools.items()})
        return Expected("the pool worker is called minion", UNKNOWN_NAME_ERROR)

    def set_unusable_folder(self, walk: Walk) -> Expected:
        """Serve files from a folder of the system, or from inside another volume."""
        path = walk.rng.choice(["/etc", "/var/lib/docker/files", "/nfs-root/files", "/srv/nuvla/grafana/nfs"])
        walk.stack.set("volumes.nfs.path", path)
        return Expected(f"the files are in {path}", r"volumes\.(nfs|grafana)\.path: ")

    @staticmethod
    def _worker(walk: Walk, *, data_too: bool = False) -> str:
        """Choose a worker: one without files, unless `data_too`."""
        names = [name for name in walk.machines("worker") if data_too or name != walk.get("nfs.machine")]
        if not names:
            raise StepNotPossibleError
        return walk.rng.choice(names)


def _workers(walk: Walk) -> dict[str, Any]:
    workers: dict[str, Any] = walk.pools()["worker"]["hosts"]
    return workers


def test_random_walk_leaves_an_infrastructure_on_existing_machines_intact(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    changed_settings: dict[str, Any] = {
        "swarm": {"api_manager": "manager-1"},
        "nfs": {"machine": "worker-2", "server": "ganesha"},
    }
    changed_settings |= {"monitoring": {"enabled": False, "machine": "manager-1"}}
    with (
        stack(
            "e2e-walk-hosts", tmp_path, settings(this_computer(subnet_of(NETWORK_USER))) | changed_settings
        ) as target,
        existing_hosts(target, *NAMES, network_user=NETWORK_USER) as hosts,
    ):
        members = {name.rpartition("-")[2]: hosts.settings(name) for name in NAMES[1:3]}
        manager = {"role": "manager", "hosts": {"1": hosts.settings("manager-1")}}
        configure(hosts, {"manager": manager, "worker": {"role": "worker", "hosts": members}})
        walk = Walk(target, seed_of(request), hostname="{}.example")
        first = target.make("up")
        assert first.code == 0, first.text
        walk.deploy_application()
        for name in NAMES:
            walk.write_file(name, "/srv/walk")
        walk.write_file("worker-2", f"{FILES_FOLDERS[0]}/walk")
        steps = HostSteps(hosts)
        changes: list[Step] = [
            steps.leave,
            steps.return_host,
            steps.change_labels,
            steps.change_address,
            steps.lose_or_return,
            steps.lose_or_return,
        ]
        changes += [steps.change_folder_of_files, steps.change_machine_of_files]
        events = [
            killed_update(steps.leave, steps.return_host, steps.change_folder_of_files, change_setting, switch_service),
            *EVENTS,
        ]
        refused_here: list[Step] = [
            steps.exchange_hosts,
            steps.rename_host,
            steps.rename_pool,
            steps.set_unusable_folder,
        ]
        walk.run(
            request.config.getoption("steps"), [*VALID_STEPS, *changes, *events], [*refused_steps(), *refused_here]
        )
