"""Command that previews a stack as if it were new: `python tools/preview_without_state.py STACK`.

The preview needs no state, passphrase, credentials, machines, network or Docker engine, and changes nothing in the
checkout. Use it for pull requests of forks, and wherever you may see only the settings.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[1]
PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "stacks", ".venv")
NAMESPACE = "nuvla-swarm"
STAND_IN = "stand-in-for-a-secret"
CREDENTIALS = {  # fake values in the form that Exoscale's plugin requires; a preview never sends them
    "EXOSCALE_API_KEY": "EXO" + 24 * "0",
    "EXOSCALE_API_SECRET": 43 * "0",
}


def readable(settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings without encrypted values, and the keys of secrets that need a stand-in."""
    plain: dict[str, Any] = {}
    hidden: list[str] = []
    for key, value in settings.items():
        if isinstance(value, Mapping) and set(value) == {"secure"}:
            hidden.append(key)
        else:
            plain[key] = value
    machines = plain.get(f"{NAMESPACE}:machines")
    required = f"{NAMESPACE}:ssh_private_key"
    if isinstance(machines, Mapping) and machines.get("provider") == "existing" and required not in hidden:
        hidden.append(required)
    return plain, hidden


def pulumi(folder: Path, *arguments: str, text: str | None = None) -> int:
    """Run Pulumi in the folder, with a state in the same folder; return its exit code."""
    env = {key: value for key, value in os.environ.items() if key != "PULUMI_CONFIG_PASSPHRASE_FILE"}
    env |= {"PULUMI_BACKEND_URL": (folder / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": "", **CREDENTIALS}
    command = ["pulumi", "--non-interactive", *arguments]
    return subprocess.run(command, check=False, cwd=folder, env=env, text=True, input=text).returncode


def preview(stack: str, folder: Path) -> int:
    """Preview the stack in an empty folder; return Pulumi's exit code."""
    document = yaml.safe_load((CHECKOUT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")) or {}
    plain, hidden = readable(document.get("config") or {})
    for part in PROGRAM:
        (folder / part).symlink_to(CHECKOUT / part)
    (folder / "state").mkdir()
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": plain}), encoding="utf-8")
    stand_ins = ", ".join(hidden) or "none"
    print(f"{stack}: previewed as if it were new; secrets that are stand-ins: {stand_ins}", flush=True)
    code = pulumi(folder, "stack", "init", stack)
    for key in hidden:
        code = code or pulumi(folder, "config", "set", "--secret", key, text=STAND_IN)
    return code or pulumi(folder, "preview", "--diff")


def main() -> None:
    """Preview the stack in a temporary folder, and exit with Pulumi's exit code."""
    [stack] = sys.argv[1:] or [""]
    known = sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in CHECKOUT.glob("Pulumi.*.yaml"))
    if stack not in known:
        sys.exit(f"error: {stack!r} is not a stack; allowed: {', '.join(known)}")
    with tempfile.TemporaryDirectory(prefix="nuvla-swarm-preview-") as folder:
        sys.exit(preview(stack, Path(folder)))


if __name__ == "__main__":
    main()
