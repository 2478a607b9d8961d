"""Scripts that the program runs on machines itself, while an update waits for their end."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pulumi

from components.machines.machine import Machine, bash

CONNECT_TIMEOUT_S = 15
BOOT_S = 600  # that a machine may take until it answers
PAUSE_S = 1.0  # between two attempts to connect
SILENCE_S = 60  # after which a connection without an answer is lost


class UnreachableError(Exception):
    """No SSH server of the machine lets the program in, or the program's key for it cannot be read."""


class LostError(UnreachableError):
    """The connection ended before the script did, which may go on."""


@dataclass(frozen=True)
class Done:
    """How a script ended."""

    code: int
    stdout: str
    stderr: str

    def require_success(self, script: str) -> None:
        """Raise `pulumi.RunError` with what a script said, or with its name, if it failed."""
        if self.code != 0:
            raise pulumi.RunError(self.stderr.strip() or f"{script} ended with {self.code}")


@dataclass(frozen=True, kw_only=True)
class Login:
    """The login of the program on a machine, in plain values."""

    machine: str  # name
    host: str  # ipv4
    port: int
    user: str  # root, or a user with sudo without password
    private_key: str = field(repr=False)  # OpenSSH format
    host_keys: tuple[str, ...]  # public, "<type> <base64>"; the machine shows one of them


async def run_script(machine: Machine, script: str, argument: str) -> Done:
    """Run a script as root on a machine, with the key that its commands have, and for the host keys that it may show.

    Errors: `UnreachableError`, if the machine does not answer, or another host does; `LostError`, if the connection is
    lost.
    """
    host, private_key, *host_keys = await pulumi.Output.all(
        machine.public_address, machine.private_key, *(machine.host_keys or [machine.host_key])
    ).future() or ("", "")
    login = Login(
        machine=machine.name,
        host=host,
        port=machine.port,
        user=machine.user,
        private_key=private_key,
        host_keys=tuple(host_keys),
    )
    return await run_as(login, script, argument)


async def run_until(
    machine: Machine, script: str, argument: str, is_last: Callable[[Done], bool], patience_s: float
) -> Done:
    """Run a script as `run_script` until `is_last` accepts how it ended, or time is over; return how it ended last.

    Errors: `UnreachableError`, if the machine does not answer by then.
    """
    deadline = time.monotonic() + patience_s
    while True:
        is_over = time.monotonic() >= deadline
        try:
            done = await run_script(machine, script, argument)
        except UnreachableError:
            if is_over:
                raise
        else:
            if is_over or is_last(done):
                return done
        await asyncio.sleep(PAUSE_S)


async def run_as(login: Login, script: str, argument: str) -> Done:
    """Run a script as root on the machine of a login.

    Errors: as `run_script`.
    """
    import asyncssh  # noqa: PLC0415 - takes half a second, which no preview has to wait for

    place, is_connected = f"{login.machine}: {login.host}:{login.port}", False
    try:
        async with asyncssh.connect(
            login.host,
            login.port,
            username=login.user,
            client_keys=[asyncssh.import_private_key(login.private_key)],
            known_hosts=([asyncssh.import_public_key(key) for key in login.host_keys], [], []),
            config=None,
            agent_path=None,
            connect_timeout=CONNECT_TIMEOUT_S,
            keepalive_interval=SILENCE_S // 4,
            keepalive_count_max=4,
        ) as connection:
            is_connected = True
            ended = await connection.run(bash(login.user, argument), input=script, check=False)
    except (OSError, TimeoutError, asyncssh.Error, asyncssh.KeyImportError) as error:
        if is_connected:
            raise LostError(f"{place}: the connection was lost: {error}") from error
        raise UnreachableError(f"{place} does not let the program in: {error}") from error
    if ended.exit_status is None:
        raise LostError(f"{place}: the connection was lost")
    return Done(ended.exit_status, str(ended.stdout or ""), str(ended.stderr or ""))
