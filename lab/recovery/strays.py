"""What is in the swarm, bears the infrastructure's id, and is in no state.

An update was killed while it was made, or a refresh forgot it because nobody answered.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.recovery.comparison import compare
from lab.recovery.state import NETWORK, State, pulumi, say
from lab.recovery.swarm import WORDS, Found, Swarm

COMPONENT = "nuvla:swarm:OverlayNetwork"
ORDER = ("services", "networks", "configs", "secrets")  # what others are used by goes first


def settle(state: State, swarm: Swarm, seen: Sequence[Found]) -> None:
    """Removes what was seen before the stack's lock was had, and still is in no state; networks are taken into it.

    They may be in use, and one that was removed is in the way of another until its last task has ended. A service goes
    only if an update was killed while it made it: otherwise the state may be an old copy, and another one knows it.
    """
    now = compare(state.made(), swarm.marked(state.label), state.id).strays
    adopted: dict[str, Found] = {}  # by the components that make such ones
    for stray in sorted((one for one in now if one in seen), key=lambda one: ORDER.index(one.kind)):
        what = f"the {WORDS[stray.kind]} {stray.name}, which is in no state"
        component = state.component(COMPONENT, stray.name) if stray.kind == "networks" else None
        if component is not None:
            say(f"{state.stack}: takes {what}, into it")
            adopted[component] = stray
        elif stray.kind == "services" and stray.name not in state.services_being_made():
            say(f"{state.stack}: leaves {what}: no killed update made it, so another copy of the state may know it")
        elif used := swarm.remove(stray):
            say(f"{state.stack}: leaves {what}, until it is out of use: {used}")
        else:
            say(f"{state.stack}: removes {what}")
    if adopted:
        adopt(state, adopted)


def adopt(state: State, networks: Mapping[str, Found]) -> None:
    """Takes networks into the state, as their components would have made them."""
    names = {"swarm-engine": state.swarm_provider()}
    wanted = []
    for component, network in networks.items():
        name = component.rpartition("::")[2]
        names[name] = component
        wanted.append(
            {
                "type": NETWORK,
                "name": f"{name}-network",
                "id": network.id,
                "parent": name,
                "provider": "swarm-engine",
            }
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "networks.json"
        file.write_text(json.dumps({"nameTable": names, "resources": wanted}), encoding="utf-8")
        pulumi(
            *("import", "--stack", state.stack, "--file", str(file), "--yes", "--skip-preview"),
            *("--protect=false", "--generate-code=false", "--suppress-outputs"),
            shown=True,
        )
