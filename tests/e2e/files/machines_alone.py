"""The program's machines with their volumes, and nothing on them: what becomes of data is seen in seconds."""

from typing import Any

import pulumi_tls as tls

from components.firewall.rules import Source
from components.machines.machine import Machine
from stacks import clusters, configuration, sdk


def no_command(_machine: Machine, name: str, *_script: Any, **_options: Any) -> tls.PrivateKey:
    """In place of what runs on a machine."""
    return tls.PrivateKey(name, algorithm="ED25519")


setattr(Machine, "command", no_command)  # noqa: B010 - a plain assignment is a redefinition to the type checker
settings, secrets = configuration.load()


def build() -> dict[str, Any]:
    cluster = clusters.build(settings, secrets, [], {source: [] for source in Source})
    return {"volumes": {name: volume.id for name, volume in cluster.volumes.items() if volume.id}}


sdk.run(build)
