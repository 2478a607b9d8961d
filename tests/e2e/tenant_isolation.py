"""The assertion that a hostile tenant changes nothing: the program answers as it does without its applications."""

from typing import Any

import requests

from tests.e2e.endpoint_requests import EndpointRequest, is_answered, manager_endpoints, repeated_requests, send_all
from tests.e2e.harness import Stack
from tests.e2e.hostile_applications import APPLICATION_MARK, Application, deployed
from tests.e2e.waiting import wait_for

Endpoints = dict[str, EndpointRequest]
RESTARTED_SERVICES = ("traefik", "grafana", "prometheus", "s3", "socket-proxy")


def endpoints_of(
    stack: Stack, managers: tuple[str, ...], outputs: dict[str, Any], user_session: requests.Session
) -> Endpoints:
    """Return the requests to each manager, by the names of endpoint and manager."""
    return {
        f"{name} at {manager}": request
        for manager in managers
        for name, request in manager_endpoints(stack, stack.address(manager), outputs, user_session).items()
    }


def unanswered(answers: dict[str, str]) -> dict[str, str]:
    """Return the requests that nobody answers, without those for Grafana's metrics: Traefik does not publish them."""
    return {
        name: answer
        for name, answer in answers.items()
        if not is_answered(answer) and not name.startswith("metrics of grafana")
    }


def wait_for_answers(endpoints: Endpoints, expected: dict[str, str]) -> None:
    """Wait until every request gets the expected answer."""
    answers: dict[str, str] = {}

    def all_match() -> bool:
        answers.update(send_all(endpoints))
        return answers == expected

    wait_for(
        all_match,
        "the program answers as before",
        120,
        lambda: str({name: answer for name, answer in answers.items() if answer != expected[name]}),
    )


def stolen_answer(stack: Stack, manager: str, user_session: requests.Session, application: Application) -> str:
    """Return what an application gets from the program at its path for stolen answers: nothing, if all is well."""
    try:
        answer = user_session.get(f"https://{stack.address(manager)}/stolen-{application.name}", timeout=10)
    except requests.RequestException:  # the task of the application does not run yet
        return ""
    return answer.text if answer.status_code == 200 and APPLICATION_MARK not in answer.text else ""


def assert_answers_stay_the_same(
    stack: Stack,
    manager: str,
    user_session: requests.Session,
    endpoints: Endpoints,
    applications: list[Application],
    *,
    restarted: tuple[str, ...] = (),
) -> None:
    """Assert that each endpoint answers the same before, while and after applications run and services restart."""
    expected = send_all(endpoints)
    without_answer = unanswered(expected)
    assert without_answer == {}, without_answer
    with repeated_requests(endpoints) as log:
        with deployed(stack, manager, user_session, applications):
            if restarted:
                commands = [f"docker service update --quiet --force {name} &" for name in restarted]
                assert stack.on(manager, "bash", "-euc", "\n".join([*commands, "wait"])).code == 0
            wait_for_answers(endpoints, expected)
            stolen = {
                application.name: stolen_answer(stack, manager, user_session, application)
                for application in applications
            }
        wait_for_answers(endpoints, expected)
    foreign = log.foreign(expected)
    assert foreign == {}, foreign
    assert set(stolen.values()) == {""}, stolen
    if not restarted:
        missing = {name: counts for name, counts in log.missing().items() if is_answered(expected[name])}
        assert missing == {}, missing
