"""Requests to every endpoint of the program, sent again and again: nobody but the program may answer them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from tests.e2e.harness import Stack
from tests.e2e.hostile_applications import APPLICATION_MARK
from tests.support.background import repeated
from tests.support.s3_client import s3_client

BUCKET = "e2e-neighbours"
NO_ANSWER = "nobody: "  # followed by the reason: no connection, or Traefik has no server
UNAVAILABLE = {502, 503, 504}
Answer = str
EndpointRequest = Callable[[], Answer]


def manager_endpoints(
    stack: Stack, address: str, outputs: dict[str, Any], user_session: requests.Session
) -> dict[str, EndpointRequest]:
    """Return the requests to one manager, by the name of their endpoint."""
    public_url, operator_url = f"https://{address}", f"http://{address}:8080"
    login = outputs["logins"]["grafana"]
    form = {"user": login["username"], "password": login["password"]}
    prometheus_login = outputs["logins"]["prometheus"]
    basic_auth = (prometheus_login["username"], prometheus_login["password"])
    endpoints: dict[str, EndpointRequest] = {
        "redirection": lambda: _answer_of(
            user_session.get(f"http://{address}/grafana/", timeout=10, allow_redirects=False)
        ),
        "grafana": lambda: _answer_of(user_session.get(f"{public_url}/grafana/api/health", timeout=10)),
        "login": lambda: _answer_of(
            user_session.post(f"{public_url}/grafana/login", json=form, timeout=10), content=False
        ),
        "metrics of grafana": lambda: _answer_of(
            user_session.get(f"{public_url}/grafana/metrics", timeout=10), content=False
        ),
        "prometheus": lambda: _answer_of(
            user_session.get(f"{public_url}/prometheus/-/healthy", auth=basic_auth, timeout=10)
        ),
        "prometheus without a login": lambda: _answer_of(
            user_session.get(f"{public_url}/prometheus/-/healthy", timeout=10)
        ),
        "api": lambda: _answer_of(user_session.get(f"{operator_url}/api/version", timeout=10), content=False),
        "ping": lambda: _answer_of(user_session.get(f"{operator_url}/ping", timeout=10)),
        "metrics": lambda: _answer_of(user_session.get(f"{operator_url}/metrics", timeout=10), content=False),
    }
    if "s3" not in outputs:
        return endpoints
    port = outputs["s3"]["endpoint"].rpartition(":")[2]
    client = s3_client(outputs["s3"] | {"endpoint": f"{public_url}:{port}"}, user_session.verify)
    return endpoints | {
        "console": lambda: _answer_of(user_session.get(f"{public_url}/minio/", timeout=10)),
        "health of s3": lambda: _answer_of(user_session.get(f"{public_url}:{port}/health", timeout=10)),
        "s3": lambda: _store_and_read_object(client),
    }


def is_answered(answer: Answer) -> bool:
    """Return whether anybody answered."""
    return not answer.startswith(NO_ANSWER)


def _answer_of(response: requests.Response, *, content: bool = True) -> Answer:
    if APPLICATION_MARK in response.text:
        return f"an application: {response.text}"
    if response.status_code in UNAVAILABLE:
        return f"{NO_ANSWER}{response.status_code}"
    return f"{response.status_code} {response.text if content else ''}".strip()


def _store_and_read_object(client: Any) -> Answer:
    """Put an object into the bucket, and return what comes back."""
    try:
        client.put_object(Bucket=BUCKET, Key="an/object", Body=b"of the test")
        body: bytes = client.get_object(Bucket=BUCKET, Key="an/object")["Body"].read()
    except BotoCoreError as error:
        return f"{NO_ANSWER}{error}"
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{NO_ANSWER if status in UNAVAILABLE else ''}{status} {error}"
    return body.decode()


@contextmanager
def bucket(outputs: dict[str, Any], user_session: requests.Session) -> Iterator[None]:
    """Create the bucket that the requests use, where there is an S3 service; delete it afterwards."""
    if "s3" not in outputs:
        yield
        return
    client = s3_client(outputs["s3"], user_session.verify)
    client.create_bucket(Bucket=BUCKET)
    yield
    client.delete_object(Bucket=BUCKET, Key="an/object")
    client.delete_bucket(Bucket=BUCKET)
    client.close()


def send_all(endpoints: dict[str, EndpointRequest]) -> dict[str, Answer]:
    """Send each request once, and return the answers."""
    answers: dict[str, Answer] = {}
    for name, request in endpoints.items():
        try:
            answers[name] = request()
        except requests.RequestException as error:
            answers[name] = f"{NO_ANSWER}{error}"
    return answers


class AnswerLog:
    """The answers to each request, and how often each came."""

    def __init__(self) -> None:
        self.answers: dict[str, Counter[Answer]] = {}

    def add(self, answers: dict[str, Answer]) -> None:
        for name, answer in answers.items():
            self.answers.setdefault(name, Counter())[answer] += 1

    def foreign(self, expected: dict[str, Answer]) -> dict[str, Counter[Answer]]:
        """Return the answers that are neither expected nor missing: somebody else gives them."""
        return self._matching(lambda name, answer: answer != expected[name] and is_answered(answer))

    def missing(self) -> dict[str, Counter[Answer]]:
        """Return how often each request had no answer, by the reason."""
        return self._matching(lambda _, answer: not is_answered(answer))

    def _matching(self, matches: Callable[[str, Answer], bool]) -> dict[str, Counter[Answer]]:
        found = {
            name: Counter({answer: n for answer, n in counts.items() if matches(name, answer)})
            for name, counts in self.answers.items()
        }
        return {name: counts for name, counts in found.items() if counts}


@contextmanager
def repeated_requests(endpoints: dict[str, EndpointRequest]) -> Iterator[AnswerLog]:
    """Send all requests, one after the other, for as long as the context lasts; yield the log of answers."""
    log = AnswerLog()
    with repeated(lambda: log.add(send_all(endpoints))):
        yield log
