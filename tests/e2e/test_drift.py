"""The nightly check for drift: quiet about what the program made itself, loud about what somebody else changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clouds import ON_EXOSCALE, CloudStack, cloud_stack
from tests.e2e.harness import Result
from tests.e2e.networks import here, subnet_of

pytestmark = pytest.mark.slow
SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": ON_EXOSCALE
    | {
        "elastic_ip": True,
        "private_network": subnet_of("drift-private"),
        "pools": {"manager": {"role": "manager"}},
    },
    "firewall": {"management": [here(subnet_of("drift"))]},
    "nfs": {"server": "ganesha"},
    "volumes": {"nfs": {"block_storage": True, "size_gib": 10}},
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudStack]:
    """A target on Exoscale that is up. The tests run in their order."""
    folder = Path(tmp_path_factory.mktemp("drift"))
    with cloud_stack("e2e-drift", folder, SETTINGS, subnet_of("drift")) as made:
        result = made.up()
        assert result.code == 0, result.text
        yield made


def check(target: CloudStack) -> Result:
    """What the workflow does."""
    return target.preview("--refresh", "--expect-no-changes")


def test_nothing_that_the_program_made_is_taken_for_drift(target: CloudStack) -> None:
    found = check(target)
    assert found.code == 0, found.text
    assert found.count("unchanged") > 150


def test_a_service_that_somebody_changed_is_told(target: CloudStack) -> None:
    done = target.on("manager-1", "docker", "service", "update", "--detach", "--env-add", "CHANGED=yes", "s3")
    assert done.code == 0, done.text
    found = check(target)
    assert found.code != 0
    assert found.count("to update") == 1, found.text
    assert "s3-service update" in found.text


def test_the_next_make_up_puts_that_right(target: CloudStack) -> None:
    result = target.make("up")
    assert result.code == 0, result.text
    assert "the service s3 is not as it was set" in result.text
    found = check(target)
    assert found.code == 0, found.text
