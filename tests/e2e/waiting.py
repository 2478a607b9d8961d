"""Moments of a stack: to wait for one, and to kill an update at one."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import requests

from tests.e2e.harness import Stack


def wait_for(condition: Callable[[], bool], what: str, timeout_s: float = 60, tell: Callable[[], str] = str) -> None:
    """Polls until something is so; errors that say "not yet" are part of that. `tell` says what is so instead."""
    deadline = time.monotonic() + timeout_s
    problem: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except OSError as error:  # requests' errors too
            problem = error
        time.sleep(0.2)
    raise AssertionError(f"not so after {timeout_s} s: {what}\n{tell()}") from problem


def killed(made: Stack, goal: str, moment: Callable[[], bool], what: str) -> None:
    """Starts `make` and kills it, and all that it started, at a moment."""
    process = subprocess.Popen(
        ["make", goal, f"STACK={made.name}"],
        env=made.env,
        cwd=made.folder,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: process.poll() is not None or moment(), what, 180)
        assert process.poll() is None, f"it ended before it could be killed: {what}"
    finally:
        with suppress(ProcessLookupError):  # of one that ended too early
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_entry(urls: dict[str, str], user: requests.Session) -> None:
    """Traefik answers, and routes to what a whole target has: some seconds after it is healthy, it knows of it."""
    wanted = {
        urls["traefik"]: 503,
        urls["prometheus"]: 401,
        f"{urls['grafana'].rstrip('/')}/api/health": 200,
        f"{urls['s3']}/health": 200,
    }
    found: dict[str, int] = {}

    def answers() -> bool:
        found.update({url: user.get(url, timeout=5).status_code for url in wanted})
        return found == wanted

    wait_for(answers, str(wanted), 120, lambda: f"last answers: {found}")
