"""Warnings about settings that the program accepts: settings without effect, placeholders, and risks."""

import re
from collections.abc import Callable, Collection, Iterator
from ipaddress import IPv4Network, ip_network
from typing import Any

import pulumi

from components import catalog
from components.firewall.rules import fixed_ports
from components.monitoring.receivers import NO_RECEIVER_ADVICE, SECRET_RECEIVERS
from components.ports import HTTP, HTTPS
from stacks.config import unused
from stacks.config.settings import Settings
from stacks.volumes import volumes

PLACEHOLDER_NETWORKS = tuple(map(IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))  # RFC 5737
PLACEHOLDER_DOMAIN = re.compile(r"(?:^|[.@/])example\.(?:org|com|net)(?=$|[:/])")  # RFC 2606
WIDE_PREFIX = 12  # of a public network of operators that has more than a million addresses


def log(settings: Settings, secret_keys: Collection[str]) -> None:
    """Log each warning once."""
    for line in lines(settings, secret_keys):
        pulumi.log.warn(line)


def lines(settings: Settings, secret_keys: Collection[str] = ()) -> list[str]:
    """Return a line for each warning; `secret_keys` are the keys of the configured secrets."""
    return [
        *unused.lines(settings, secret_keys),
        *(line for check in CHECKS for line in check(settings)),
        *_alerts_without_receiver(settings, secret_keys),
    ]


def _placeholders(settings: Settings) -> Iterator[str]:
    """Yield a line if networks, addresses and domains that exist for examples alone are left."""
    found = list(_placeholders_in(settings.model_dump(mode="json", exclude_unset=True), ""))
    if found:
        yield (
            f"{', '.join(found)}: placeholders of an example, which lead nowhere; replace them with your own networks, "
            "addresses and names (`curl -4 https://api.ipify.org` prints this computer's public address)"
        )


def _placeholders_in(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _placeholders_in(one, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _placeholders_in(one, f"{path}[{index}]")
    elif isinstance(value, str) and is_placeholder(value):
        yield f"{path} {value}"


def is_placeholder(text: str) -> bool:
    """Return whether a text is a network, an address or a domain that exists for examples alone."""
    if PLACEHOLDER_DOMAIN.search(text):
        return True
    try:
        network = ip_network(text)
    except ValueError:
        return False
    return isinstance(network, IPv4Network) and any(network.subnet_of(example) for example in PLACEHOLDER_NETWORKS)


def _wide_sources(settings: Settings) -> Iterator[str]:
    """Yield a line for each public network of operators that is nearly everybody."""
    for index, network in enumerate(settings.firewall.management):
        if network.prefixlen < WIDE_PREFIX and not network.is_private:
            yield (
                f"firewall.management[{index}] {network}: {network.num_addresses} public addresses reach SSH, "
                "Traefik's API and the Docker API; name the operators' own networks, such as one address with /32"
            )


def _unfiltered_hosts(settings: Settings) -> Iterator[str]:
    """Yield a line with the ports that are open unless the hosts' own firewall closes them."""
    if "rules" in settings.machines.firewall_mode or not settings.machines.outlive_stack:
        return
    taken = fixed_ports(nfs=settings.has_nfs, declared=catalog.declared_ports(settings.features))
    ports = [port for port in taken if port not in (HTTP.number, HTTPS.number)]
    ports += [settings.s3.port] if settings.has_s3 else []
    yield (
        f"machines.firewall: false, so firewall.* filters only containers, and the ports "
        f"{', '.join(map(str, ports))} of the machines are open to everybody, unless the hosts' own firewall closes "
        "them"
    )


def _acme_without_port_80(settings: Settings) -> Iterator[str]:
    """Yield a line if Let's Encrypt cannot connect to port 80."""
    acme, users = settings.traefik.acme, settings.firewall.users
    asks = acme is not None and acme.server is None and acme.dns_challenge is None
    if asks and not any(network.prefixlen == 0 for network in users):
        yield (
            f"traefik.acme: Let's Encrypt connects to port 80 from any address, and firewall.users is "
            f"{', '.join(map(str, users)) or 'empty'}; set firewall.users to 0.0.0.0/0, or traefik.acme.dns_challenge"
        )


def _unreachable_by_nuvla(settings: Settings) -> Iterator[str]:
    """Yield a line if the firewall of a remote target is closed to Nuvla."""
    if settings.kind != "target" or settings.firewall.nuvla or not settings.machines.is_remote:
        return
    port = (
        ", and expose_swarm_port_to_nuvla opens 2377 to nobody" if settings.firewall.expose_swarm_port_to_nuvla else ""
    )
    yield f"firewall.nuvla: empty, so Nuvla cannot reach port 2376 to deploy{port}; add Nuvla's outgoing addresses"


def _data_on_disks(settings: Settings) -> Iterator[str]:
    """Yield a line with the volumes that are deleted with their machines."""
    if "block_storage" not in settings.machines.volume_options:
        return
    lost = [f"volumes.{name}" for name, volume in volumes(settings).items() if not volume.block]
    if lost:
        yield (
            f"{', '.join(lost)}: stored on the disks of machines, and deleted with them; block_storage: true stores "
            "data "
            "outside, and volumes.retain_on_destroy: true keeps that storage after `make down`"
        )


def _alerts_without_receiver(settings: Settings, secret_keys: Collection[str]) -> Iterator[str]:
    """Yield a line if nobody receives the alerts of a remote stack."""
    has_receiver = settings.monitoring.alertmanager.email_to or any(
        receiver.secret in secret_keys for receiver in SECRET_RECEIVERS.values()
    )
    if settings.monitoring.enabled and settings.machines.is_remote and not has_receiver:
        yield f"nobody receives alerts: {NO_RECEIVER_ADVICE}"


CHECKS: tuple[Callable[[Settings], Iterator[str]], ...] = (
    *(_placeholders, _wide_sources, _unfiltered_hosts),
    *(_acme_without_port_80, _unreachable_by_nuvla, _data_on_disks),
)
