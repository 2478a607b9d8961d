"""The nightly check for drift: quiet about the program's own resources, loud about changes by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, ExoscaleStack, exoscale_stack
from tests.e2e.harness import Result
from tests.e2e.networks import subnet_of, this_computer

pytestmark = pytest.mark.slow
SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": EXOSCALE_MACHINES
    | {
        "elastic_ip": True,
        "private_network": subnet_of("drift-private"),
        "pools": {"manager": {"role": "manager"}},
    },
    "firewall": {"management": [this_computer(subnet_of("drift"))]},
    "nfs": {"server": "ganesha"},
    "volumes": {"nfs": {"block_storage": True, "size_gib": 10}},
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield a target on Exoscale that is up; the tests run in their order."""
    folder = Path(tmp_path_factory.mktemp("drift"))
    with exoscale_stack("e2e-drift", folder, SETTINGS, subnet_of("drift")) as target:
        result = target.up()
        assert result.code == 0, result.text
        yield target


def check_for_drift(target: ExoscaleStack) -> Result:
    """Run the preview that the workflow for drift runs."""
    return target.preview("--refresh", "--expect-no-changes")


def test_drift_check_is_quiet_after_up(target: ExoscaleStack) -> None:
    check = check_for_drift(target)
    assert check.code == 0, check.text
    assert check.count("unchanged") > 150


def test_drift_check_reports_a_service_changed_by_hand(target: ExoscaleStack) -> None:
    changed = target.on("manager-1", "docker", "service", "update", "--detach", "--env-add", "CHANGED=yes", "s3")
    assert changed.code == 0, changed.text
    check = check_for_drift(target)
    assert check.code != 0
    assert check.count("to update") == 1, check.text
    assert "s3-service update" in check.text


def test_make_up_restores_a_service_changed_by_hand(target: ExoscaleStack) -> None:
    result = target.make("up")
    assert result.code == 0, result.text
    assert "the service s3 differs from its settings" in result.text
    check = check_for_drift(target)
    assert check.code == 0, check.text
