"""Stray objects: they are in the swarm, with the infrastructure's id, and in no state.

Either an update was killed while it made them, or a refresh dropped them because the swarm did not answer.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.console import chosen, say
from tools.pulumi_cli import pulumi
from tools.repair.comparison import compare
from tools.repair.state import KINDS, State
from tools.repair.swarm import WORDS, Swarm, SwarmObject

TYPES = {kind: name for name, kind in KINDS.items()}
STACK_LABEL, PREFIX = "com.docker.stack.namespace", "nuvla-swarm-"  # of the stack of services that a service is in
PORTS = "nuvla-swarm-ports"  # a service that is in no stack of services


def resolve(state: State, swarm: Swarm, seen: Sequence[SwarmObject]) -> None:
    """Import or remove objects that were stray before the stack was locked, and still are.

    Stray services and networks are imported into the state, whoever uses them, and the update changes them to fit the
    settings. Stray configs and secrets are removed as soon as no service uses them.
    """
    imports: list[tuple[str, SwarmObject]] = []  # component that makes such an object, and the object
    for stray in compare(state.swarm_resources(), swarm.marked(state.label), state.id).strays:
        if stray not in seen:
            continue
        what = f"the {WORDS[stray.kind]} {stray.name}, which the state lacks"
        component = maker(state, stray)
        if component is not None and not state.urns(TYPES[stray.kind], name=child(component, stray)):
            say(f"{state.name}: imports {what}")
            imports.append((component, stray))
        elif stray.kind in ("services", "networks"):
            say(f"{state.name}: leaves {what}: no component makes it, or the state has another one of this name")
        elif used := swarm.remove(stray):
            say(f"{state.name}: leaves {what}, while it is in use: {used}")
        else:
            say(f"{state.name}: removes {what}")
    if imports:
        import_into_state(state, imports)


def maker(state: State, stray: SwarmObject) -> str | None:
    """Return the URN of the component in the state that makes such a service or network."""
    if stray.kind == "networks":
        return state.component(
            "nuvla:swarm:OverlayNetwork", lambda network: network.get("inputs", {}).get("name") == stray.name
        )
    if stray.kind == "services" and stray.name == PORTS:
        return state.component("nuvla:firewall:ReservedPorts", lambda _: True)
    if stray.kind == "services":
        stack = stray.labels.get(STACK_LABEL, "").removeprefix(PREFIX)
        return state.component("nuvla:service:ServiceStack", lambda component: component["urn"].endswith(f"::{stack}"))
    return None


def child(component: str, stray: SwarmObject) -> str:
    """Return the logical name that a component gives such a service or network."""
    if stray.kind == "services" and stray.name != PORTS:
        return f"{stray.name}-service"
    return f"{component.rpartition('::')[2]}-{stray.kind.removesuffix('s')}"


def import_into_state(state: State, found: Sequence[tuple[str, SwarmObject]]) -> None:
    """Import objects into the state, as if their components had made them."""
    names = {"swarm-engine": state.swarm_provider()}
    resources = []
    for component, stray in found:
        parent = component.rpartition("::")[2]
        names[parent] = component
        resources.append(
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
        file.write_text(json.dumps({"nameTable": names, "resources": resources}), encoding="utf-8")
        pulumi(
            *("import", "--stack", state.stack, "--file", str(file), "--yes", "--skip-preview"),
            *("--protect=false", "--generate-code=false", "--suppress-outputs"),
            shown=chosen("VERBOSE"),
        )
