"""What is in the swarm, bears the infrastructure's id, and is in no state.

An update was killed while it was made, or a refresh forgot it because nobody answered.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.repair.comparison import compare
from tools.repair.state import KINDS, State, pulumi, say
from tools.repair.swarm import WORDS, Found, Swarm

TYPES = {kind: name for name, kind in KINDS.items()}
STACK_LABEL, PREFIX = "com.docker.stack.namespace", "nuvla-swarm-"  # a service's stack of services, as Docker knows it
PORTS = "nuvla-swarm-ports"  # a service of no stack


def settle(state: State, swarm: Swarm, seen: Sequence[Found]) -> None:
    """Puts right what was seen before the stack's lock was had, and still is in no state.

    Services and networks are taken into it, whoever uses them, and the update makes of them what it wants. Configs and
    secrets are of use to nobody else: they go as soon as no service has them.
    """
    adopted: list[tuple[str, Found]] = []  # with the components that make such ones
    for stray in compare(state.made(), swarm.marked(state.label), state.id).strays:
        if stray not in seen:
            continue
        what = f"the {WORDS[stray.kind]} {stray.name}, which is in no state"
        component = maker(state, stray)
        if component is not None and not state.urns(TYPES[stray.kind], name=child(component, stray)):
            say(f"{state.stack}: takes {what}, into it")
            adopted.append((component, stray))
        elif stray.kind in ("services", "networks"):
            say(f"{state.stack}: leaves {what}: nothing there makes such a thing, or another one of this name is there")
        elif used := swarm.remove(stray):
            say(f"{state.stack}: leaves {what}, until it is out of use: {used}")
        else:
            say(f"{state.stack}: removes {what}")
    if adopted:
        adopt(state, adopted)


def maker(state: State, stray: Found) -> str | None:
    """URN of the component of the state that makes such a service or network."""
    if stray.kind == "networks":
        return state.component(
            "nuvla:swarm:OverlayNetwork", lambda one: one.get("inputs", {}).get("name") == stray.name
        )
    if stray.kind == "services" and stray.name == PORTS:
        return state.component("nuvla:firewall:ReservedPorts", lambda _: True)
    if stray.kind == "services":
        stack = stray.labels.get(STACK_LABEL, "").removeprefix(PREFIX)
        return state.component("nuvla:service:ServiceStack", lambda one: one["urn"].endswith(f"::{stack}"))
    return None


def child(component: str, stray: Found) -> str:
    """Logical name of such a service or network."""
    if stray.kind == "services" and stray.name != PORTS:
        return f"{stray.name}-service"
    return f"{component.rpartition('::')[2]}-{stray.kind.removesuffix('s')}"


def adopt(state: State, found: Sequence[tuple[str, Found]]) -> None:
    """Takes things into the state, as their components would have made them."""
    names = {"swarm-engine": state.swarm_provider()}
    wanted = []
    for component, stray in found:
        parent = component.rpartition("::")[2]
        names[parent] = component
        wanted.append(
            {
                "type": TYPES[stray.kind],
                "name": child(component, stray),
                "id": stray.id,
                "parent": parent,
                "provider": "swarm-engine",
            }
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        file.write_text(json.dumps({"nameTable": names, "resources": wanted}), encoding="utf-8")
        pulumi(
            *("import", "--stack", state.stack, "--file", str(file), "--yes", "--skip-preview"),
            *("--protect=false", "--generate-code=false", "--suppress-outputs"),
            shown=True,
        )
