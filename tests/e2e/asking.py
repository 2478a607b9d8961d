"""A client that asks services through Traefik all the time, and counts what is no answer."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.machines import patience

PERIOD_S = 0.05
TIMEOUT_S = 10


@dataclass
class Answers:
    """What a client was told since it began."""

    right: int = 0
    wrong: list[tuple[float, str]] = field(default_factory=list)  # when it asked, and what it got
    longest_pause_s: float = 0  # between two right answers

    def __str__(self) -> str:
        return f"{self.right} answers, {len(self.wrong)} wrong ones, longest pause {self.longest_pause_s:.2f} s"

    @property
    def wrong_for_s(self) -> float:
        """Return the time from the first question without an answer to the last one."""
        return self.wrong[-1][0] - self.wrong[0][0] if self.wrong else 0

    def wrong_before(self, moment: float) -> list[tuple[float, str]]:
        """Return what was no answer to questions before a moment, in seconds since 1970."""
        return [one for one in self.wrong if one[0] < moment]


@contextmanager
def asking(address: str, hosts: Sequence[str]) -> Iterator[dict[str, Answers]]:
    """Ask for each host name at this address every 50 ms, each time by a new connection, until the block ends."""
    ended = threading.Event()
    answers = {host: Answers() for host in hosts}
    threads = [threading.Thread(target=_ask, args=(address, host, answers[host], ended)) for host in hosts]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def answers_now(address: str, hosts: Sequence[str]) -> bool:
    """Return whether each host name has a right answer now."""
    return [_told(address, host) for host in hosts] == ["200"] * len(hosts)


def served_certificate(address: str) -> str:
    """Return what 443 serves to clients that say no name, in PEM."""
    context = ssl._create_unverified_context()
    with (
        socket.create_connection((address, 443), timeout=TIMEOUT_S * patience()) as connection,
        context.wrap_socket(connection) as tls,
    ):
        der = tls.getpeercert(binary_form=True)
    assert der
    return ssl.DER_cert_to_PEM_cert(der)


def _ask(address: str, host: str, answers: Answers, ended: threading.Event) -> None:
    next_at = right_at = time.monotonic()
    while not ended.wait(max(0.0, next_at - time.monotonic())):
        next_at = max(next_at + PERIOD_S, time.monotonic())
        asked_at, told = time.time(), _told(address, host)
        if told == "200":
            answers.right += 1
            answers.longest_pause_s = max(answers.longest_pause_s, time.monotonic() - right_at)
            right_at = time.monotonic()
        else:
            answers.wrong.append((asked_at, told))


def _told(address: str, host: str) -> str:
    context = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection(address, timeout=TIMEOUT_S, context=context)
    try:
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return str(answer.status)
