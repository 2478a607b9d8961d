"""Images of services, pinned to the digest that their tag had when a service first used it."""

from dataclasses import dataclass

import pulumi

from components.machines.machine import Machine
from components.service.registry_login import RegistryLogin


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """The image of a setting, the service that runs it, and the manager that asks its registry."""

    image: str  # with a tag or a digest
    manager: Machine
    service: str  # name of the service in the swarm
    login: RegistryLogin | None = None  # to the registry of the image


class Image(pulumi.ComponentResource):
    """An image with its digest, so that every machine runs the same image.

    If the service already runs this tag, the program keeps the service's digest: a tag that moved is no reason to
    change a service. Otherwise the manager asks the registry. Where services run, the manager also pulls the image, so
    that an update stops none of them for longer than its new container takes to start. Without a digest, Swarm would
    add one by itself, and the Docker provider would show that as a change.
    Outputs: ``reference`` (str), "<name>:<tag>@sha256:<digest>"; without a digest where the image comes from no
    registry.
    Errors: the update fails when the image cannot be pulled, before it touches any service.
    """

    reference: pulumi.Output[str]

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None):
        props = {"image": args.image} | ({"username": args.login.username} if args.login else {})
        super().__init__("nuvla:service:Image", name, props, opts)
        pull = args.manager.command(
            f"{name}-pull",
            "service/scripts/pull.sh",
            {
                "IMAGE": args.image,
                "SERVICE": args.service,
                "CLIENT_CONFIG": args.login.client_config() if args.login else "",
                "LOGIN_HEADER": args.login.header() if args.login else "",
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.reference = pull.stdout.apply(str.strip)
        self.register_outputs({"reference": self.reference})
