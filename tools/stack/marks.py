"""Notes in the state of a stack, of what happened to its machines outside of an update."""

import json
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tools.pulumi_cli import pulumi
from tools.repair.state import CLUSTERS, State


def mark_lost(state: State, machines: Collection[str]) -> None:
    """Note in the state that machines are lost, as an update with `machines.lost` does; the next makes them anew."""
    if set(machines) <= set(state.lost()):
        return
    exported = json.loads(pulumi("stack", "export", "--stack", state.stack))  # with its secrets encrypted
    with tempfile.TemporaryDirectory(prefix="nuvla-swarm-") as folder:
        file = Path(folder) / "state.json"
        file.write_text(json.dumps(with_lost(exported, machines)), encoding="utf-8")
        pulumi("stack", "import", "--stack", state.stack, "--file", str(file))


def with_lost(exported: Mapping[str, Any], machines: Collection[str]) -> dict[str, Any]:
    """Return an exported state whose cluster has lost these machines too."""
    deployment = exported["deployment"]
    resources = [
        {**resource, "outputs": {**outputs, "lost": sorted({*(outputs.get("lost") or ()), *machines})}}
        if resource["type"] in CLUSTERS
        else resource
        for resource in deployment["resources"]
        for outputs in [resource.get("outputs") or {}]
    ]
    return {**exported, "deployment": {**deployment, "resources": resources}}
