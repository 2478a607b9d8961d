"""Waits for a condition, by polls; and `make`, killed as soon as a condition holds."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import requests

from tests.e2e.harness import Stack
from tests.e2e.machines import patience


def wait_for(
    condition: Callable[[], bool], what: str, timeout_s: float = 60, describe: Callable[[], str] = str
) -> None:
    """Poll until a condition holds; an `OSError` of the condition means "not yet".

    Errors: `AssertionError` after `timeout_s`, which is longer for slow machines and while others want the cores, with
    `what` is awaited and what `describe` returns.
    """
    began = time.monotonic()
    last_error: Exception | None = None
    while (waited_s := time.monotonic() - began) < timeout_s * patience():
        try:
            if condition():
                return
        except OSError as error:  # errors of requests among them
            last_error = error
        time.sleep(0.2)
    raise AssertionError(f"not so after {waited_s:.0f} s: {what}\n{describe()}") from last_error


def kill_make_after(stack: Stack, goal: str, seconds: float) -> bool:
    """Start `make`, and kill it with its children after some seconds; return whether it had not ended before."""
    process = _start(stack, goal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def kill_make_when(stack: Stack, goal: str, condition: Callable[[], bool], what: str) -> None:
    """Start `make`, and kill it with its children as soon as a condition holds."""
    process = _start(stack, goal)
    try:
        wait_for(lambda: process.poll() is not None or condition(), what, 180)
        assert process.poll() is None, f"it ended before it could be killed: {what}"
    finally:
        with suppress(ProcessLookupError):  # it ended too early
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _start(stack: Stack, goal: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        ["make", goal, f"STACK={stack.name}", "YES=1"],
        env=stack.env,
        cwd=stack.folder,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for_routes(urls: dict[str, str], user_session: requests.Session) -> None:
    """Wait until Traefik routes to every service of a full target, which is some seconds after Traefik is healthy."""
    expected = {
        urls["traefik"]: 503,
        urls["prometheus"]: 401,
        f"{urls['grafana'].rstrip('/')}/api/health": 200,
        f"{urls['s3']}/health": 200,
    }
    statuses: dict[str, int] = {}

    def all_answer() -> bool:
        statuses.update({url: user_session.get(url, timeout=5).status_code for url in expected})
        return statuses == expected

    wait_for(all_answer, str(expected), 120, lambda: f"last answers: {statuses}")
