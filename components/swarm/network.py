"""Overlay networks of the swarm, and the check before an update changes one."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_docker as docker

from components.machines.cluster import STACK_LABEL
from components.machines.error_hints import SWARM_HINTS, ErrorHints
from components.machines.machine import Machine
from components.machines.owner import ID_LABEL, NEVER_RELABELLED, Owner


@dataclass(frozen=True, kw_only=True)
class OverlayNetworkArgs:
    """Settings of an overlay network."""

    physical_name: str  # name that services refer to
    attachable: bool  # whether single containers may attach
    internal: bool = False  # whether the network reaches only the swarm
    subnet: IPv4Network | None = None  # None: the swarm allocates a subnet
    setting: str | None = None  # setting that changes the network, if there is one
    name_setting: str | None = None  # setting of the name, if there is one


class OverlayNetwork(pulumi.ComponentResource):
    """An overlay network of the swarm, with a name that services refer to.

    The network keeps its first subnet and labels; any other change replaces it (see `NetworkChanges`).
    Outputs: ``id`` (str).
    """

    id: pulumi.Output[str]

    def __init__(self, name: str, args: OverlayNetworkArgs, owner: Owner, opts: pulumi.ResourceOptions | None = None):
        props = {
            "name": args.physical_name,
            "attachable": args.attachable,
            "internal": args.internal,
            "subnet": str(args.subnet) if args.subnet else None,
        }
        super().__init__("nuvla:swarm:OverlayNetwork", name, props, opts)
        self.network = docker.Network(
            f"{name}-network",
            name=args.physical_name,
            driver="overlay",
            attachable=args.attachable,
            internal=args.internal,
            ipam_configs=[docker.NetworkIpamConfigArgs(subnet=str(args.subnet), gateway=str(args.subnet[1]))]
            if args.subnet
            else None,
            labels=[docker.NetworkLabelArgs(label=key, value=label) for key, label in owner.labels().items()],
            opts=pulumi.ResourceOptions(
                parent=self,
                # Earlier versions of the program chose other subnets, and applications use those networks.
                ignore_changes=["ipamConfigs", *NEVER_RELABELLED],
                hooks=ErrorHints(SWARM_HINTS, f"{name}-advice").hooks,
            ),
        )
        self.id = self.network.id
        self.register_outputs({"id": self.id})


@dataclass(frozen=True, kw_only=True)
class NetworkChangesArgs:
    """The networks to check, and the manager that checks them."""

    owner: Owner
    api_manager: Machine
    networks: Sequence[OverlayNetworkArgs]  # all networks of the stack in the swarm
    known_ids: Sequence[str] = ()  # ids of networks in the state without an owner's id


class NetworkChanges(pulumi.ComponentResource):
    """A check of the swarm's networks before an update creates, replaces or removes one; services depend on the check.

    Docker refuses to remove a network in use, and to create a second network of the same name. Without the check, the
    engine would refuse only after Pulumi has removed the program's services.
    Errors: the update fails while services or containers of other owners use a network that has to change, and while a
    network of another owner has the name of one of the networks.
    """

    def __init__(self, name: str, args: NetworkChangesArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("nuvla:swarm:NetworkChanges", name, {}, opts)
        args.api_manager.command(
            f"{name}-look",
            "swarm/scripts/network_in_use.sh",
            {
                "LABEL": STACK_LABEL,
                "OWNER": args.owner.stack,
                "ID_LABEL": ID_LABEL,
                "ID": args.owner.id,
                "KNOWN": " ".join(args.known_ids),
                "WANTED": "\n".join(
                    " ".join(
                        [
                            network.physical_name,
                            str(network.attachable).lower(),
                            str(network.internal).lower(),
                            *([network.name_setting] if network.name_setting else []),
                        ]
                    )
                    for network in args.networks
                ),
                "SETTINGS": " or ".join(network.setting for network in args.networks if network.setting),
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
