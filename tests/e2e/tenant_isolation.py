"""What a hostile tenant may not bring about: while its applications run, the program answers as it did without them."""

from typing import Any

import requests

from tests.e2e.endpoint_requests import Question, ask, asking, is_there, questions
from tests.e2e.harness import Stack
from tests.e2e.hostile_applications import SAYS, Application, deployed
from tests.e2e.waiting import wait_for

Questions = dict[str, Question]
RESTARTED = ("traefik", "grafana", "prometheus", "s3", "socket-proxy")


def questions_at(
    stack: Stack, managers: tuple[str, ...], exported: dict[str, Any], user: requests.Session
) -> Questions:
    """What the program is asked at each of its managers."""
    return {
        f"{what} at {manager}": question
        for manager in managers
        for what, question in questions(stack, stack.address(manager), exported, user).items()
    }


def away(answers: dict[str, str]) -> dict[str, str]:
    """What nobody answers of what is there: Grafana's metrics are not."""
    return {
        what: answer
        for what, answer in answers.items()
        if not is_there(answer) and not what.startswith("metrics of grafana")
    }


def settled(asked: Questions, right: dict[str, str]) -> None:
    """All is answered as it was."""
    found: dict[str, str] = {}

    def same() -> bool:
        found.update(ask(asked))
        return found == right

    wait_for(same, "the program answers as before", 120, lambda: str({k: v for k, v in found.items() if v != right[k]}))


def stolen(stack: Stack, manager: str, user: requests.Session, application: Application) -> str:
    """What an application gets of the program by its path for that, which is nothing."""
    try:
        answer = user.get(f"https://{stack.address(manager)}/stolen-{application.name}", timeout=10)
    except requests.RequestException:  # of an application whose task is not there yet
        return ""
    return answer.text if answer.status_code == 200 and SAYS not in answer.text else ""


def assert_they_take_nothing(
    stack: Stack,
    manager: str,
    user: requests.Session,
    asked: Questions,
    made: list[Application],
    *,
    restarted: tuple[str, ...] = (),
) -> None:
    """Applications are there for a while, in which services of the program start anew."""
    right = ask(asked)
    silent = away(right)
    assert silent == {}, silent
    with asking(asked) as answers:
        with deployed(stack, manager, user, made):
            if restarted:
                commands = [f"docker service update --quiet --force {name} &" for name in restarted]
                assert stack.on(manager, "bash", "-euc", "\n".join([*commands, "wait"])).code == 0
            settled(asked, right)
            got = {application.name: stolen(stack, manager, user, application) for application in made}
        settled(asked, right)
    strange = answers.strange(right)
    assert strange == {}, strange
    assert set(got.values()) == {""}, got
    if not restarted:
        missing = {what: n for what, n in answers.missing().items() if is_there(right[what])}
        assert missing == {}, missing
