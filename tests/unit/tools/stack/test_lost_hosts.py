"""tools/stack/lost_hosts.py: hosts that do not answer before `make down`."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.support.ports import reserved_port
from tests.support.rows import rows
from tests.support.stack_states import ROOT, in_state, secret, state
from tools.repair.state import State
from tools.stack import lost_hosts, marks
from tools.stack.lost_hosts import Host
from tools.stack.settings_file import SettingsFile

MANAGER, WORKER = Host("manager-1", "192.0.2.7", 22), Host("worker-1", "192.0.2.8", 2222)
TOKEN = "command:remote:Command"


def command(name: str, host: Host, **more: Any) -> dict[str, Any]:
    """Return a command that undoes something on a host, as the state has it."""
    connection = {"host": host.address} | ({} if host.port == 22 else {"port": host.port})
    inputs = {"connection": secret(connection), "delete": "undo"}
    return {"urn": f"{ROOT}{TOKEN}::{name}", "type": TOKEN, "custom": True, "inputs": inputs} | more


SWARM = state(
    command("manager-1-before", MANAGER),
    command("worker-1-before", WORKER),
    command("worker-1-engine-install", WORKER),
    command("worker-1-membership-node", MANAGER),
    command("nfs-export", WORKER),
    in_state("services", "traefik-service"),
)


def file(*lost: str) -> SettingsFile:
    return SettingsFile(Path("Pulumi.s.yaml"), {"config": {"nuvla-swarm:machines": {"lost": list(lost)}}})


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> set[Host]:
    """The hosts that do not answer."""
    hosts: set[Host] = set()
    monkeypatch.setattr(Host, "answers", lambda self: self not in hosts)
    return hosts


def test_removal_goes_on_if_all_hosts_answer(silent: set[Host]) -> None:
    assert lost_hosts.check(SWARM, file("worker-1")) == []
    silent.add(Host("other", "192.0.2.99", 22))
    assert lost_hosts.check(SWARM, file()) == []


def test_host_that_does_not_answer_stops_the_removal_before_anything(silent: set[Host]) -> None:
    silent.update((MANAGER, WORKER))
    with pytest.raises(SystemExit) as refused:
        lost_hosts.check(SWARM, file("worker-1"))
    assert str(refused.value) == (
        "nuvla-swarm: error: s: no SSH server answers at manager-1 (192.0.2.7), so nothing is removed. Start it, and "
        "run this again. If manager-1 will never come back: `pulumi config set --stack s --path "
        "'nuvla-swarm:machines.lost[1]' manager-1`, and run this again; then the state forgets it"
    )
    with pytest.raises(
        SystemExit, match=r"manager-1 \(192.0.2.7\), worker-1 \(192.0.2.8, port 2222\), so .* Start them"
    ):
        lost_hosts.check(SWARM, file())


def test_lost_hosts_are_those_that_the_settings_declare_lost(silent: set[Host]) -> None:
    silent.add(WORKER)
    assert lost_hosts.check(SWARM, file("manager-1", "worker-1")) == [WORKER]


@rows("cluster", ["Exoscale", "Local"])
def test_machines_that_go_with_the_stack_need_not_answer(cluster: str, silent: set[Host]) -> None:
    silent.update((MANAGER, WORKER))
    assert lost_hosts.check(state(*SWARM.of(TOKEN), cluster=cluster), file()) == []


def test_commands_that_undo_nothing_need_no_host(silent: set[Host]) -> None:
    silent.add(WORKER)
    kept = command("worker-1-before", WORKER, retainOnDelete=True)
    ready = command("worker-1-ready", WORKER)
    del ready["inputs"]["delete"]
    assert lost_hosts.check(state(kept, ready), file()) == []
    [found] = lost_hosts._hosts(state(command("nfs-export", WORKER)))
    assert found.name == "192.0.2.8"


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The state that is imported, if any; what Pulumi exports is that of SWARM."""
    found: list[dict[str, Any]] = []

    def pulumi(*arguments: str) -> str:
        if arguments[1] == "export":
            return json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": SWARM.resources}})
        found.append(json.loads(Path(arguments[-1]).read_text()))
        return ""

    monkeypatch.setattr(marks, "pulumi", pulumi)
    return found


def names(document: dict[str, Any]) -> set[str]:
    return {resource["urn"].rpartition("::")[2] for resource in document["deployment"]["resources"]}


def test_state_forgets_what_only_the_lost_host_could_undo(imported: list[dict[str, Any]]) -> None:
    lost_hosts.forget(SWARM, [WORKER])
    [document] = imported
    gone = {"worker-1-before", "worker-1-engine-install", "nfs-export"}
    assert names({"deployment": {"resources": SWARM.resources}}) - names(document) == gone


def test_state_forgets_the_swarm_with_its_api_manager(imported: list[dict[str, Any]]) -> None:
    lost_hosts.forget(SWARM, [MANAGER])
    [document] = imported
    gone = {"manager-1-before", "worker-1-membership-node", "traefik-service"}
    assert names({"deployment": {"resources": SWARM.resources}}) - names(document) == gone


def test_nothing_is_imported_if_the_state_has_nothing_of_the_lost_host(imported: list[dict[str, Any]]) -> None:
    lost_hosts.forget(SWARM, [])
    lost_hosts.forget(SWARM, [Host("other", "192.0.2.99", 22)])
    assert imported == []


def test_references_to_forgotten_resources_go_too() -> None:
    resources = [
        {"urn": "a"},
        {
            "urn": "b",
            "dependencies": ["a", "c"],
            "propertyDependencies": {"x": ["a"], "y": None},
            "deletedWith": "a",
        },
        {"urn": "c", "dependencies": None},
    ]
    pending = [{"resource": {"urn": "a"}, "type": "deleting"}, {"resource": {"urn": "c"}, "type": "deleting"}]
    exported = {"version": 3, "deployment": {"resources": resources, "pending_operations": pending}}
    assert lost_hosts.without(exported, {"a"}) == {
        "version": 3,
        "deployment": {
            "resources": [
                {"urn": "b", "dependencies": ["c"], "propertyDependencies": {"x": [], "y": []}},
                {"urn": "c", "dependencies": []},
            ],
            "pending_operations": [pending[1]],
        },
    }


@pytest.fixture
def server() -> Iterator[tuple[socket.socket, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener, listener.getsockname()[1]


@rows("said, answers", [(b"SSH-2.0-OpenSSH_9.2\r\n", True), (b"HTTP/1.1 400\r\n", False), (b"", False)])
def test_only_an_ssh_server_answers(
    said: bytes, answers: bool, server: tuple[socket.socket, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_hosts, "TIMEOUT_S", 60)  # of a server that is a thread of this test
    listener, port = server

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(said)

    thread = Thread(target=serve)
    thread.start()
    assert Host("a", "127.0.0.1", port).answers() is answers
    thread.join()


def test_closed_port_does_not_answer() -> None:
    with reserved_port() as port:
        assert not Host("a", "127.0.0.1", port).answers()


def test_state_without_a_provider_has_no_hosts() -> None:
    assert lost_hosts.check(State("s", None), file()) == []
