"""A checkout with a stack `s`, and a stand-in of Pulumi."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tools.stack import backend, former, passphrase, settings_file, target

LOCAL = "config:\n  nuvla-swarm:machines:\n    provider: local\n    pools: {manager: {role: manager}}\n"
REMOTE = LOCAL.replace("local", "exoscale")
SALT = "encryptionsalt: v1:abc\n"
BUCKET = "s3://state"


class Checkout:
    """A checkout with a stack, and a stand-in of Pulumi that knows whether the stack exists."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.folder, self.exists = folder, False
        self.calls: list[tuple[str, ...]] = []
        self.exported = CompletedProcess[str]([], 0, "{}", "")  # of a former backend
        (folder / "examples").mkdir()
        for name in (backend.URL, backend.DEFAULT, passphrase.PASSPHRASE, passphrase.PASSPHRASE_FILE):
            monkeypatch.setenv(name, "")
            monkeypatch.delenv(name)
        monkeypatch.setenv("PULUMI_HOME", "/nowhere")
        find, choose, remember, of_new = settings_file.find, backend.choose, backend.remember, backend.of_new_stack
        recall, forget = backend.recall, backend.forget
        monkeypatch.setattr(settings_file, "find", lambda stack: find(stack, folder))
        monkeypatch.setattr(
            backend, "choose", lambda stack, file, env, **more: choose(stack, file, env, folder, **more)
        )
        monkeypatch.setattr(backend, "of_new_stack", lambda found, file, env: of_new(found, file, env, folder))
        monkeypatch.setattr(backend, "recall", lambda name, _=None: recall(name, folder))
        monkeypatch.setattr(backend, "forget", lambda name: forget(name, folder))
        monkeypatch.setattr(backend, "remember", lambda name, found: remember(name, found, folder))
        monkeypatch.setattr(target, "exists", lambda *_: self.exists)
        monkeypatch.setattr(target, "pulumi", self._pulumi)
        monkeypatch.setattr(target, "attempt", self._pulumi)
        monkeypatch.setattr(former, "attempt", lambda *_, **__: self.exported)

    def _pulumi(self, *arguments: str) -> CompletedProcess[str]:
        """Note a call; `stack init` writes a salt into the stack's file, as Pulumi does."""
        self.calls.append(arguments)
        path = self.folder / "Pulumi.s.yaml"
        if arguments[:2] == ("stack", "init") and "encryptionsalt" not in (text := path.read_text()):
            path.write_text(text + SALT)
        return CompletedProcess(arguments, 0, "", "")

    def write(self, text: str) -> Path:
        path = self.folder / "Pulumi.s.yaml"
        path.write_text(text)
        return path

    def memory(self) -> bool:
        return backend.memory("s", self.folder).exists()
