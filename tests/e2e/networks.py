"""The networks of these tests, in one place: they run side by side on one engine, which refuses two that overlap."""

from ipaddress import IPv4Network
from typing import Final

USERS: Final = (
    "target",
    "whole-0",
    "whole-1",
    "host",
    "recovery",
    "killed",
    "salt",
    "down",
    "managers",
    "mistakes",
    "install",
    "acme",
    "acme-three",
    "existing",
    "exoscale",
    "exoscale-private",
    "exoscale-host",
    "drift",
    "drift-private",
    "refused",
    "template",
    "file",
    "lost",
    "lost-hosts",
    "switches",
    "networks",
    "killed-hosts",
    "walk-local",
    "walk-hosts",
    "kept",
    "kept-exoscale",
    "neighbours",
)

ELSEWHERE: Final = "10.239.0.0/16"  # for settings that are refused: no network is there
OVERLAYS: Final = "10.224.0.0/12"  # all that overlay networks have by the defaults
DEFAULT_POOL: Final = "10.224.0.0/16"  # a part of what overlay networks have by the defaults


def subnet_of(user: str) -> str:
    """A network that no other test has, from 10.140.0.0/16 on: no stack of the README and no bench is there."""
    return f"10.{140 + USERS.index(user)}.0.0/16"


def address(user: str, number: int) -> str:
    """The address with that number in a user's network; number 1 is this computer, as the machines see it."""
    return str(IPv4Network(subnet_of(user))[number])


def here(subnet: str) -> str:
    """This computer, as machines in the subnet see it, as a setting of the firewall wants it."""
    return f"{IPv4Network(subnet)[1]}/32"
