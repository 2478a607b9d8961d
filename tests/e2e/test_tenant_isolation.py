"""A hostile tenant: applications with all that the program has itself, while each of its addresses is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.e2e.endpoint_requests import bucket
from tests.e2e.expected_ports import TABLE
from tests.e2e.harness import Stack
from tests.e2e.hostile_applications import Program, applications, ports, program_of
from tests.e2e.tenant_isolation import RESTARTED, Questions, assert_they_take_nothing, questions_at
from tests.e2e.waiting import wait_for_entry

MANAGER = "manager-1"


@pytest.fixture(scope="module")
def program(whole: Stack, exported: dict[str, Any], user: requests.Session) -> Program:
    wait_for_entry(exported["urls"], user)
    return program_of(whole, MANAGER)


@pytest.fixture(scope="module")
def asked(whole: Stack, exported: dict[str, Any], user: requests.Session) -> Iterator[Questions]:
    with bucket(exported, user):
        yield questions_at(whole, (MANAGER,), exported, user)


def test_all_of_them_together_take_nothing(
    whole: Stack, user: requests.Session, program: Program, asked: Questions
) -> None:
    made = list(applications(program))
    assert len(made) > 40
    assert_they_take_nothing(whole, MANAGER, user, asked, made)


def test_nor_do_they_while_the_program_s_services_start_anew(
    whole: Stack, user: requests.Session, program: Program, asked: Questions
) -> None:
    assert_they_take_nothing(whole, MANAGER, user, asked, list(applications(program)), restarted=RESTARTED)


def test_no_application_publishes_a_port_of_the_program_or_of_a_machine(whole: Stack, program: Program) -> None:
    machine = [(port, protocol) for port, (_, rows) in TABLE.items() for protocol in rows]
    refused = {}
    for application in ports(program, machine):
        answer = whole.on(MANAGER, *application.command("websecure"))
        refused[application.name] = "already in use" in answer.text
        if answer.code == 0:
            whole.on(MANAGER, "docker", "service", "rm", application.name)
    assert [name for name, was in refused.items() if not was] == []


@pytest.mark.slow
def test_one_by_one_they_take_nothing(whole: Stack, user: requests.Session, program: Program, asked: Questions) -> None:
    for application in applications(program):
        assert_they_take_nothing(whole, MANAGER, user, asked, [application])
