"""Dial a machine until it answers or the connection's patience ends.

Source: pulumi-command v1.2.1, ``provider/pkg/provider/remote/connection.go``, and the ``retry`` package of pulumi/sdk.
"""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import paramiko
from paramiko.agent import AgentSSH

from command import keys
from command.transport import Transport
from standin.resource import Call, StandinError
from standin.values import Values

FIRST_DELAY_S, BACK_OFF, LAST_DELAY_S = 0.1, 1.5, 5.0


class DialError(Exception):
    """One attempt failed."""


@dataclass(frozen=True)
class Login:
    """Parameters of an attempt, parsed once: the plugin does not retry mistakes in them."""

    host: str
    port: int
    user: str
    timeout_s: float | None
    host_key: tuple[str, bytes] | None
    key: paramiko.PKey | None
    password: str | None
    agent: AgentSSH | None


def login(connection: Values) -> Login:
    """The parsed connection."""
    text, password = connection.get("privateKey"), connection.get("privateKeyPassword")
    expected = connection.get("hostKey")
    return Login(
        host=connection["host"],
        port=int(connection.get("port", 22)),
        user=connection.get("user", "root"),
        timeout_s=float(connection.get("perDialTimeout", 15)) or None,
        host_key=None if expected is None else keys.host_key(expected),
        key=None if text is None else keys.private_key(text, password),
        password=connection.get("password"),
        agent=keys.agent(connection.get("agentSocketPath")),
    )


@contextlib.contextmanager
def dialled(call: Call, connection: Values) -> Iterator[Transport]:
    """A transport that is logged in, closed at the end.

    A limit of N allows N retries, so N + 1 attempts; any negative limit allows all. Every failure of an attempt is
    retried, also a wrong host key and a refused login: ten retries last 11.3 s.
    """
    wanted, limit = login(connection), int(connection.get("dialErrorLimit", 10))
    transport = _dial(call, wanted, limit)
    try:
        yield transport
    finally:
        transport.close()
        if wanted.agent:
            wanted.agent._close()


def _dial(call: Call, wanted: Login, limit: int) -> Transport:
    delay, tries = FIRST_DELAY_S, 0
    while True:
        try:
            return attempt(wanted)
        except DialError as problem:
            if 0 <= limit <= tries:
                raise StandinError(f"after {tries} failed attempts: {problem}") from None
            call.log("INFO", f"Dial {tries + 1}/{'inf' if limit == -1 else limit} failed: retrying", True)
        call.pause(delay)
        delay, tries = min(delay * BACK_OFF, LAST_DELAY_S), tries + 1


def attempt(wanted: Login) -> Transport:
    """One dial: connect, know the host, log in."""
    try:
        connected = socket.create_connection((wanted.host, wanted.port), wanted.timeout_s)
    except OSError as problem:
        reason = "i/o timeout" if isinstance(problem, TimeoutError) else problem.strerror or str(problem)
        raise DialError(f"dial tcp {wanted.host}:{wanted.port}: {reason.lower()}") from None
    connected.settimeout(None)
    transport = None
    try:
        transport = Transport(connected)
        _open(transport, wanted)
    except BaseException as problem:
        connected.close() if transport is None else transport.close()
        if isinstance(problem, paramiko.SSHException | OSError | EOFError | ValueError):
            raise DialError(f"ssh: handshake failed: {problem or type(problem).__name__}") from None
        raise
    return transport


def _open(transport: Transport, wanted: Login) -> None:
    if wanted.host_key:
        # the server must prove this very key; a pinned ssh-rsa key means SHA-1, which today's sshd refuses to anyone
        kind, options = wanted.host_key[0], transport.get_security_options()
        if kind not in options.key_types:
            raise paramiko.SSHException(f"ssh: no common algorithm for host key; client offered: [{kind}]")
        options.key_types = [kind]
    if wanted.timeout_s:
        transport.banner_timeout = transport.auth_timeout = wanted.timeout_s
    transport.start_client(timeout=wanted.timeout_s)
    if wanted.host_key and transport.get_remote_server_key().asbytes() != wanted.host_key[1]:
        raise paramiko.SSHException("ssh: host key mismatch")
    _log_in(transport, wanted)


def _log_in(transport: Transport, wanted: Login) -> None:
    attempted = []
    for key in [wanted.key] if wanted.key else []:
        attempted.append("publickey")
        with contextlib.suppress(paramiko.AuthenticationException):
            transport.auth_publickey(wanted.user, key)
            return
    if wanted.password is not None:
        attempted.append("password")
        with contextlib.suppress(paramiko.AuthenticationException):
            transport.auth_password(wanted.user, wanted.password)  # or keyboard-interactive, where only that is allowed
            return
    for key in wanted.agent.get_keys() if wanted.agent else []:
        attempted.append("agent")
        with contextlib.suppress(paramiko.AuthenticationException):
            transport.auth_publickey(wanted.user, key)
            return
    if not attempted:
        attempted.append("none")
        with contextlib.suppress(paramiko.AuthenticationException):
            transport.auth_none(wanted.user)
            return
    raise paramiko.SSHException(f"ssh: unable to authenticate, attempted methods [{' '.join(attempted)}]")
