"""The outputs of a stack."""

from typing import Any

import pulumi

from components.ports import DOCKER_API, TRAEFIK
from stacks import release
from stacks.foundation import Foundation
from stacks.swarm_platform import SwarmPlatform

DEFAULT_PORT = 22  # of SSH


def common_outputs(platform: SwarmPlatform) -> dict[str, Any]:
    """Return the outputs of both kinds: addresses and logins of machines, swarm and services."""
    foundation = platform.foundation
    api_manager, certificates = foundation.api_manager, foundation.certificates
    urls = {
        "traefik": pulumi.Output.concat("https://", platform.address, "/"),
    }
    if platform.settings.traefik.dashboard:
        urls["dashboard"] = pulumi.Output.concat("http://", platform.address, f":{TRAEFIK.number}/dashboard/")
    logins = platform.logins if platform.settings.monitoring.enabled else {}
    for name in logins:
        urls[name] = pulumi.Output.concat("https://", platform.address, f"/{name}/")
    return {
        "kind": platform.settings.kind,
        "version": release.version(),
        "machines": {
            machine.name: {
                "role": machine.role,
                "public_address": machine.public_address,
                "private_address": machine.private_address,
                "ssh": pulumi.Output.concat(
                    "ssh ",
                    f"-p {machine.port} " if machine.port != DEFAULT_PORT else "",
                    machine.user,
                    "@",
                    machine.public_address,
                ),
            }
            for machine in foundation.cluster.machines.values()
        },
        "ssh": pulumi.Output.secret({"user": api_manager.user, "private_key": api_manager.private_key}),
        "docker": {
            "endpoint": pulumi.Output.concat("https://", foundation.address, f":{DOCKER_API.number}"),
            "operator": certificates.operator.outputs(),
            "nuvla": certificates.nuvla.outputs(),
            **({"operators": _operators(foundation)} if foundation.operators else {}),
        },
        "certificates": certificates.ends | foundation.operator_ends(),
        "urls": {**urls, **platform.urls},
        "volumes": {
            name: {"machine": volume.machine, "path": volume.path}
            | ({"id": volume.id} if volume.id is not None else {})
            for name, volume in foundation.cluster.volumes.items()
        },
        "logins": pulumi.Output.secret({name: login.outputs() for name, login in logins.items()}),
    }


def _operators(foundation: Foundation) -> dict[str, dict[str, pulumi.Output[str]]]:
    """Return the certificate of each named operator, secret."""
    return {name: certificate.outputs() for name, certificate in foundation.operators.items()}
