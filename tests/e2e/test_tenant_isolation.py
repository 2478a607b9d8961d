"""A hostile tenant: applications claim all objects of the program, while every endpoint is requested."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.e2e.endpoint_requests import bucket
from tests.e2e.expected_ports import TARGET_PORTS
from tests.e2e.harness import Stack
from tests.e2e.hostile_applications import ProgramObjects, attacking_applications, port_claims, program_objects
from tests.e2e.tenant_isolation import RESTARTED_SERVICES, Endpoints, assert_answers_stay_the_same, endpoints_of
from tests.e2e.waiting import wait_for_routes

MANAGER = "manager-1"


@pytest.fixture(scope="module")
def objects(full_target: Stack, outputs: dict[str, Any], user_session: requests.Session) -> ProgramObjects:
    wait_for_routes(outputs["urls"], user_session)
    return program_objects(full_target, MANAGER)


@pytest.fixture(scope="module")
def endpoints(full_target: Stack, outputs: dict[str, Any], user_session: requests.Session) -> Iterator[Endpoints]:
    with bucket(outputs, user_session):
        yield endpoints_of(full_target, (MANAGER,), outputs, user_session)


def test_hostile_applications_together_change_no_answer(
    full_target: Stack, user_session: requests.Session, objects: ProgramObjects, endpoints: Endpoints
) -> None:
    applications = list(attacking_applications(objects))
    assert len(applications) > 40
    assert_answers_stay_the_same(full_target, MANAGER, user_session, endpoints, applications)


def test_hostile_applications_change_no_answer_while_services_restart(
    full_target: Stack, user_session: requests.Session, objects: ProgramObjects, endpoints: Endpoints
) -> None:
    assert_answers_stay_the_same(
        full_target,
        MANAGER,
        user_session,
        endpoints,
        list(attacking_applications(objects)),
        restarted=RESTARTED_SERVICES,
    )


def test_application_cannot_publish_a_port_of_the_program_or_of_a_machine(
    full_target: Stack, objects: ProgramObjects
) -> None:
    machine_ports = [(port, protocol) for port, (_, protocols) in TARGET_PORTS.items() for protocol in protocols]
    refused = {}
    for application in port_claims(objects, machine_ports):
        answer = full_target.on(MANAGER, *application.command("websecure"))
        refused[application.name] = "already in use" in answer.text
        if answer.code == 0:
            full_target.on(MANAGER, "docker", "service", "rm", application.name)
    assert [name for name, is_refused in refused.items() if not is_refused] == []


@pytest.mark.slow
def test_each_hostile_application_changes_no_answer(
    full_target: Stack, user_session: requests.Session, objects: ProgramObjects, endpoints: Endpoints
) -> None:
    for application in attacking_applications(objects):
        assert_answers_stay_the_same(full_target, MANAGER, user_session, endpoints, [application])
