"""Scenarios of the script that lets a manager take part in a virtual IP."""

from typing import Final

from tests.interrupted.scenarios import PACKAGES, Run, Scenario

PATH: Final = "virtual_ip/scripts/virtual_ip.sh"
VALUES: Final = {"ADDRESS": "10.1.0.9", "PRIVATE_ADDRESS": "10.1.0.2"}
SHARED: Final = Run(path=PATH, verb="add", values=VALUES)

ADDRESS: Final = [
    Scenario(path=PATH, verb="add", name="first time", given=["shared.sh"], values=VALUES, reboots=False),
    Scenario(
        path=PATH,
        verb="add",
        name="other settings",
        packages=[*PACKAGES, "keepalived"],
        given=["shared.sh", SHARED],
        values=VALUES | {"CONFIG": "# other\ninterface @interface@\nvirtual_ipaddress { 10.1.0.9/32 dev @device@ }"},
        reboots=False,
    ),
    Scenario(
        path=PATH,
        verb="add",
        name="an address of no network",
        given=["shared.sh"],
        values=VALUES | {"ADDRESS": "192.0.2.9"},
        code=1,
        says="has no network with 192.0.2.9; its networks: ",
        reboots=False,
    ),
    Scenario(
        path=PATH,
        verb="remove",
        name="a manager that shares",
        given=["shared.sh", SHARED],
        values=VALUES,
        reboots=False,
    ),
    Scenario(path=PATH, verb="remove", name="one that never did", values=VALUES, reboots=False),
]
