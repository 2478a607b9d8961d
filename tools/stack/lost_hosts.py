"""Existing hosts that do not answer before `make down`, and what the state then drops of those that never come back."""

import socket
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tools.console import fail
from tools.repair.state import State, without_secret_marks
from tools.stack import marks
from tools.stack.settings_file import SettingsFile

TIMEOUT_S = 5
ANSWER = b"SSH-"  # begins what an SSH server says first: RFC 4253, 4.2
FIRST_STEP = "-before"  # ends the name of the first command that has something to undo on a host
COMMAND = "command:remote:Command"


@dataclass(frozen=True, order=True)
class Host:
    """A host on which the removal of the stack undoes something."""

    name: str  # of the machine
    address: str
    port: int

    def answers(self) -> bool:
        """Return whether an SSH server answers there."""
        try:
            with socket.create_connection((self.address, self.port), timeout=TIMEOUT_S) as connection:
                return connection.recv(len(ANSWER), socket.MSG_WAITALL) == ANSWER
        except OSError:
            return False

    def __str__(self) -> str:
        return f"{self.name} ({self.address}{'' if self.port == 22 else f', port {self.port}'})"


def check(state: State, file: SettingsFile) -> list[Host]:
    """Return the hosts that do not answer and that the settings declare lost.

    Errors: exits with a line, before anything is removed, if another host does not answer.
    """
    if state.provider is None or not state.provider.outlive_stack:
        return []
    found = sorted(set(_hosts(state)))
    with ThreadPoolExecutor(max_workers=max(1, len(found))) as pool:
        silent = [host for host, answers in zip(found, pool.map(Host.answers, found), strict=True) if not answers]
    declared = list(file.section("machines").get("lost") or [])
    unknown = [host for host in silent if host.name not in declared]
    if unknown:
        setting = f"'nuvla-swarm:machines.lost[{len(declared)}]'"
        fail(
            f"{state.name}: no SSH server answers at {', '.join(map(str, unknown))}, so nothing is removed. Start "
            f"{'it' if len(unknown) == 1 else 'them'}, and run this again. If {unknown[0].name} will never come back: "
            f"`pulumi config set --stack {state.name} --path {setting} {unknown[0].name}`, and run this again; then "
            "the state forgets it"
        )
    return silent


def forget(state: State, lost: Collection[Host]) -> None:
    """Drop from the state what only a lost host could undo; without its API manager, also all that the swarm has."""
    places = {(host.address, host.port) for host in lost}
    dropped = {str(command["urn"]) for command in state.of(COMMAND) if _address(command) in places}
    manager = state.api_manager()
    if manager and urlsplit(manager.host).hostname in {host.address for host in lost}:
        of_swarm = f"{state.swarm_provider()}::"
        dropped |= {str(item["urn"]) for item in state.resources if str(item.get("provider", "")).startswith(of_swarm)}
    if not dropped:
        return
    marks.rewrite(state.stack, lambda exported: without(exported, dropped))


def without(exported: Mapping[str, Any], dropped: Collection[str]) -> dict[str, Any]:
    """Return an exported state without the resources of these URNs, and without what refers to them."""
    deployment = exported["deployment"]
    resources = [_freed(resource, dropped) for resource in deployment["resources"] if resource["urn"] not in dropped]
    pending = deployment.get("pending_operations") or []
    kept = [operation for operation in pending if operation["resource"]["urn"] not in dropped]
    return {**exported, "deployment": {**deployment, "resources": resources, "pending_operations": kept}}


def _freed(resource: Mapping[str, Any], dropped: Collection[str]) -> dict[str, Any]:
    freed = dict(resource)
    if "dependencies" in freed:
        freed["dependencies"] = [urn for urn in freed["dependencies"] or [] if urn not in dropped]
    if "propertyDependencies" in freed:
        freed["propertyDependencies"] = {
            name: [urn for urn in urns or [] if urn not in dropped]
            for name, urns in (freed["propertyDependencies"] or {}).items()
        }
    if freed.get("deletedWith") in dropped:
        del freed["deletedWith"]
    return freed


def _hosts(state: State) -> Iterator[Host]:
    names = {
        _address(command): str(command["urn"]).rpartition("::")[2].removesuffix(FIRST_STEP)
        for command in state.of(COMMAND)
        if command["urn"].endswith(FIRST_STEP)
    }
    for command in state.of(COMMAND):
        place = _address(command)
        if (command.get("inputs") or {}).get("delete") and not command.get("retainOnDelete") and place:
            yield Host(names.get(place, place[0]), *place)


def _address(command: Mapping[str, Any]) -> tuple[str, int] | None:
    connection = without_secret_marks(command.get("inputs") or {}).get("connection") or {}
    return (str(connection["host"]), int(connection.get("port") or 22)) if connection.get("host") else None
