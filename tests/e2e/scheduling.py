"""Of tests that run in parallel, those that share one stack stay together."""

from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

# Files whose tests share the fixture `whole`.
WHOLE = {
    "test_exposure.py",
    "test_firewall.py",
    "test_monitoring.py",
    "test_tenant_isolation.py",
    "test_container_reach.py",
    "test_s3.py",
    "test_status.py",
    "test_storage.py",
}


class Together(LoadFileScheduling):  # type: ignore[misc]
    """All tests of a file on one worker, and so those of the files that share a stack: it would be made twice."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        path = PurePosixPath(file)
        return "whole" if path.parent == PurePosixPath("tests/e2e") and path.name in WHOLE else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """For `--dist loadfile`: groups by marks of tests (`loadgroup`) do nothing with this pytest."""
    return Together(config, log) if config.getoption("dist") == "loadfile" else None
