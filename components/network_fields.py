"""Types of the IPv4 networks and addresses in settings: sources of packets, networks of the program, machines."""

import re
from ipaddress import IPv4Address, IPv4Network, ip_interface, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidatorFunctionWrapHandler, WrapValidator

LONGEST_PREFIX = 28  # prefix length of the smallest network in an address range
NO_SOURCE = IPv4Network("0.0.0.0/32")  # taken for all addresses by people
NAME = re.compile(r"(?=.*[A-Za-z])[\w-]+(\.[\w-]+)*")


def advice_on_network(value: Any) -> str:
    """Return the mistake in a network with machines in it, and the network that the user may have meant."""
    if not isinstance(value, str):
        return ""
    try:
        network = ip_network(value.strip(), strict=False)
    except ValueError:
        return "; names are not looked up" if NAME.fullmatch(value) else ""
    if not isinstance(network, IPv4Network):
        return "; this one is IPv6, and only IPv4 is supported"
    return f"; did you mean {network}?"


def advice_on_source(value: Any) -> str:
    """Return the same for a network of sources, which may also be one address."""
    advice = advice_on_network(value)
    if "did you mean" not in advice:
        return advice
    network, address = ip_network(value.strip(), strict=False), value.strip().partition("/")[0]
    if network == NO_SOURCE:
        return "; did you mean 0.0.0.0/0 (all addresses)?"
    if network.prefixlen == network.max_prefixlen:
        return advice
    return f"; did you mean {network} (the network) or {address}/32 (this address)?"


def require_source(network: IPv4Network) -> IPv4Network:
    """Refuse the address that no packet comes from."""
    if network == NO_SOURCE:
        raise ValueError("an IPv4 network")
    return network


def _network(value: Any, parse: ValidatorFunctionWrapHandler) -> Any:
    try:
        return parse(value)
    except ValueError as error:  # pydantic's text does not say which values are allowed
        raise ValueError(f"an IPv4 network{advice_on_network(value)}") from error


def _source(value: Any, parse: ValidatorFunctionWrapHandler) -> Any:
    try:
        return require_source(parse(value))
    except ValueError as error:
        raise ValueError(f"an IPv4 network{advice_on_source(value)}") from error


def _address(value: Any, parse: ValidatorFunctionWrapHandler) -> Any:
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError(f"an IPv4 address{_meant_address(value)}") from error


def _meant_address(value: Any) -> str:
    """Return what is wrong with an address, if that is clear."""
    try:
        version = ip_interface(str(value)).version
    except ValueError:
        return (
            "; names are not looked up" if isinstance(value, str) and re.fullmatch(r"[\w-]+(\.[\w-]+)*", value) else ""
        )
    return "; this one is IPv6, and only IPv4 is supported" if version == 6 else "; without the prefix length"


def _range(network: IPv4Network) -> IPv4Network:
    if network.prefixlen > LONGEST_PREFIX:
        raise ValueError(f"a network of /{LONGEST_PREFIX} or larger")
    return network


Network = Annotated[IPv4Network, WrapValidator(_network), Field(examples=["10.77.0.0/16"])]
AddressRange = Annotated[Network, AfterValidator(_range)]
SourceNetwork = Annotated[IPv4Network, WrapValidator(_source), Field(examples=["192.0.2.0/24"])]
Address = Annotated[IPv4Address, WrapValidator(_address), Field(examples=["192.0.2.7"])]
