"""The host keys that machines show, and clients of SSH that know some of them."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.callers import AWAY, OK
from tests.e2e.harness import Stack, run

REFUSAL = "Host key verification failed"


def shown_host_key(address: str, *on: str) -> str:
    """Return the host key that an SSH server shows, "<type> <base64>"; empty if it does not answer.

    `on` is a command that runs another one elsewhere.
    """
    command = [*on, "ssh-keyscan", "-t", "ed25519", address]
    scanned = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [line.split()[1:] for line in scanned.stdout.splitlines() if not line.startswith("#")]
    return " ".join(found[0]) if found else ""


def files(stack: Stack) -> Path:
    """Return the folder that `make status` writes files of SSH into."""
    return stack.folder / ".state/files" / stack.name


def client(stack: Stack, machine: str, *options: str) -> tuple[str, ...]:
    """Return a command that logs in on a machine, with the settings that the program has written, and with options."""
    more = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR", *options]
    return ("ssh", *more, "-F", str(files(stack) / "ssh_config"), machine)


def knowing(stack: Stack, machine: str, *options: str) -> Callable[[], str]:
    """Return a client that logs in each time it is called."""

    def call() -> str:
        done = run(*client(stack, machine, *options), "true")
        if done.code == 0:
            return OK
        return done.text if REFUSAL in done.text else AWAY

    return call


@contextmanager
def logged_in(stack: Stack, *machines: str) -> Iterator[Callable[[], list[str]]]:
    """Hold a login on each machine open; yield what asks each of them for its hostname."""
    with ExitStack() as opened:
        logins = []
        for machine in machines:
            command = client(stack, machine, "-T")
            login = opened.enter_context(
                subprocess.Popen([*command, "bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            opened.callback(login.kill)
            logins.append(login)

        def ask() -> list[str]:
            answers = []
            for login in logins:
                assert login.stdin
                assert login.stdout
                print("hostname", file=login.stdin, flush=True)
                answers.append(login.stdout.readline().strip())
            return answers

        yield ask
