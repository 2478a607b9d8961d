"""Command that previews a stack or an example as if it were new.

python -m tools.preview_without_state STACK|examples/EXAMPLE.yaml [--diff]

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

from components.errors import STAND_IN
from components.machines.registry import MODELS
from stacks.config import computer
from tools.console import chosen, fail, say

CHECKOUT = Path(__file__).parents[1]
PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "stacks", "pyproject.toml", ".venv")
CREDENTIALS = {name: value for model in MODELS.values() for name, value in model.preview_environment.items()}


def readable(settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings without encrypted values, and the keys of secrets that need a stand-in."""
    plain: dict[str, Any] = {}
    hidden: list[str] = []
    for key, value in settings.items():
        if _is_encrypted(value):
            hidden.append(key)
        else:
            plain[key] = value
    return plain, hidden


def _is_encrypted(value: Any) -> bool:
    """Return whether a value is a secret, or an object of secrets alone."""
    if not isinstance(value, Mapping) or not value:
        return False
    if set(value) == {"secure"} and isinstance(value["secure"], str):
        return True
    return all(map(_is_encrypted, value.values()))


def pulumi(folder: Path, *arguments: str, text: str | None = None, silent: bool = False) -> int:
    """Run Pulumi in the folder, with a state in the same folder; return its exit code. `silent` hides its output."""
    env = {key: value for key, value in os.environ.items() if key != "PULUMI_CONFIG_PASSPHRASE_FILE"}
    env |= {"PULUMI_BACKEND_URL": (folder / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": "", **CREDENTIALS}
    command = ["pulumi", "--non-interactive", *arguments]
    output = subprocess.DEVNULL if silent else None
    return subprocess.run(command, check=False, cwd=folder, env=env, text=True, input=text, stdout=output).returncode


def files() -> dict[str, Path]:
    """Return the files of settings, by their argument on the command line: a stack's name or an example's path."""
    stacks = {file.name.removeprefix("Pulumi.").removesuffix(".yaml"): file for file in CHECKOUT.glob("Pulumi.*.yaml")}
    examples = {f"examples/{file.name}": file for file in (CHECKOUT / "examples").glob("*.yaml")}
    return dict(sorted(stacks.items())) | dict(sorted(examples.items()))


def preview(source: str, folder: Path, *, diff: bool = False) -> int:
    """Preview a stack or an example in an empty folder, with `diff` in full; return Pulumi's exit code."""
    stack = Path(source).stem if source.endswith(".yaml") else source
    document = yaml.safe_load(files()[source].read_text(encoding="utf-8")) or {}
    plain, hidden = readable(document.get("config") or {})
    for part in PROGRAM:
        (folder / part).symlink_to(CHECKOUT / part)
    (folder / "state").mkdir()
    (folder / computer.PLACE).parent.mkdir()
    (folder / computer.PLACE).symlink_to(computer.FILE)
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": plain}), encoding="utf-8")
    stand_ins = ", ".join(hidden) or "none"
    say(f"{stack}: previewed as a new stack; secrets with placeholders: {stand_ins}")
    code = pulumi(folder, "stack", "init", stack, silent=True)
    for key in hidden:
        code = code or pulumi(folder, "config", "set", "--secret", key, text=STAND_IN)
    return code or pulumi(folder, "preview", *(["--diff"] if diff else []))


def main() -> None:
    """Preview in a temporary folder, and exit with Pulumi's exit code."""
    [source, *options] = sys.argv[1:] or [""]
    if source not in files():
        fail(f"{source!r} is neither a stack nor an example; allowed: {', '.join(files())}")
    with tempfile.TemporaryDirectory(prefix="nuvla-swarm-preview-") as folder:
        sys.exit(preview(source, Path(folder), diff="--diff" in options or chosen("DIFF")))


if __name__ == "__main__":
    main()
