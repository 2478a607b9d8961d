"""Hooks that warn within a minute if a new machine does not answer SSH; the update itself waits for ten minutes."""

import asyncio
import os
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

import pulumi

from components.machines.host_key import PROOF_SUFFIX

SILENCE_S = 30  # without an answer, after which a warning is logged
RETRY_S = 1.0  # from one connection to the next
CONNECT_TIMEOUT_S = 5
URL_VARIABLE = "NUVLA_SWARM_ADDRESS_URL"  # of the environment; empty: nobody is asked
URL = "https://api.ipify.org"  # answers with the address that a request comes from
ANSWER_TIMEOUT_S = 5


@dataclass(kw_only=True)
class Lockout:
    """Hooks that try the SSH port before a command, and log one warning if a machine does not answer."""

    management: Sequence[IPv4Network]  # networks that the firewall lets in
    silence_s: float = SILENCE_S
    ask: Callable[[], Awaitable[IPv4Address | None]] = field(default_factory=lambda: public_address)

    def __post_init__(self) -> None:
        hook = pulumi.ResourceHook("lockout", self._watch, pulumi.ResourceHookOptions(ignore_errors=True))
        self.hooks = pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
        self._told = False

    async def _watch(self, args: pulumi.ResourceHookArgs) -> None:
        # The connection holds a secret, so the SDK hands it over as an output.
        connection = await pulumi.Output.from_input((args.new_inputs or {})["connection"]).future() or {}
        host, port = str(connection["host"]), int(connection.get("port") or 22)
        if await _answers(host, port, self.silence_s) or self._told:
            return
        self._told = True  # before the next machine is silent for as long
        machine = args.name.removesuffix(PROOF_SUFFIX).removesuffix("-ready")
        pulumi.log.warn(f"{machine}: {self.line(f'{host}:{port}', await self.ask())}")

    def line(self, machine: str, own: IPv4Address | None) -> str:
        """Return the warning about a machine that does not answer; `own` is the address of this computer, if known."""
        silent = f"no SSH server answers at {machine} for {self.silence_s:.0f} s, and the update waits for it"
        allowed = ", ".join(map(str, self.management))
        if own is None:
            return (
                f"{silent}. Is this computer's public address (`curl -4 {URL}` prints it) in firewall.management, "
                f"which is {allowed}? If not, end this with Ctrl+C, add it, and run this again"
            )
        if any(own in network for network in self.management):
            return (
                f"{silent}. This computer's address {own} is in firewall.management, so the machine may still be "
                "booting; its console in the portal shows errors"
            )
        return (
            f"{silent}. This computer's public address is {own}, and firewall.management is {allowed}: end this with "
            f"Ctrl+C, add {own}/32 to firewall.management, and run this again"
        )


async def _answers(host: str, port: int, patience_s: float) -> bool:
    """Return whether a server accepts a connection within the time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            while True:
                with suppress(OSError, TimeoutError):
                    async with asyncio.timeout(CONNECT_TIMEOUT_S):
                        _, writer = await asyncio.open_connection(host, port)
                        writer.close()
                        return True
                await asyncio.sleep(RETRY_S)
    return False


async def public_address() -> IPv4Address | None:
    """Return the address that this computer's requests come from; None if the service does not answer."""
    url = os.environ.get(URL_VARIABLE, URL)
    return await asyncio.to_thread(_asked, url) if url else None


def _asked(url: str) -> IPv4Address | None:
    try:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # SSH takes no proxy either
        with direct.open(url, timeout=ANSWER_TIMEOUT_S) as answer:
            return IPv4Address(answer.read(64).decode().strip())
    except (OSError, ValueError):
        return None
