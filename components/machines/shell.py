"""Scripts that the program runs on machines itself, while an update waits for their end."""

from dataclasses import dataclass

import pulumi

from components.machines.machine import Machine

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


async def run_script(machine: Machine, script: str, argument: str) -> Done:
    """Run a script as root on a machine, with the key, and for the host key, that its commands have.

    Errors: `UnreachableError`, if the machine does not answer, or another host does, or the connection is lost.
    """
    import asyncssh  # noqa: PLC0415 - takes half a second, which no preview has to wait for

    host, private_key, host_key = await pulumi.Output.all(
        machine.public_address, machine.private_key, machine.host_key
    ).future() or ("", "", "")
    try:
        async with asyncssh.connect(
            host,
            machine.port,
            username=machine.user,
            client_keys=[asyncssh.import_private_key(private_key)],
            known_hosts=([asyncssh.import_public_key(host_key)], [], []),
            config=None,
            agent_path=None,
            connect_timeout=CONNECT_TIMEOUT_S,
            keepalive_interval=SILENCE_S // 4,
            keepalive_count_max=4,
        ) as connection:
            ended = await connection.run(machine.bash(argument), input=script, check=False)
    except (OSError, TimeoutError, asyncssh.Error, asyncssh.KeyImportError) as error:
        raise UnreachableError(f"{machine.name}: {host}:{machine.port} does not let the program in: {error}") from error
    if ended.exit_status is None:
        raise UnreachableError(f"{machine.name}: the connection was lost")
    return Done(ended.exit_status, str(ended.stdout or ""), str(ended.stderr or ""))
