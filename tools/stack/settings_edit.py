"""Changes of a stack's file by Pulumi, which keeps its comments, without the stack's state."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.pulumi_cli import attempt, stop
from tools.stack.settings_file import CHECKOUT, NAMESPACE, SettingsFile

NOTE = "settings"  # name of the stack in a state that ends with the command


def set_values(file: SettingsFile, values: Sequence[str]) -> None:
    """Write settings, each as `<path>=<value>`, into the file of a stack, which needs no state yet."""
    with tempfile.TemporaryDirectory(prefix="nuvla-swarm-settings-") as name:
        folder = Path(name)
        (folder / "Pulumi.yaml").symlink_to(CHECKOUT / "Pulumi.yaml")
        (folder / "state").mkdir()
        env = {"PULUMI_BACKEND_URL": (folder / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": ""}
        options = ["--stack", NOTE, "--config-file", str(file.path), "--path"]
        plain = [f"--plaintext={NAMESPACE}:{value}" for value in values]
        for arguments in (["stack", "init", NOTE], ["config", "set-all", *options, *plain]):
            done = attempt(*arguments, env=env, cwd=folder)
            if done.returncode != 0:
                stop(done.stderr or done.stdout, file.name)
