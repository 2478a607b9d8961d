"""What the kernel of a machine with the database of Nuvla has to allow."""

from dataclasses import dataclass

import pulumi

from components.machines.machine import Machine

MAP_COUNT = 262144


@dataclass(frozen=True, kw_only=True)
class MapCountArgs:
    """Where it has to be allowed."""

    machine: Machine
    prepared: pulumi.Resource  # what has installed packages there


class MapCount(pulumi.ComponentResource):
    """A machine on which Elasticsearch can map its files into memory, now and after every start.

    A machine that shares its kernel with others is only checked, with a message.
    Outputs: ``max_map_count`` (int).
    Source: Elasticsearch reference, "Virtual memory".
    """

    def __init__(self, name: str, args: MapCountArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("nuvla:nuvla:MapCount", name, {"max_map_count": MAP_COUNT}, opts)
        machine = args.machine
        machine.command(
            f"{name}-set",
            "nuvla_host/scripts/map_count.sh",
            {"COUNT": str(MAP_COUNT), "ONLY_CHECK": "true" if machine.shares_kernel else ""},
            pulumi.ResourceOptions(parent=self, depends_on=[args.prepared]),
            triggers=[machine.system_generation],
        )
        self.register_outputs({"max_map_count": MAP_COUNT})
