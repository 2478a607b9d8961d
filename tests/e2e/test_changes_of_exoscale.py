"""Workers on the stand-in of Exoscale that get another disk: who asks an application loses no request."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, TEMPLATE, ExoscaleStack, exoscale_stack
from tests.e2e.harness import TRAEFIK_ALONE
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.rolling import WORKERS, assert_as_before, assert_unnoticed, change, deploy, watched

pytestmark = pytest.mark.slow

OTHER_TEMPLATE = {"id": "0c1f7a52-3d64-4e0b-8a9d-6b1e22046a02", "name": "Linux Ubuntu 22.04 LTS 64-bit"}
THIS_COMPUTER = this_computer(subnet_of("changes-exoscale"))
SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": EXOSCALE_MACHINES
    | {"pools": {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": len(WORKERS)}}},
    "firewall": {"management": [THIS_COMPUTER], "users": [THIS_COMPUTER]},
    **TRAEFIK_ALONE,
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield a target on a manager and two workers with two applications."""
    folder = Path(tmp_path_factory.mktemp("changes-exoscale"))
    with exoscale_stack("e2e-changes-exoscale", folder, SETTINGS, subnet_of("changes-exoscale")) as target:
        deploy(target)
        yield target


def instances(target: ExoscaleStack) -> dict[str, str]:
    """Return the ids of the workers' instances."""
    return {worker: target.instance(worker)["id"] for worker in WORKERS}


def test_template_of_workers(target: ExoscaleStack) -> None:
    def replace(template: dict[str, str]) -> None:
        before = instances(target)
        text = change(target, "machines.pools.worker.template", template).text
        assert not {*before.values()} & {*instances(target).values()}, text

    with watched(target) as away:
        assert_unnoticed(target, "template of workers", lambda: replace(OTHER_TEMPLATE), lambda: replace(TEMPLATE))
    assert away == []
    assert_as_before(target)


def test_one_worker_is_replaced_by_hand(target: ExoscaleStack) -> None:
    def replace(worker: str) -> None:
        before = instances(target)
        replaced = target.up("--target-replace", target.urn(worker), "--target-dependents")
        assert replaced.code == 0, replaced.text
        assert [name for name, was in before.items() if instances(target)[name] != was] == [worker]

    assert_unnoticed(target, "one worker replaced", *(lambda worker=worker: replace(worker) for worker in WORKERS))
    assert_as_before(target)
