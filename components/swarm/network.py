"""An overlay network that outlives the services on it."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.machines.advice import IN_SWARM, Advisor
from components.machines.owner import NEVER_RELABELLED, Owner


@dataclass(frozen=True, kw_only=True)
class OverlayNetworkArgs:
    """Settings of an overlay network."""

    owner: Owner
    physical_name: str  # what services refer to
    attachable: bool  # whether single containers may attach to it
    internal: bool = False  # whether nothing outside of the swarm is reached over it


class OverlayNetwork(pulumi.ComponentResource):
    """An overlay network of the swarm, known to everyone by its name.

    Outputs: ``id`` (str).
    """

    id: pulumi.Output[str]

    def __init__(self, name: str, args: OverlayNetworkArgs, opts: pulumi.ResourceOptions | None = None):
        props = {"name": args.physical_name, "attachable": args.attachable, "internal": args.internal}
        super().__init__("nuvla:swarm:OverlayNetwork", name, props, opts)
        self.network = docker.Network(
            f"{name}-network",
            name=args.physical_name,
            driver="overlay",
            attachable=args.attachable,
            internal=args.internal,
            labels=[docker.NetworkLabelArgs(label=key, value=label) for key, label in args.owner.labels().items()],
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=NEVER_RELABELLED, hooks=Advisor(IN_SWARM, f"{name}-advice").hooks
            ),
        )
        self.id = self.network.id
        self.register_outputs({"id": self.id})
