"""What has to hold of those who may reach machines, and of the ports: one line for each mistake."""

from collections.abc import Iterator

from components.firewall.rules import fixed_ports
from components.ports import MOUNTD
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
    _, own = settings.machines.machine_network() or (None, None)
    pools = [(path, pool) for path, pool in settings.container_networks() if own is None or not pool.overlaps(own)]
    for source, whom in TRUSTED.items():
        for index, network in enumerate(getattr(settings.firewall, source)):
            held = [f"{path}, {pool}" for path, pool in pools if network.overlaps(pool)]
            if held and (network.prefixlen or source != "management"):
                yield (
                    f"firewall.{source}[{index}]: {network} given, whose containers would be {whom}; "
                    f"allowed: networks outside {' and '.join(held)}: smaller ones, such as {FOR_EXAMPLE}, "
                    "or other address pools"
                )


def _ports_are_taken(settings: Settings) -> Iterator[str]:
    ephemeral, port = settings.firewall.ephemeral, settings.s3.port
    span = f"{ephemeral.first} to {ephemeral.last}"
    taken = fixed_ports(nfs=settings.kind == "target")
    covered = [f"{fixed} ({holder})" for fixed, holder in taken.items() if ephemeral.holds(fixed)]
    if covered:  # open to users, or taken by the kernel for a connection before the service comes
        yield f"firewall.ephemeral: {span} given; allowed: a range without {', '.join(covered)}"
    if not settings.has_s3:
        return
    if port in taken or port == MOUNTD.number:
        yield f"s3.port: {port} given; allowed: a port that is not taken by {taken.get(port, MOUNTD.holder)}"
    elif ephemeral.holds(port):
        yield f"s3.port: {port} given; allowed: a port outside firewall.ephemeral, {span}"


CHECKS = (
    _management_is_everybody,
    _sources_hold_containers,
    _ports_are_taken,
)
