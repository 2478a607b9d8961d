"""The scheduler of tests that run in parallel: tests that share a stack stay on one worker."""

from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

# Files whose tests share the fixture `full_target`.
FULL_TARGET_FILES = {
    "test_exposure.py",
    "test_firewall.py",
    "test_monitoring.py",
    "test_planted_faults.py",
    "test_tenant_isolation.py",
    "test_container_reach.py",
    "test_s3.py",
    "test_status.py",
    "test_storage.py",
}


class SharedStackScheduling(LoadFileScheduling):  # type: ignore[misc]
    """A scheduler of files that gives one worker all files that share a stack, which is then created once."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        path = PurePosixPath(file)
        return "full_target" if path.parent == PurePosixPath("tests/e2e") and path.name in FULL_TARGET_FILES else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedStackScheduling | None:
    """Return the scheduler for `--dist loadfile`: with this pytest, `loadgroup` does not group tests by their marks."""
    return SharedStackScheduling(config, log) if config.getoption("dist") == "loadfile" else None
