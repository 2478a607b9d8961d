"""The script that starts a swarm again from a manager that is left, with its parameters."""

import shlex

from components.assets import read
from components.swarm.swarm import NODES_FUNCTIONS

SCRIPT = "swarm/scripts/recover.sh"


def script_for(address: str) -> str:
    """Return the script for a manager that the other machines reach at an address."""
    return f"export ADDRESS={shlex.quote(address)}\n{read(NODES_FUNCTIONS)}{read(SCRIPT)}"
