"""Refusals of changes by which operators, or users, would no longer reach machines on Exoscale."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

from components.machines.exoscale.settings import ExoscaleMachines
from components.machines.prior_state import PriorState
from components.machines.provider import StackPlan
from components.machines.ssh_settings import key_of
from components.ports import SSH, TrafficSource
from components.rule import Rule

STABLE_ADDRESS = "cluster-address"  # logical name of the elastic IP


def _login_key_stays(machines: ExoscaleMachines, _plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse another SSH key of the stack: an instance gets the key only when it is created."""
    key, former = machines.ssh.public_key, prior.public_key
    staying = prior.machines & set(machines.names("manager", "worker"))
    if former is None or not staying:
        return
    known = key_of(key) if key else key_of(prior.login_key or "")  # without a key of the user, the generated one
    if known == former:
        return
    value = f"{key_of(key)} given" if key else "not given, so a key is generated"
    yield (
        f"machines.ssh.public_key: {value}; the machines know only {former}; allowed: that key; or first add the new "
        "one to ~/.ssh/authorized_keys on each machine, as docs/13-security.md#the-ssh-key-has-leaked says"
    )


def _own_address_stays(_machines: ExoscaleMachines, plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse a firewall that shuts this computer out, where its routing table alone shows its public address."""
    networks = plan.sources[TrafficSource.MANAGEMENT]
    towards = next((member.public_address for member in prior.members.values()), None)
    own = source_address(towards) if towards else None
    if own is None or not own.is_global or any(own in network for network in networks):
        return
    if any(own in network for network in prior.management):
        yield (
            f"firewall.management: {', '.join(map(str, networks))} given, without {own}, which is this computer's "
            f"address; allowed: networks that hold it, such as {own}/32; or run `make up` on a computer that they hold"
        )


def source_address(towards: str) -> IPv4Address | None:
    """Return the address that this computer sends packets to another one from; None if it has no route. Sends none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((towards, SSH.number))  # of UDP: it only looks up the route
        except OSError:
            return None
        return IPv4Address(probe.getsockname()[0])


def _elastic_ip_stays(machines: ExoscaleMachines, _plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse to release the elastic IP, which nobody gets back, unless the protection refuses that already."""
    if STABLE_ADDRESS in prior.names - prior.protected and not machines.elastic_ip:
        yield (
            "machines.elastic_ip: false given; the elastic IP would be released for good, and DNS and Nuvla lead to "
            "it; allowed: true; or first change DNS, and the endpoint in Nuvla, to the API manager's own address"
        )


RULES = (
    Rule(
        id="login-key",
        refuses="another SSH key of the stack, which the existing machines do not know (Exoscale)",
        check=_login_key_stays,
        has_exception=True,
    ),
    Rule(
        id="own-address",
        refuses=(
            "`firewall.management` without the address of this computer, if it was in it, and the computer has the "
            "address itself (Exoscale)"
        ),
        check=_own_address_stays,
        has_exception=True,
    ),
    Rule(
        id="elastic-ip",
        refuses="`machines.elastic_ip` switched off: the address would be released for good (Exoscale)",
        check=_elastic_ip_stays,
        has_exception=True,
    ),
)
