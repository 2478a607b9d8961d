"""A hostile tenant: applications with all that the program has itself, while each of its addresses is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.e2e.asked import NOBODY, ask, asking, bucket, questions
from tests.e2e.guide import TABLE
from tests.e2e.harness import Stack
from tests.e2e.moments import wait_for, wait_for_entry
from tests.e2e.neighbours import SAYS, Application, Program, applications, deployed, ports, program_of

MANAGER = "manager-1"
Questions = dict[str, Any]


@pytest.fixture(scope="module")
def program(whole: Stack, exported: dict[str, Any], user: requests.Session) -> Program:
    wait_for_entry(exported["urls"], user)
    return program_of(whole, MANAGER)


@pytest.fixture(scope="module")
def asked(whole: Stack, exported: dict[str, Any], user: requests.Session) -> Iterator[Questions]:
    with bucket(exported, user):
        yield questions(whole, whole.address(MANAGER), exported, user)


def settled(asked: Questions, right: dict[str, str]) -> None:
    """All is answered as it was."""
    found: dict[str, str] = {}

    def same() -> bool:
        found.update(ask(asked))
        return found == right

    wait_for(same, "the program answers as before", 120, lambda: str({k: v for k, v in found.items() if v != right[k]}))


def assert_they_take_nothing(
    stack: Stack, user: requests.Session, asked: Questions, made: list[Application], *, restarted: tuple[str, ...] = ()
) -> None:
    """Applications are there for a while, in which services of the program start anew."""
    right = ask(asked)
    assert NOBODY not in {answer for what, answer in right.items() if what != "metrics of grafana"}
    with asking(asked) as answers:
        with deployed(stack, MANAGER, user, made):
            if restarted:
                commands = [f"docker service update --quiet --force {name} &" for name in restarted]
                assert stack.on(MANAGER, "bash", "-euc", "\n".join([*commands, "wait"])).code == 0
            settled(asked, right)
            stolen = {
                application.name: user.get(f"https://{stack.address(MANAGER)}/stolen-{application.name}", timeout=10)
                for application in made
            }
        settled(asked, right)
    assert answers.strange(right) == {}
    assert {
        name: answer.text for name, answer in stolen.items() if answer.status_code == 200 and SAYS not in answer.text
    } == {}
    if not restarted:
        missing = {what: n for what, n in answers.missing().items() if right[what] != NOBODY}
        assert missing == {}


def test_all_of_them_together_take_nothing(
    whole: Stack, user: requests.Session, program: Program, asked: Questions
) -> None:
    made = list(applications(program))
    assert len(made) > 40
    assert_they_take_nothing(whole, user, asked, made)


def test_nor_do_they_while_the_program_s_services_start_anew(
    whole: Stack, user: requests.Session, program: Program, asked: Questions
) -> None:
    restarted = ("traefik", "grafana", "prometheus", "s3", "socket-proxy")
    assert_they_take_nothing(whole, user, asked, list(applications(program)), restarted=restarted)


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
        assert_they_take_nothing(whole, user, asked, [application])
