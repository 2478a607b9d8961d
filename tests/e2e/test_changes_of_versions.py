"""Engines of three managers, upgraded and downgraded: who asks an application at the virtual IP loses no request."""

from pathlib import Path

import pytest

from tests.e2e.harness import image_of
from tests.e2e.rolling import assert_as_before, assert_unnoticed, change, target_with_virtual_ip, watched
from tests.e2e.test_engine_versions import NEWER, OLDER, repository, version_of

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")


def test_engine_is_upgraded_and_downgraded(tmp_path: Path) -> None:
    settings = {
        "machines.image": image_of("plain"),
        "engine.source": "docker.com",
        "engine.version": OLDER,
        "engine.repository": repository(),
    }
    with target_with_virtual_ip("changes-versions", tmp_path, 0, settings) as target:

        def install(version: str) -> None:
            change(target, "engine.version", version)
            assert {version_of(target, machine) for machine in MANAGERS} == {version}

        with watched(target) as away:
            what = f"engine {OLDER} -> {NEWER} -> {OLDER}"
            assert_unnoticed(target, what, lambda: install(NEWER), lambda: install(OLDER))
        assert away == []
        assert_as_before(target)
