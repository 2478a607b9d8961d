"""The networks of these tests: tests run side by side on one engine, which refuses networks that overlap."""

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
    "first-month",
    "pages",
    "pages-cloud",
    "pages-hosts",
    "versions",
    "guests",
    "host-guests",
    "systems",
    "roll",
    "rebuild",
    "virtual-ip",
    "virtual-ip-hosts",
    "rotation",
    "dead",
    "recover",
    "killed-anywhere",
    "lost-exoscale",
    "rotation-hosts",
    "upgrade",
    "rotation-host-keys",
    "rotation-host-keys-hosts",
    "changes-machines",
    "changes-services",
    "changes-versions",
    "changes-exoscale",
    "killed-roll",
    "rotation-cloud",
)

UNUSED_SUBNET: Final = "10.239.0.0/16"  # for settings that the program refuses: no network has it
STRANGERS: Final = "10.255.255.0/24"  # no computer is there, and no network of an example is
OVERLAY_POOL: Final = "10.224.0.0/12"  # the default pool of overlay networks
PART_OF_OVERLAY_POOL: Final = "10.224.0.0/16"  # overlaps with the default pool of overlay networks


def subnet_of(user: str) -> str:
    """Return the network of a user, from 10.140.0.0/16 on: examples and the bench use none of these."""
    return f"10.{140 + USERS.index(user)}.0.0/16"


def address(user: str, number: int) -> str:
    """Return the address with that number in a user's network; number 1 is this computer, as the machines see it."""
    return str(IPv4Network(subnet_of(user))[number])


def this_computer(subnet: str) -> str:
    """Return this computer, as machines in the subnet see it, in the form of a firewall setting."""
    return f"{IPv4Network(subnet)[1]}/32"
