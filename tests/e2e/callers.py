"""Clients of Docker's API and of S3 that call all the time, and tell a refused credential from a restart."""

import http.client
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from tests.support.s3_client import s3_client

PERIOD_S = 0.1
TIMEOUT_S = 10
OK, AWAY = "", "away"  # what a call returns; any other text is a refusal of the credential
API_PORT = 2376
REFUSED = (requests.codes.unauthorized, requests.codes.forbidden)


@dataclass
class Calls:
    """What became of a client's calls so far."""

    answered: int = 0
    away: int = 0  # while the service restarted: no credential was looked at
    refused: list[str] = field(default_factory=list)
    longest_away_s: float = 0


@contextmanager
def calling(clients: Mapping[str, Callable[[], str]]) -> Iterator[dict[str, Calls]]:
    """Call all the time with each client, each time by a new connection, until the block ends."""
    ended = threading.Event()
    calls = {name: Calls() for name in clients}
    threads = [threading.Thread(target=_call, args=(client, calls[name], ended)) for name, client in clients.items()]
    for thread in threads:
        thread.start()
    try:
        yield calls
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _call(client: Callable[[], str], calls: Calls, ended: threading.Event) -> None:
    answered_at = time.monotonic()
    while not ended.wait(PERIOD_S):
        told = client()
        if told == OK:
            calls.answered += 1
            calls.longest_away_s = max(calls.longest_away_s, time.monotonic() - answered_at)
            answered_at = time.monotonic()
        elif told == AWAY:
            calls.away += 1
        else:
            calls.refused.append(told)


def api_client(address: str, certificate: Mapping[str, str]) -> Callable[[], str]:
    """Return a client of Docker's API with a certificate, as an output of the stack has it."""
    context = ssl.create_default_context(cadata=certificate["ca"])
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(certificate["cert"] + certificate["key"])
        file.flush()
        context.load_cert_chain(file.name)

    def call() -> str:
        connection = http.client.HTTPSConnection(address, API_PORT, timeout=TIMEOUT_S, context=context)
        try:
            connection.request("GET", "/_ping")
            answer = connection.getresponse()
            answer.read()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return AWAY
        except ssl.SSLError as error:
            return str(error)
        except (OSError, http.client.HTTPException):
            return AWAY
        finally:
            connection.close()
        return OK if answer.status == requests.codes.ok else f"{answer.status}"

    return call


def lister(key: Mapping[str, str], trusted: Path, bucket: str) -> Callable[[], str]:
    """Return a client of S3 that lists a bucket."""
    client: Any = s3_client(key, verify=str(trusted))

    def call() -> str:
        try:
            client.list_objects_v2(Bucket=bucket)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return str(error) if status in REFUSED else AWAY
        except (BotoCoreError, OSError):
            return AWAY
        return OK

    return call
