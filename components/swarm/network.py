"""An overlay network that outlives the services on it."""

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

    physical_name: str  # what services refer to
    attachable: bool  # whether single containers may attach to it
    internal: bool = False  # whether nothing outside of the swarm is reached over it
    subnet: IPv4Network | None = None  # one of the swarm's own choice if unset
    setting: str | None = None  # that changes it, if any does
    name_setting: str | None = None  # setting with its name, if one has it


class OverlayNetwork(pulumi.ComponentResource):
    """An overlay network of the swarm, known to everyone by its name.

    It keeps the subnet and labels that it was made with. Whatever else of it changes, it is replaced: see
    `NetworkChanges`.
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
                # Networks of before had other ones, and applications are on them.
                ignore_changes=["ipamConfigs", *NEVER_RELABELLED],
                hooks=ErrorHints(SWARM_HINTS, f"{name}-advice").hooks,
            ),
        )
        self.id = self.network.id
        self.register_outputs({"id": self.id})


@dataclass(frozen=True, kw_only=True)
class NetworkChangesArgs:
    """Who looks at which networks."""

    owner: Owner
    api_manager: Machine  # a manager
    networks: Sequence[OverlayNetworkArgs]  # all that the stack has in the swarm
    known_ids: Sequence[str] = ()  # ids of those of the state that bear no id of an infrastructure


class NetworkChanges(pulumi.ComponentResource):
    """A look at the networks of the swarm before one of them is made, replaced or removed. All on them depends on it.

    Docker removes no network that anything is on, and makes none with the name of another one. The engine finds that
    out when it has removed our services already.
    Errors: the update fails while services or containers of others are on a network that cannot stay as it is, and
    while a network of somebody else has a name that is wanted.
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
