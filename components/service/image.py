"""An image, pinned to what its tag meant when it was first used."""

from dataclasses import dataclass

import pulumi

from components.machines.machine import Machine


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """Which image, and where it is asked for."""

    image: str  # with a tag, or a digest
    manager: Machine
    service: str  # that runs it


class Image(pulumi.ComponentResource):
    """An image that a registry has, and its digest, so that every machine runs the same.

    A manager asks for it, unless the service has that image already: what a tag means may change, and the service does
    not. It pulls it first only where services run that an update would keep waiting. Without a digest of its own Swarm
    would look one up, and the Docker provider would call that a change.
    Outputs: ``reference`` (str), "<name>:<tag>@sha256:<digest>"; without digest where the image comes from no registry.
    Errors: the update fails when the image cannot be pulled, before any service is touched.
    """

    reference: pulumi.Output[str]

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("nuvla:service:Image", name, {"image": args.image}, opts)
        pull = args.manager.command(
            f"{name}-pull",
            "service/scripts/pull.sh",
            {"IMAGE": args.image, "SERVICE": args.service},
            pulumi.ResourceOptions(parent=self),
        )
        self.reference = pull.stdout.apply(str.strip)
        self.register_outputs({"reference": self.reference})
