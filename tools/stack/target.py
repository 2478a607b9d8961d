"""The stack that a command works on: its file, its backend, and whether the backend has it."""

import os
import subprocess
from dataclasses import dataclass

from tools.console import fail, say
from tools.pulumi_cli import exists, pulumi
from tools.stack import backend as backends
from tools.stack import settings_file
from tools.stack.backend import Backend
from tools.stack.settings_edit import set_values
from tools.stack.settings_file import CHECKOUT, SettingsFile

SETTINGS_SCRIPT = CHECKOUT / "local" / "settings.sh"


@dataclass(frozen=True)
class Target:
    """A stack, with its file and backend."""

    file: SettingsFile
    backend: Backend
    exists: bool

    @property
    def name(self) -> str:
        """Name of the stack, without an organization."""
        return self.file.name

    @property
    def stack(self) -> str:
        """Name of the stack, as Pulumi takes it."""
        return self.backend.stack


def open_target(stack: str) -> Target:
    """Return the stack that a command names, and print a line that says which it is and where its state is.

    The line is the first that each command prints. Errors: exits with a line if the stack has no file, if its backend
    is not clear, or if its file belongs to a state that is elsewhere.
    """
    file = settings_file.find(stack)
    backend = backends.choose(stack, file, os.environ)
    backends.use(backend)
    machines = file.machine_count()
    source = " (STACK is set in the environment)" if os.environ.get("NUVLA_SWARM_STACK_ORIGIN") == "environment" else ""
    count = f": {machines} machine{'' if machines == 1 else 's'}" if machines else ""
    say(f"{file.name}{source}: {file.words()}{count}; state in {backend}")
    found = exists(backend.stack, str(backend))
    if found:
        backends.remember(file.name, backend)
    elif file.has_state and not file.is_local:
        fail(
            f"{file.name} was made with another state (its file has a salt or a key) and is not in {backend}. Export "
            "PULUMI_BACKEND_URL and PULUMI_CONFIG_PASSPHRASE of that state. If the stack is really new: remove the "
            f"line encryptionsalt or encryptedkey from {file.path.name}"
        )
    return Target(file, backend, found)


def require(target: Target) -> None:
    """Exit with a line if the stack was never made."""
    if not target.exists:
        fail(f"{target.name}: is not up in {target.backend}; make up STACK={target.name}")


def create(target: Target) -> None:
    """Create the stack in its backend, empty, and write what it needs into its file."""
    time = ", which takes about a minute" if target.file.is_local else ""
    say(f"{target.name} is not in {target.backend}: creates it{time}")
    if target.file.is_local and not target.file.has_secrets:
        _forget_salt(target.file)
    key_service = target.file.secrets_provider
    options = [f"--secrets-provider={key_service}"] if key_service else []
    pulumi("stack", "init", "--stack", target.stack, "--no-select", *options)
    backends.remember(target.name, target.backend)
    fill_in(target.file)


def complete(target: Target) -> None:
    """Write what depends on this computer into the file of a stack of local machines, if that is gone from it."""
    if target.file.is_local and "image" not in target.file.section("machines"):
        say(f"{target.name}: writes this computer's settings (image, engine) into {target.file.path.name} again")
        fill_in(target.file)


def fill_in(file: SettingsFile) -> None:
    """Write what depends on this computer's engine into the file, because a preview must not ask the engine."""
    if not file.is_local:
        return
    found = subprocess.run([str(SETTINGS_SCRIPT)], check=False, stdout=subprocess.PIPE, text=True)
    if found.returncode != 0:
        raise SystemExit(found.returncode)  # the script says why
    set_values(file, found.stdout.splitlines())


def _forget_salt(file: SettingsFile) -> None:
    """Remove the salt: it belongs to one passphrase, and that of a state folder which is gone is lost."""
    lines = file.path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("encryptionsalt:")]
    if kept != lines:
        file.path.write_text("".join(kept), encoding="utf-8")
