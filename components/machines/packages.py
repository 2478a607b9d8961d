"""Additional packages of a machine."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.machines.machine import APT_FUNCTIONS, Machine

INSTALL_TIMEOUT = "10m"


@dataclass(frozen=True, kw_only=True)
class PackagesArgs:
    """The packages, and what has to be on the machine before them."""

    machine: Machine
    packages: Sequence[str]  # names of the distribution's packages
    depends_on: Sequence[pulumi.Resource]  # the engine's packages and the firewall: packages may start services


class Packages(pulumi.ComponentResource):
    """Packages of the distribution on a machine, in the version that it has when they are installed.

    A package that is no longer listed stays on the machine, and so do all when the component is destroyed. A host that
    the program leaves loses those that the program installed, unless something else needs them.
    Outputs: ``packages`` (list).
    Errors: the update fails if the distribution has no such package, or cannot install it.
    """

    def __init__(self, name: str, args: PackagesArgs, opts: pulumi.ResourceOptions | None = None):
        packages = sorted(set(args.packages))
        super().__init__("nuvla:machines:Packages", name, {"packages": packages}, opts)
        args.machine.command(
            f"{name}-install",
            "machines/scripts/packages.sh",
            {"MACHINE": args.machine.name, "PACKAGES": " ".join(packages)},
            pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.depends_on),
                custom_timeouts=pulumi.CustomTimeouts(create=INSTALL_TIMEOUT, update=INSTALL_TIMEOUT),
            ),
            libraries=[APT_FUNCTIONS],
            triggers=[args.machine.system_generation],
        )
        self.register_outputs({"packages": packages})
