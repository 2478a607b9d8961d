"""A run of tools/repair on a given state and swarm, for its tests."""

import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_swarm_api import Docker
from tests.support.stack_states import ROOT
from tools.repair import __main__ as recovery
from tools.repair import local, locks, strays
from tools.repair.state import State

NOTHING = f"--target={ROOT}pulumi:pulumi:Stack::nuvla-swarm-s"  # of which nobody has to be asked


class Run:
    """A run on a state and a swarm, which records the commands of Pulumi."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, known: State, docker: Docker | None, *later: State):
        self.commands: list[tuple[str, ...]] = []
        self.imported: list[Any] = []
        self.cleaned: list[State] = []
        states = [known, *(later or (known,))]  # as they are read, one after the other

        def read(_stack: str) -> State:
            return states.pop(0) if len(states) > 1 else states[0]

        @contextmanager
        def connected(_state: State) -> Any:
            yield docker.swarm() if docker is not None else None

        monkeypatch.setattr(State, "read", read)
        monkeypatch.setattr(recovery, "connected", connected)
        monkeypatch.setattr(locks, "free", lambda _stack: None)
        monkeypatch.setattr(local, "remove_leftovers", self.cleaned.append)
        self.on_clear: Callable[[], None] = lambda: None
        for module in (recovery, strays):
            monkeypatch.setattr(module, "pulumi", self._pulumi)

    def _pulumi(self, *arguments: str, shown: bool = False) -> str:
        self.commands.append(arguments)
        if "--clear-pending-creates" in arguments:
            self.on_clear()
        if "--file" in arguments:
            self.imported.append(json.loads(Path(arguments[arguments.index("--file") + 1]).read_text()))
        return ""

    def targets(self) -> list[str]:
        """Return the targets of the first refresh, which asks nobody for a decision."""
        command = next(one for one in self.commands if one[0] == "refresh")
        assert {"--yes", "--skip-preview", "--skip-pending-creates"} <= set(command)
        return [one for one in command if one.startswith("--target=")]
