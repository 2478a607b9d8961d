"""Zones: each is one network of the engine, whose addresses are the public ones."""

import os
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from exoscale.cloud import store
from exoscale.cloud.api import ZoneError
from exoscale.cloud.docker import EngineError, docker, labels
from standin.resource import StandinError

# In the order of the released plugin: pkg/config/config.go, Zones.
ZONES: Final = ("ch-gva-2", "ch-dk-2", "at-vie-1", "at-vie-2", "de-fra-1", "bg-sof-1", "de-muc-1", "hr-zag-1")
SUBNET: Final = "10.120.0.0/16"


def check(zone: str) -> None:
    if zone not in ZONES:
        raise ZoneError(zone)


def subnet(zone: str) -> IPv4Network:
    """The zone's part of the subnet."""
    given = os.environ.get("EXOSCALE_STANDIN_SUBNET", SUBNET)
    try:
        whole = IPv4Network(given)
    except ValueError as problem:
        raise StandinError(f"EXOSCALE_STANDIN_SUBNET is {given!r}: {problem}") from None
    if whole.prefixlen > 24:
        raise StandinError(f"EXOSCALE_STANDIN_SUBNET is {given!r}: a network of /24 or larger is needed for all zones")
    return list(whole.subnets(prefixlen_diff=4))[ZONES.index(zone)]


def network(zone: str) -> str:
    """The name of the zone's network."""
    return f"exoscale-{zone}-{store.key()}"


def instance_address(zone: str, taken: set[str]) -> str:
    """A free address for an instance: of the lower three quarters."""
    return _free(list(subnet(zone).hosts())[1:], taken, upper=False)


def elastic_address(zone: str, taken: set[str]) -> str:
    """A free elastic address: of the upper quarter, which no instance is given."""
    return _free(list(subnet(zone).hosts()), taken, upper=True)


def open_network(zone: str) -> None:
    """Makes the zone's network where it is missing; called under the zone's lock."""
    part = subnet(zone)
    try:
        docker("network", "inspect", "--format={{.Id}}", network(zone))
    except EngineError:
        options = [f"--subnet={part}", f"--gateway={part[1]}"]
        docker("network", "create", "--driver=bridge", *options, *labels("zone"), network(zone))


def close_network(zone: str) -> None:
    """Removes the zone's network when nothing uses it any more; called under the zone's lock."""
    if not any(instance["zone"] == zone for instance in store.seen().of("instance").values()):
        with suppress(EngineError):  # one that is gone is what was wanted
            docker("network", "rm", network(zone))


def _free(hosts: list[IPv4Address], taken: set[str], *, upper: bool) -> str:
    border = len(hosts) * 3 // 4
    part = hosts[border:] if upper else hosts[:border]
    for host in part:
        if str(host) not in taken:
            return str(host)
    raise StandinError("the stand-in of exoscale has no address left in the zone: set EXOSCALE_STANDIN_SUBNET")
