"""Error hints for existing hosts that the program cannot connect to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi

from components.machines import error_hints

HINTS = (
    (
        r"host key mismatch|no common algorithm for host key",
        "it shows another host key than its setting host_key: compare what "
        "`make hostkey HOST={host.address}:{host.port}` prints with what the machine itself shows, "
        "and if they are the same, set host_key to it",
    ),
    (
        r"parse host key",
        "its setting host_key is no public key: `make hostkey HOST={host.address}:{host.port}` prints the right form",
    ),
    (
        r"unable to authenticate",
        "it does not let {host.user} in with the secret ssh_private_key: put the public half of that key into "
        "~{host.user}/.ssh/authorized_keys there, or correct its setting user",
    ),
    (
        r"sudo: (?:a password|a terminal|.*not found)|not (?:in the|allowed by) sudoers",
        "{host.user} has no sudo without password there: install sudo, and allow it by "
        "`{host.user} ALL=(ALL) NOPASSWD: ALL` in a file of /etc/sudoers.d",
    ),
    (
        r"no key found|passphrase|private key",
        "the secret ssh_private_key is no private key in OpenSSH format without passphrase: set it again",
    ),
    (
        r"dial tcp \S+ (.+)",
        "no SSH server answers at {host.address}:{host.port} ({0}): is it on, are its settings address and port right, "
        "and does its own firewall let this computer in? Only if it will never come back, name it in machines.lost",
    ),
    (
        r"handshake failed",
        "the server at {host.address}:{host.port} is no SSH server: correct the setting port of this host",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Contact:
    """The SSH connection to a host."""

    address: str
    port: int
    user: str


def error_hint(host: Contact, errors: Iterable[str]) -> str | None:
    """Return the hint for the newest error of the first connection to a host that a pattern matches."""
    return error_hints.error_hint(errors, HINTS, host=host)


class HostErrorHints:
    """Hooks that log a hint when `<machine>-check`, the first command on a host, fails."""

    def __init__(self, hosts: Mapping[str, Contact]) -> None:
        self._hosts = hosts
        self.hooks = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("host-advice", self._log_hint)])

    def _log_hint(self, args: pulumi.ErrorHookArgs) -> bool:
        machine = args.name.removesuffix("-check")
        hint = error_hint(self._hosts[machine], args.errors)
        if hint:
            pulumi.log.error(f"{machine}: {hint}")
        return False  # Pulumi does not retry
