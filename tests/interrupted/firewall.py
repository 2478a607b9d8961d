"""Scenarios of the script that loads a machine's firewall."""

import shlex
from typing import Final

from tests.interrupted.programs import script
from tests.interrupted.scenarios import Run, Scenario

PATH: Final = "firewall/scripts/firewall.sh"


def rules(management: str, *, confirm: bool = False) -> dict[str, str]:
    """Values: the program's own rules, with another network of the operators."""
    words = shlex.split(str(script(PATH)["parameters"]))
    [own] = [word for word in words if word.startswith("RULES=")]
    text = own.removeprefix("RULES=").replace("10.77.0.1/32", management)
    return {"RULES": text, "CONFIRM": "true" if confirm else ""}


def _for_containers() -> str:
    """The program's own rules, where others filter."""
    table = "inet nuvla_swarm"
    return f"{rules('10.77.0.1/32')['RULES']}\nadd rule {table} others accept"


LOADED: Final = Run(path=PATH, values={"CONFIRM": ""})
FIREWALL: Final = [
    Scenario(path=PATH, name="first time", values={"CONFIRM": ""}),
    Scenario(path=PATH, name="other rules", given=[LOADED], values=rules("198.51.100.0/24"), sound="firewall.sh"),
    Scenario(
        path=PATH,
        name="rules for containers alone",
        given=[LOADED],
        values={"RULES": _for_containers(), "CLOSED": "", "CONFIRM": ""},
    ),
    Scenario(
        path=PATH,
        name="other rules, confirmed",
        given=[LOADED],
        values=rules("198.51.100.0/24", confirm=True),
        attempts=3,
        sound="trial.sh",
    ),
]
