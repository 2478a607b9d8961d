"""The virtual IP of the managers: one of them has it, and VRRP decides which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import pulumi

from components import assets
from components.machines.machine import APT_FUNCTIONS, Machine
from components.ports import HTTP
from components.traefik import ALIVE_PATH
from components.virtual_ip import UNIT

SCRIPT = "virtual_ip/scripts/virtual_ip.sh"
INSTALL_TIMEOUT = "10m"
HIGHEST_PRIORITY, STEP = 250, 30  # seven managers at most; the steps keep two from taking the address at once


@dataclass(frozen=True, kw_only=True)
class VirtualIpArgs:
    """The address, and the managers that may have it."""

    address: str  # ipv4 in a network of all managers
    managers: Sequence[Machine]
    depends_on: Mapping[str, Sequence[pulumi.Resource]]  # manager -> its packages and its firewall


class VirtualIp(pulumi.ComponentResource):
    """An address that a manager has whose Traefik answers; keepalived moves it to another one when that stops.

    A manager that dies loses the address within 2 seconds, and one whose Traefik does not answer within 5. A
    manager that stops in order hands the address over first: keepalived stops before the engine, and Traefik says that
    it ends before it does. New connections wait for up to a second then, so that requests under way end before. A
    manager that comes back does not take the address again. While Traefik answers on no manager, nobody has the
    address.
    VRRP needs no password: managers send packets only to each other, and drop all others; version 3 has none.

    Outputs: ``address`` (str); ``managers`` (list). The attribute ``ready`` has the command of each manager.
    Errors: the update fails if a manager has no network with the address, or keepalived cannot be installed.
    Source: RFC 5798; keepalived.conf(5).
    """

    ready: Mapping[str, pulumi.Resource]

    def __init__(self, name: str, args: VirtualIpArgs, opts: pulumi.ResourceOptions | None = None):
        props = {"address": args.address, "managers": [machine.name for machine in args.managers]}
        super().__init__("nuvla:virtual_ip:VirtualIp", name, props, opts)
        self.ready = {
            machine.name: machine.command(
                f"{name}-{machine.name}",
                SCRIPT,
                {
                    "MACHINE": machine.name,
                    "ADDRESS": args.address,
                    "PRIVATE_ADDRESS": machine.private_address,
                    "CONFIG": _configuration(args, machine, HIGHEST_PRIORITY - STEP * place),
                    "HELPER": assets.read("virtual_ip/files/keepalived.sh"),
                    "NOTE_STATE": assets.read("virtual_ip/files/note_state.sh"),
                    "NAME": UNIT,
                    "UNIT": assets.read(f"virtual_ip/files/{UNIT}"),
                },
                pulumi.ResourceOptions(
                    parent=self,
                    depends_on=list(args.depends_on[machine.name]),
                    custom_timeouts=pulumi.CustomTimeouts(create=INSTALL_TIMEOUT, update=INSTALL_TIMEOUT),
                ),
                create="add",
                delete="remove",
                libraries=[APT_FUNCTIONS],
                triggers=[machine.system_generation],
            )
            for place, machine in enumerate(args.managers)
        }
        self.register_outputs(props)


def router_id(address: str) -> int:
    """Return the number of the virtual router, from 1 to 255: always the same for an address."""
    return 1 + crc32(address.encode()) % 255


def _configuration(args: VirtualIpArgs, machine: Machine, priority: int) -> pulumi.Output[str]:
    """Return keepalived's settings on a manager."""
    others = [manager.private_address for manager in args.managers if manager.name != machine.name]

    def rendered(addresses: Sequence[str]) -> str:
        own, *peers = addresses
        return assets.render(
            "virtual_ip/files/keepalived.conf",
            {
                "machine": machine.name,
                "own": own,
                "peers": "\n    ".join(peers),
                "address": args.address,
                "router": str(router_id(args.address)),
                "priority": str(priority),
                "port": str(HTTP.number),
                "path": ALIVE_PATH,
            },
        )

    return pulumi.Output.all(machine.private_address, *others).apply(rendered)
