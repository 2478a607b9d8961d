"""What has to hold of those who may reach machines, and of the ports: one line for each mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from components.firewall.rules import FIXED_PORTS, MOUNTD_PORT

if TYPE_CHECKING:
    from stacks.config.settings import Settings

TRUSTED = {"management": "operators", "nuvla": "the Nuvla service"}  # and may do what nobody else may
FOR_EXAMPLE = "192.0.2.0/24"


def _management_is_everybody(settings: Settings) -> Iterator[str]:
    for index, network in enumerate(settings.firewall.management):
        if not network.prefixlen:
            yield (
                f"firewall.management[{index}]: {network} given, which is everybody; "
                f"allowed: the operators' own networks, such as {FOR_EXAMPLE}"
            )


def _sources_hold_containers(settings: Settings) -> Iterator[str]:
    """Users may: applications are used by others, too. Pools with the machines in them are a mistake of their own."""
    machines = settings.machines
    pools = [
        (path, pool)
        for path, pool in settings.container_networks()
        if machines.provider != "local" or not pool.overlaps(machines.subnet)
    ]
    for source, whom in TRUSTED.items():
        for index, network in enumerate(getattr(settings.firewall, source)):
            held = [f"{path}, {pool}" for path, pool in pools if network.overlaps(pool)]
            if held and (network.prefixlen or source != "management"):
                yield (
                    f"firewall.{source}[{index}]: {network} given, whose containers would be {whom}; "
                    f"allowed: networks outside {' and '.join(held)}: smaller ones, such as {FOR_EXAMPLE}, "
                    "or other address pools"
                )


def _private_network_holds_sources(settings: Settings) -> Iterator[str]:
    machines = settings.machines
    if machines.provider != "exoscale" or machines.private_network is None:
        return
    for source in ("management", "nuvla", "users"):
        for index, network in enumerate(getattr(settings.firewall, source)):
            if network.prefixlen and network.overlaps(machines.private_network):
                yield (
                    f"firewall.{source}[{index}]: {network} given; "
                    f"allowed: a network outside machines.private_network, {machines.private_network}"
                )


def _program_is_locked_out(settings: Settings) -> Iterator[str]:
    if settings.machines.provider != "local":
        return
    here, management = settings.machines.subnet[1], settings.firewall.management
    if not any(here in network for network in management):
        yield (
            f"firewall.management: {', '.join(map(str, management))} given; "
            f"allowed: networks that hold {here}, from which this program reaches local machines"
        )


def _ports_are_taken(settings: Settings) -> Iterator[str]:
    ephemeral, port = settings.firewall.ephemeral, settings.s3.port
    span = f"{ephemeral.first} to {ephemeral.last}"
    taken = (
        FIXED_PORTS.items() if settings.kind == "target" else [one for one in FIXED_PORTS.items() if one[1] != "nfs"]
    )
    covered = [f"{fixed} ({service})" for fixed, service in taken if ephemeral.holds(fixed)]
    if covered:  # open to users, or taken by the kernel for a connection before the service comes
        yield f"firewall.ephemeral: {span} given; allowed: a range without {', '.join(covered)}"
    if not settings.has_s3:
        return
    if port in FIXED_PORTS or port == MOUNTD_PORT:
        yield f"s3.port: {port} given; allowed: a port that is not taken by {FIXED_PORTS.get(port, 'nfs')}"
    elif ephemeral.holds(port):
        yield f"s3.port: {port} given; allowed: a port outside firewall.ephemeral, {span}"


CHECKS = (
    _private_network_holds_sources,
    _management_is_everybody,
    _sources_hold_containers,
    _program_is_locked_out,
    _ports_are_taken,
)
