"""Plugins of Pulumi that have made a stack: which of them are no stand-ins, and in which version they answer."""

import json
from pathlib import Path

from docs.tested import PLUGINS
from tests.e2e.harness import Stack
from tests.support.checkout import CHECKOUT

STAND_INS = CHECKOUT / "offline/plugins"


def released_plugins(stack: Stack) -> dict[str, str]:
    """Return the versions by the names of the plugins that have resources in the stack and are no stand-ins."""
    resources = json.loads(stack.must("pulumi", "stack", "export").text)["deployment"]["resources"]
    types = {resource["type"].split(":")[0] for resource in resources}
    files = {name: executable(stack, name) for name in sorted(types & PLUGINS.keys())}
    return {name: answered(stack, file) for name, file in files.items() if STAND_INS not in file.parents}


def executable(stack: Stack, name: str) -> Path:
    """Return the file of an installed plugin, behind links."""
    installed = json.loads(stack.must("pulumi", "plugin", "ls", "--json").text)
    [version] = [plugin["version"] for plugin in installed if plugin["name"] == name]
    home = Path(stack.env.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return (home / f"plugins/resource-{name}-v{version}/pulumi-resource-{name}").resolve()


def answered(stack: Stack, file: Path) -> str:
    """Return the version that a plugin tells by its schema."""
    return str(json.loads(stack.must("pulumi", "package", "get-schema", str(file)).text)["version"])
