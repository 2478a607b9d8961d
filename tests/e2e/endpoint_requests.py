"""All that the program answers at its addresses, asked again and again: nobody else may answer in its place."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3  # type: ignore[import-untyped]  # its types are a package of some megabytes
import requests
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from tests.e2e.harness import Stack
from tests.e2e.hostile_applications import SAYS

BUCKET = "e2e-neighbours"
NOBODY = "nobody: "  # before the reason why there is no answer: no connection, or one that says that there is no server
UNAVAILABLE = {502, 503, 504}
Answer = str
Question = Callable[[], Answer]


def questions(stack: Stack, address: str, exported: dict[str, Any], user: requests.Session) -> dict[str, Question]:
    """What the program is asked at one of its managers, by what it is."""
    entry, operators = f"https://{address}", f"http://{address}:8080"
    login = exported["logins"]["grafana"]
    form = {"user": login["username"], "password": login["password"]}
    who = exported["logins"]["prometheus"]
    known = (who["username"], who["password"])
    found: dict[str, Question] = {
        "redirection": lambda: _told(user.get(f"http://{address}/grafana/", timeout=10, allow_redirects=False)),
        "grafana": lambda: _told(user.get(f"{entry}/grafana/api/health", timeout=10)),
        "login": lambda: _told(user.post(f"{entry}/grafana/login", json=form, timeout=10), content=False),
        "metrics of grafana": lambda: _told(user.get(f"{entry}/grafana/metrics", timeout=10), content=False),
        "prometheus": lambda: _told(user.get(f"{entry}/prometheus/-/healthy", auth=known, timeout=10)),
        "prometheus without a login": lambda: _told(user.get(f"{entry}/prometheus/-/healthy", timeout=10)),
        "api": lambda: _told(user.get(f"{operators}/api/version", timeout=10), content=False),
        "ping": lambda: _told(user.get(f"{operators}/ping", timeout=10)),
        "metrics": lambda: _told(user.get(f"{operators}/metrics", timeout=10), content=False),
    }
    if "s3" not in exported:
        return found
    port = exported["s3"]["endpoint"].rpartition(":")[2]
    client = _client(exported["s3"] | {"endpoint": f"{entry}:{port}"}, user)
    return found | {
        "console": lambda: _told(user.get(f"{entry}/minio/", timeout=10)),
        "health of s3": lambda: _told(user.get(f"{entry}:{port}/health", timeout=10)),
        "s3": lambda: _object(client),
    }


def is_there(answer: Answer) -> bool:
    """Whether somebody answered."""
    return not answer.startswith(NOBODY)


def _told(response: requests.Response, *, content: bool = True) -> Answer:
    if SAYS in response.text:
        return f"an application: {response.text}"
    if response.status_code in UNAVAILABLE:
        return f"{NOBODY}{response.status_code}"
    return f"{response.status_code} {response.text if content else ''}".strip()


def _object(client: Any) -> Answer:
    """An object goes there, and comes back."""
    try:
        client.put_object(Bucket=BUCKET, Key="an/object", Body=b"of the test")
        body: bytes = client.get_object(Bucket=BUCKET, Key="an/object")["Body"].read()
    except BotoCoreError as error:
        return f"{NOBODY}{error}"
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{NOBODY if status in UNAVAILABLE else ''}{status} {error}"
    return body.decode()


def _client(key: dict[str, str], user: requests.Session) -> Any:
    config = Config(
        signature_version="s3v4",
        proxies={},
        retries={"total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=10,
        s3={"addressing_style": "path"},
    )
    return boto3.client(
        "s3",
        endpoint_url=key["endpoint"],
        aws_access_key_id=key["access_key"],
        aws_secret_access_key=key["secret_key"],
        region_name="us-east-1",
        verify=user.verify,
        config=config,
    )


@contextmanager
def bucket(exported: dict[str, Any], user: requests.Session) -> Iterator[None]:
    """The bucket that the questions are about, where there is an S3 service."""
    if "s3" not in exported:
        yield
        return
    client = _client(exported["s3"], user)
    client.create_bucket(Bucket=BUCKET)
    yield
    client.delete_object(Bucket=BUCKET, Key="an/object")
    client.delete_bucket(Bucket=BUCKET)
    client.close()


def ask(wanted: dict[str, Question]) -> dict[str, Answer]:
    """Each question once."""
    answers: dict[str, Answer] = {}
    for what, question in wanted.items():
        try:
            answers[what] = question()
        except requests.RequestException as error:
            answers[what] = f"{NOBODY}{error}"
    return answers


class Asked:
    """What has been answered all the while, by the question; how often, by the answer."""

    def __init__(self) -> None:
        self.answers: dict[str, Counter[Answer]] = {}

    def add(self, answers: dict[str, Answer]) -> None:
        for what, answer in answers.items():
            self.answers.setdefault(what, Counter())[answer] += 1

    def strange(self, right: dict[str, Answer]) -> dict[str, Counter[Answer]]:
        """Other answers than the right ones; none at all is no answer of somebody else."""
        return self._where(lambda what, answer: answer != right[what] and is_there(answer))

    def missing(self) -> dict[str, Counter[Answer]]:
        """How often nobody answered, by the reason."""
        return self._where(lambda _, answer: not is_there(answer))

    def _where(self, wanted: Callable[[str, Answer], bool]) -> dict[str, Counter[Answer]]:
        found = {
            what: Counter({answer: n for answer, n in counted.items() if wanted(what, answer)})
            for what, counted in self.answers.items()
        }
        return {what: counted for what, counted in found.items() if counted}


@contextmanager
def asking(wanted: dict[str, Question]) -> Iterator[Asked]:
    """All questions, one after the other, as long as this lasts."""
    asked, end = Asked(), threading.Event()

    def on_and_on() -> None:
        while not end.is_set():
            asked.add(ask(wanted))

    thread = threading.Thread(target=on_and_on)
    thread.start()
    try:
        yield asked
    finally:
        end.set()
        thread.join()
