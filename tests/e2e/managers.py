"""A target on three managers and a worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, stack
from tests.e2e.networks import subnet_of

MANAGERS = ("manager-1", "manager-2", "manager-3")
MACHINES = (*MANAGERS, "worker-1")


@contextmanager
def target_of_managers(name: str, folder: Path) -> Iterator[Stack]:
    """Yield the target `e2e-<name>`, which `make up` has brought up."""
    with stack(f"e2e-{name}", folder, small_target_settings(subnet_of(name), 1)) as target:
        target.set("machines.pools.manager.count", len(MANAGERS))
        result = target.make("up")
        assert result.code == 0, result.text
        yield target
