"""Changes of a stack's state outside of an update: notes of what happened to its machines, and others."""

import json
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from components.kept_outputs import with_kept_outputs
from tools.pulumi_cli import pulumi
from tools.repair.state import CLUSTERS, State


def rewrite(stack: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Replace the state of a stack by what `change` returns for it, as `pulumi stack export` prints it."""
    exported = json.loads(pulumi("stack", "export", "--stack", stack))  # with its secrets encrypted
    with tempfile.TemporaryDirectory(prefix="nuvla-swarm-") as folder:
        file = Path(folder) / "state.json"
        file.write_text(json.dumps(change(exported)), encoding="utf-8")
        pulumi("stack", "import", "--stack", stack, "--file", str(file))


def mark_lost(state: State, machines: Collection[str]) -> None:
    """Note in the state that machines are lost, as an update with `machines.lost` does; the next makes them anew."""
    if set(machines) <= set(state.lost()):
        return
    rewrite(state.stack, lambda exported: with_lost(exported, machines))


def with_lost(exported: Mapping[str, Any], machines: Collection[str]) -> dict[str, Any]:
    """Return an exported state whose cluster has lost these machines too, also after an update that failed."""
    deployment = exported["deployment"]
    resources = [
        {**resource, "outputs": {**outputs, "lost": sorted({*(outputs.get("lost") or ()), *machines})}}
        if resource["type"] in CLUSTERS
        else resource
        for _, resource in with_kept_outputs((one["urn"], one) for one in deployment["resources"])
        for outputs in [resource.get("outputs") or {}]
    ]
    return {**exported, "deployment": {**deployment, "resources": resources}}
