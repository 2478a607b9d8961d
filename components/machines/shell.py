"""Scripts that the program runs on machines itself, while an update waits for their end."""

from dataclasses import dataclass, field

import pulumi

from components.machines.machine import Machine, bash

CONNECT_TIMEOUT_S = 15
SILENCE_S = 60  # after which a connection without an answer is lost


class UnreachableError(Exception):
    """No SSH server of the machine lets the program in, or the program's key for it cannot be read."""


@dataclass(frozen=True)
class Done:
    """How a script ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True)
class Login:
    """The login of the program on a machine, in plain values."""

    machine: str  # name
    host: str  # ipv4
    port: int
    user: str  # root, or a user with sudo without password
    private_key: str = field(repr=False)  # OpenSSH format
    host_key: str  # public, "<type> <base64>"


async def run_script(machine: Machine, script: str, argument: str) -> Done:
    """Run a script as root on a machine, with the key, and for the host key, that its commands have.

    Errors: `UnreachableError`, if the machine does not answer, or another host does, or the connection is lost.
    """
    host, private_key, host_key = await pulumi.Output.all(
        machine.public_address, machine.private_key, machine.host_key
    ).future() or ("", "", "")
    login = Login(
        machine=machine.name,
        host=host,
        port=machine.port,
        user=machine.user,
        private_key=private_key,
        host_key=host_key,
    )
    return await run_as(login, script, argument)


async def run_as(login: Login, script: str, argument: str) -> Done:
    """Run a script as root on the machine of a login.

    Errors: as `run_script`.
    """
    import asyncssh  # noqa: PLC0415 - takes half a second, which no preview has to wait for

    try:
        async with asyncssh.connect(
            login.host,
            login.port,
            username=login.user,
            client_keys=[asyncssh.import_private_key(login.private_key)],
            known_hosts=([asyncssh.import_public_key(login.host_key)], [], []),
            config=None,
            agent_path=None,
            connect_timeout=CONNECT_TIMEOUT_S,
            keepalive_interval=SILENCE_S // 4,
            keepalive_count_max=4,
        ) as connection:
            ended = await connection.run(bash(login.user, argument), input=script, check=False)
    except (OSError, TimeoutError, asyncssh.Error, asyncssh.KeyImportError) as error:
        place = f"{login.machine}: {login.host}:{login.port}"
        raise UnreachableError(f"{place} does not let the program in: {error}") from error
    if ended.exit_status is None:
        raise UnreachableError(f"{login.machine}: the connection was lost")
    return Done(ended.exit_status, str(ended.stdout or ""), str(ended.stderr or ""))
