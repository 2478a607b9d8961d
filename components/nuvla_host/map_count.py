"""The kernel's limit of memory maps on a machine with Nuvla's database."""

from dataclasses import dataclass

import pulumi

from components.machines.machine import Machine

MAP_COUNT = 262144


@dataclass(frozen=True, kw_only=True)
class MapCountArgs:
    """The machine with the database."""

    machine: Machine
    depends_on: pulumi.Resource  # the packages of its engine


class MapCount(pulumi.ComponentResource):
    """A machine whose kernel lets Elasticsearch map its files into memory, now and after every start.

    On a machine that shares its kernel with others, the command changes nothing: it logs a warning where the limit is
    too low.
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
            pulumi.ResourceOptions(parent=self, depends_on=[args.depends_on]),
            triggers=[machine.system_generation],
        )
        self.register_outputs({"max_map_count": MAP_COUNT})
