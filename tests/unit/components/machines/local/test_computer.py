"""components/machines/local/computer.py: as many machines as the computer's kernel has inotify instances for."""

from pathlib import Path

import pytest

from components.machines.local import computer
from components.machines.local.provider import PROVIDER
from components.ports import TrafficSource
from tests.support import plans
from tests.support.rows import rows


@pytest.fixture
def limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernel's file, as Debian's kernel has it."""
    file = tmp_path / "limit"
    file.write_text("128\n")
    monkeypatch.setattr(computer, "INOTIFY_LIMIT", file)
    return file


@rows("machines", [1, 18])
def test_machines_for_which_there_are_instances_are_allowed(limit: Path, machines: int) -> None:
    assert limit.exists()
    assert list(computer.lacks(machines)) == []


def test_machines_without_instances_are_refused_with_the_command_that_allows_them(limit: Path) -> None:
    [line] = computer.lacks(25)
    assert line == (
        "machines.pools: 25 machines given; allowed: 18 on this computer, whose kernel gives root 128 inotify"
        " instances; for more, first run 'sudo sysctl fs.inotify.max_user_instances=256'"
    )
    limit.write_text("256\n")
    assert list(computer.lacks(25)) == []


def test_kernel_without_such_a_limit_allows_all(limit: Path) -> None:
    limit.unlink()
    assert list(computer.lacks(1000)) == []


def test_machines_of_all_pools_count(limit: Path) -> None:
    limit.write_text("14\n")
    pools = {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": 2}}
    machines = plans.local(pools=pools)
    sources = {**plans.plan().sources, TrafficSource.MANAGEMENT: [machines.subnet]}
    [line] = PROVIDER.conflicts(machines, plans.plan(sources=sources))
    assert line.startswith("machines.pools: 3 machines given; allowed: 2 on this computer")
