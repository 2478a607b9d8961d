"""A hostile tenant of a target, and of a host, on three managers each: see test_tenant_isolation.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.endpoint_requests import bucket, send_all
from tests.e2e.harness import Stack, stack
from tests.e2e.hostile_applications import ProgramObjects, attacking_applications, program_objects
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.tenant_isolation import (
    RESTARTED_SERVICES,
    Endpoints,
    assert_answers_stay_the_same,
    endpoints_of,
    unanswered,
)
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

SUBNET = subnet_of("neighbours")
KINDS: dict[str, dict[str, Any]] = {
    "target": {"nfs": {"server": "ganesha"}, "s3": {}},
    "host": {},
}
MANAGERS = ("manager-1", "manager-2", "manager-3")


@dataclass(frozen=True)
class Infrastructure:
    """An infrastructure that the applications run on."""

    stack: Stack
    user_session: requests.Session
    endpoints: Endpoints
    objects: ProgramObjects


@pytest.fixture(scope="module", params=KINDS)
def infrastructure(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Infrastructure]:
    """Yield an infrastructure on three managers with every service of its kind."""
    kind = request.param
    settings = {
        "kind": kind,
        "machines": {
            "provider": "local",
            "subnet": SUBNET,
            "pools": {"manager": {"role": "manager", "count": 3}},
        },
        "firewall": {"management": [this_computer(SUBNET)], "users": [this_computer(SUBNET)]},
        "monitoring": {"machine": "manager-1"},
    }
    with stack(f"e2e-neighbours-{kind}", Path(tmp_path_factory.mktemp(kind)), settings | KINDS[kind]) as target:
        result = target.up()
        assert result.code == 0, result.text
        outputs = target.outputs()
        with target.https_session() as user_session:
            endpoints = endpoints_of(target, MANAGERS, outputs, user_session)
            assert len(endpoints) == len(MANAGERS) * (12 if kind == "target" else 9)
            with bucket(outputs, user_session):
                wait_for(lambda: unanswered(send_all(endpoints)) == {}, "every endpoint answers", 120)
                yield Infrastructure(target, user_session, endpoints, program_objects(target, MANAGERS[0]))


def test_hostile_applications_change_no_answer_on_three_managers(infrastructure: Infrastructure) -> None:
    applications = list(attacking_applications(infrastructure.objects))
    assert len(applications) > 30
    assert_answers_stay_the_same(
        infrastructure.stack, "manager-2", infrastructure.user_session, infrastructure.endpoints, applications
    )


def test_hostile_applications_change_no_answer_while_services_of_three_managers_restart(
    infrastructure: Infrastructure,
) -> None:
    restarted = tuple(name for name in RESTARTED_SERVICES if name in infrastructure.objects.service_names)
    applications = list(attacking_applications(infrastructure.objects))
    assert_answers_stay_the_same(
        infrastructure.stack,
        "manager-3",
        infrastructure.user_session,
        infrastructure.endpoints,
        applications,
        restarted=restarted,
    )
