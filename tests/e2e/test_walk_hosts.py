"""A walk on hosts that exist already: whatever their operators and the hosts do, all stays whole."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import docker, stack
from tests.e2e.hosts import Hosts, hosts
from tests.e2e.networks import address, here, subnet_of
from tests.e2e.test_existing import configure, settings
from tests.e2e.walk import Expected, NotNowError, Step, Walk, seed_of
from tests.e2e.walk_events import EVENTS, killed
from tests.e2e.walk_settings import VALID, another_value, refused, switched

pytestmark = pytest.mark.slow

USER = "walk-hosts"
NAMES = ("manager-1", "worker-1", "worker-2", "worker-3")
PATHS = ("/var/lib/nuvla-swarm/nfs", "/srv/files", "/srv/others/files")
IS_ANOTHER = r"machines\.pools: the host .* but is "
HAS_NO_NAME = rf"{IS_ANOTHER}|machines\.lost\[0\]: |nfs\.machine: "


class HostSteps:
    """Steps of which each needs to know the hosts."""

    def __init__(self, found: Hosts):
        self.found = found

    def leaves(self, walk: Walk) -> Expected:
        """A host is taken out of the settings: it loses Docker, and keeps the files."""
        name = self._worker(walk)
        _, _, member = name.rpartition("-")
        walk.made.set(
            "machines.pools.worker.hosts", {key: host for key, host in _workers(walk).items() if key != member}
        )
        walk.labels.pop(name, None)
        return Expected(f"{name} leaves")

    def returns(self, walk: Walk) -> Expected:
        """A host that was left is a machine again."""
        members = [name.rpartition("-")[2] for name in NAMES[1:]]
        gone = [member for member in members if member not in _workers(walk)]
        if not gone:
            raise NotNowError
        member = walk.chance.choice(gone)
        more = {member: self.found.settings(f"worker-{member}")}
        walk.made.set("machines.pools.worker.hosts", _workers(walk) | more)
        return Expected(f"worker-{member} returns")

    def has_labels(self, walk: Walk) -> Expected:
        """A host gets labels of its own."""
        member = self._worker(walk, data_too=True).rpartition("-")[2]
        hosts_now = _workers(walk)
        hosts_now[member]["labels"] = {"rack": walk.chance.choice("abc")}
        walk.made.set("machines.pools.worker.hosts", hosts_now)
        return Expected(f"labels of worker-{member} are {hosts_now[member]['labels']}")

    def moves(self, walk: Walk) -> Expected:
        """A host gets another address."""
        name = self._worker(walk)
        member, network = name.rpartition("-")[2], f"nuvla-swarm-{walk.made.name}"
        new = address(USER, walk.chance.choice([30, 40, 50]) + NAMES.index(name))
        if new == self.found.addresses[name]:
            raise NotNowError
        docker("network", "disconnect", network, walk.made.container(name))
        docker("network", "connect", "--ip", new, network, walk.made.container(name))
        self.found.addresses[name] = new
        hosts_now = _workers(walk)
        hosts_now[member]["address"] = new
        walk.made.set("machines.pools.worker.hosts", hosts_now)
        return Expected(f"{name} is at {new}")

    def dies(self, walk: Walk) -> Expected:
        """A host is off and given up, or the one that was given up is back."""
        gone = walk.get("machines.lost", [])
        if gone:
            docker("start", walk.made.container(gone[0]))
            walk.made.set("machines.lost", [])
            return Expected(f"{gone[0]} is back")
        name = self._worker(walk)
        docker("stop", "--time", "1", walk.made.container(name))
        walk.made.set("machines.lost", [name])
        walk.labels.pop(name, None)
        return Expected(f"{name} is lost")

    def another_path(self, walk: Walk) -> Expected:
        """The files are served from another folder of their machine; those of before stay where they are."""
        path = walk.chance.choice(PATHS)
        walk.made.set("volumes.nfs.path", path)
        return Expected(f"the files are in {path}")

    def another_machine(self, walk: Walk) -> Expected:
        """The files are served from another machine; those of before stay where they are."""
        machine = walk.chance.choice(walk.machines(active=True))
        walk.made.set("nfs.machine", machine)
        return Expected(f"the files are on {machine}")

    def exchanged(self, walk: Walk) -> Expected:
        """Two hosts are given under each other's names."""
        pool = _workers(walk)
        if len(pool) < 2:
            raise NotNowError
        one, other = walk.chance.sample(sorted(pool), 2)
        walk.made.set("machines.pools.worker.hosts", pool | {one: pool[other], other: pool[one]})
        return Expected(f"worker-{one} and worker-{other} are exchanged", IS_ANOTHER)

    def renamed(self, walk: Walk) -> Expected:
        """A host is given under another name."""
        pool = _workers(walk)
        if not pool:
            raise NotNowError
        one = walk.chance.choice(sorted(pool))
        walk.made.set("machines.pools.worker.hosts", {"a" if key == one else key: host for key, host in pool.items()})
        return Expected(f"worker-{one} is called worker-a", HAS_NO_NAME)

    def pool_renamed(self, walk: Walk) -> Expected:
        """The workers are given as another pool."""
        pools = walk.pools()
        if not _workers(walk):
            raise NotNowError
        walk.made.set("machines.pools", {"minion" if key == "worker" else key: pool for key, pool in pools.items()})
        return Expected("the pool worker is called minion", HAS_NO_NAME)

    def no_folder_for_files(self, walk: Walk) -> Expected:
        """A folder of the system's, or one inside of another volume."""
        path = walk.chance.choice(
            ["/etc", "/var/lib/docker/files", "/nfs-root/files", "/var/lib/nuvla-swarm/grafana/nfs"]
        )
        walk.made.set("volumes.nfs.path", path)
        return Expected(f"the files are in {path}", r"volumes\.(nfs|grafana)\.path: ")

    @staticmethod
    def _worker(walk: Walk, *, data_too: bool = False) -> str:
        """A worker that has no files, unless that does not matter."""
        names = [name for name in walk.machines("worker") if data_too or name != walk.get("nfs.machine")]
        if not names:
            raise NotNowError
        return walk.chance.choice(names)


def _workers(walk: Walk) -> dict[str, Any]:
    found: dict[str, Any] = walk.pools()["worker"]["hosts"]
    return found


def test_whatever_is_done_an_infrastructure_stays_whole(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    said: dict[str, Any] = {"swarm": {"api_manager": "manager-1"}, "nfs": {"machine": "worker-2", "server": "ganesha"}}
    said |= {"monitoring": {"enabled": False, "machine": "manager-1"}}
    with (
        stack("e2e-walk-hosts", tmp_path, settings(here(subnet_of(USER))) | said) as made,
        hosts(made, *NAMES, user=USER) as found,
    ):
        members = {name.rpartition("-")[2]: found.settings(name) for name in NAMES[1:3]}
        manager = {"role": "manager", "hosts": {"1": found.settings("manager-1")}}
        configure(found, {"manager": manager, "worker": {"role": "worker", "hosts": members}})
        walk = Walk(made, seed_of(request), hostname="{}.example")
        first = made.make("up")
        assert first.code == 0, first.text
        walk.start()
        for name in NAMES:
            walk.put(name, "/srv/walk")
        walk.put("worker-2", f"{PATHS[0]}/walk")
        steps = HostSteps(found)
        changes: list[Step] = [steps.leaves, steps.returns, steps.has_labels, steps.moves, steps.dies, steps.dies]
        changes += [steps.another_path, steps.another_machine]
        happens = [killed(steps.leaves, steps.returns, steps.another_path, another_value, switched), *EVENTS]
        never: list[Step] = [steps.exchanged, steps.renamed, steps.pool_renamed, steps.no_folder_for_files]
        walk.go(request.config.getoption("steps"), [*VALID, *changes, *happens], [*refused(), *never])
