"""Command that prints NO_PROXY for a stack: the user's value and the addresses of the machines.

python -m tools.no_proxy STACK

Docker's clients ask a manager's port 2376 through HTTP_PROXY or HTTPS_PROXY if these are set, and a proxy for the
internet does not lead to machines that let only their operators in. Local machines are in `machines.subnet`, existing
ones in the settings; addresses of others are known once the stack is up.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from components.machines.registry import MODELS
from tools.stack import settings_file

LOCAL_NETWORK = str(MODELS["local"].model_fields["subnet"].default)
THIS_COMPUTER = ("localhost", "127.0.0.1")  # where Pulumi, its language host and its plugins talk to each other
TIMEOUT_S = 60


def value(stack: str, environment: Mapping[str, str]) -> str:
    """Return the value: of each address once, the user's own first."""
    given = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    own = [address.strip() for address in given.split(",") if address.strip()]
    return ",".join(
        dict.fromkeys([*own, *THIS_COMPUTER, *addresses(stack, settings_file.find(stack).section("machines"))])
    )


def addresses(stack: str, machines: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses and networks of a stack's machines, as far as they are known."""
    if machines.get("provider") == "local":
        yield str(machines.get("subnet") or LOCAL_NETWORK)
        return
    hosts = [host for pool in _values(machines.get("pools")) for host in _values(pool.get("hosts"))]
    yield from (str(host["address"]) for host in hosts if "address" in host)
    if machines.get("virtual_ip"):
        yield str(machines["virtual_ip"])
    if machines.get("provider") != "existing":
        yield from (str(machine["public_address"]) for machine in _values(outputs(stack).get("machines")))


def _values(section: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a section, of which the program itself names the mistakes."""
    values = section.values() if isinstance(section, Mapping) else ()
    return [value for value in values if isinstance(value, Mapping)]


def outputs(stack: str) -> Mapping[str, Any]:
    """Return the outputs of a stack, none if it is not up or if the state does not answer."""
    command = ["pulumi", "--non-interactive", "stack", "output", "--json", "--stack", stack]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
        found: Mapping[str, Any] = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    return found


if __name__ == "__main__":
    print(value(sys.argv[1], os.environ))
