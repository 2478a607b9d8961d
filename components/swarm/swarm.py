"""The swarm that the API manager starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from components.kept_outputs import keep_outputs
from components.machines.machine import Machine

NODES_FUNCTIONS = "swarm/scripts/nodes.sh"  # functions for scripts that change nodes, on a manager
TASKS_FUNCTIONS = "swarm/scripts/tasks.sh"  # functions, beside those, for scripts that move their tasks


@dataclass(frozen=True, kw_only=True)
class SwarmArgs:
    """Settings of a swarm."""

    api_manager: Machine  # manager that the program talks to
    managers: Sequence[Machine]
    address_pools: Sequence[IPv4Network]  # address ranges of overlay networks
    subnet_prefix: int  # prefix length of overlay networks


class Swarm(pulumi.ComponentResource):
    """A swarm with its first manager, the API manager. Other machines join by a `Membership`.

    Outputs: ``id`` (str) of the swarm; ``entry`` (str), the name of the API manager; ``address_pools`` (list) and
    ``subnet_prefix`` (int).
    Errors: the update fails if the API manager is a worker, if it is in no swarm while another manager is or may be in
    one, if the swarm has no leader, or if the settings change the address pools of a running swarm.
    """

    id: pulumi.Output[str]

    def __init__(self, name: str, args: SwarmArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "entry": args.api_manager.name,
            "address_pools": [str(pool) for pool in args.address_pools],
            "subnet_prefix": args.subnet_prefix,
        }
        super().__init__("nuvla:swarm:Swarm", name, props, opts)
        self.api_manager = args.api_manager
        others = [
            manager.private_address
            for manager in args.managers
            if manager.name != args.api_manager.name and not manager.lost
        ]
        init = args.api_manager.command(
            f"{name}-init",
            "swarm/scripts/init.sh",
            {
                "ADDRESS": args.api_manager.private_address,
                "ADDRESS_POOLS": " ".join(str(pool) for pool in args.address_pools),
                "SUBNET_PREFIX": str(args.subnet_prefix),
                "OTHER_MANAGERS": pulumi.Output.all(*others).apply(" ".join),
            },
            pulumi.ResourceOptions(parent=self),
            create="start",
            update="continue",
            libraries=[NODES_FUNCTIONS],
            triggers=[args.api_manager.data_generation],
        )
        self.id = init.stdout.apply(str.strip)
        keep_outputs(self, props, after=[init], id=self.id)
