"""The stack that a command works on: its file, its backend, and whether the backend has it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tools.console import fail, say
from tools.pulumi_cli import attempt, exists, pulumi
from tools.stack import backend as backends
from tools.stack import former, salt, settings_file
from tools.stack.backend import Backend
from tools.stack.settings_file import SettingsFile


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
    """Return the stack that a command names, and print a line with its kind and the place of its state.

    The line is the first that each command prints. Errors: exits with a line if the stack has no file, if its backend
    is not clear, or if its file belongs to a state that is elsewhere.
    """
    file = settings_file.find(stack)
    left = former.find(file)
    backend = backends.choose(stack, file, os.environ, forgets=left is not None)
    backends.use(backend)
    machines = file.machine_count()
    count = f": {machines} machine{'' if machines == 1 else 's'}" if machines else ""
    say(f"{file.name}: {file.words()}{count}; state in {backend}")
    found = exists(backend.stack, str(backend))
    if left is not None:  # only now, since the new backend has answered
        left.forget(file, found=found)
        say(f"{file.name}: had no resources in {left.backend}, its former place, which is forgotten")
        file = settings_file.find(stack)
    if found:
        backends.require_passphrase(file.name, backend)
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
        fail(f"{target.name}: is not up in {target.backend}: run `make up STACK={target.name}`")


@contextmanager
def created(target: Target) -> Iterator[None]:
    """Create the stack if it is new, and remove it again if the block fails, such as by a refused preview.

    An empty stack that stayed would refuse the next try with another backend or passphrase.
    """
    if target.exists:
        yield
        return
    create(target)
    try:
        yield
    except BaseException:  # also the end of the program, and Ctrl-C
        _remove_empty(target)
        raise


def create(target: Target) -> None:
    """Create the stack in its backend, empty."""
    backend = backends.of_new_stack(target.backend, target.file, os.environ)
    time = ", which takes about a minute" if target.file.is_local else ""
    say(f"{target.name} is not in {target.backend}: creates it{time}")
    salt.forget(target.file.path)  # it belongs to the passphrase of a former state folder
    key_service = target.file.secrets_provider
    options = [f"--secrets-provider={key_service}"] if key_service else []
    pulumi("stack", "init", "--stack", target.stack, "--no-select", *options)
    backends.remember(target.name, backend)


def _remove_empty(target: Target) -> None:
    """Remove a new stack; Pulumi refuses if it has resources."""
    if settings_file.find(target.name).has_secrets:  # somebody encrypted them meanwhile
        return
    removed = attempt("stack", "rm", "--stack", target.stack, "--yes", "--preserve-config")
    if removed.returncode == 0:
        backends.forget(target.name)
        salt.forget_state(target.file.path)
