"""The script that starts a swarm again from a manager that is left, with its parameters."""

from components.assets import script_text
from components.machines.shell import Done, Login, run_as
from components.swarm.swarm import NODES_FUNCTIONS

SCRIPT = "swarm/scripts/recover.sh"


async def run(login: Login, address: str, verb: str) -> Done:
    """Run the script with a verb on a manager that the other machines reach at an address.

    Errors: `UnreachableError`, if the manager does not let the program in.
    """
    return await run_as(login, script_for(address), verb)


def script_for(address: str) -> str:
    """Return the script for a manager that the other machines reach at an address."""
    return script_text(SCRIPT, {"ADDRESS": address}, libraries=[NODES_FUNCTIONS])
