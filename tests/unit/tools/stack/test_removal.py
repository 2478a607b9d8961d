"""tools/stack/removal.py: what `make down` lists, asks and removes."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.rows import rows
from tests.support.stack_states import ROOT, membership, state
from tools import retained_volumes
from tools.repair.state import State
from tools.stack import lost_hosts, removal, update
from tools.stack.backend import Backend
from tools.stack.events import Outcome
from tools.stack.lost_hosts import Host
from tools.stack.settings_file import SettingsFile
from tools.stack.target import Target

INSTANCE, VOLUME = (
    "exoscale:index/computeInstance:ComputeInstance",
    "exoscale:index/blockStorageVolume:BlockStorageVolume",
)


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    urn = f"{ROOT}nuvla:machines:ExoscaleCluster${kind}::{name}"
    return {"urn": urn, "type": kind, "id": f"{name}-id@ch-gva-2", "custom": True} | more


CLOUD = state(
    resource(INSTANCE, "manager-1"),
    resource(VOLUME, "nfs-volume", retainOnDelete=True),
    resource(VOLUME, "db-volume"),
    resource("exoscale:index/elasticIp:ElasticIp", "cluster-address", outputs={"ipAddress": "192.0.2.9"}),
    resource("exoscale:index/privateNetwork:PrivateNetwork", "cluster-network"),
    cluster="Exoscale",
)


def stack(provider: str = "exoscale", *, exists: bool = True) -> Target:
    document = {"config": {"nuvla-swarm:machines": {"provider": provider}}}
    return Target(SettingsFile(Path("Pulumi.s.yaml"), document), Backend("s", "s3://state", "exported"), exists)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []

    def run(_found: Target, verb: str, *_: str) -> Outcome:
        made.append(verb)
        return Outcome()

    for variable in ("YES", "VERBOSE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(State, "read", lambda _: CLOUD)
    monkeypatch.setattr(retained_volumes, "check", lambda *_: "retained\n")
    monkeypatch.setattr(removal, "repair", lambda verb, _: made.append(f"repair {verb}"))
    monkeypatch.setattr(removal, "ask", lambda question, *_: made.append(question))
    monkeypatch.setattr(removal, "is_terminal", lambda: True)
    monkeypatch.setattr(update, "run", run)
    monkeypatch.setattr("subprocess.run", lambda command, **_: made.append(Path(command[0]).name))
    return made


def test_list_says_what_goes_and_what_stays() -> None:
    assert list(removal.listing(CLOUD)) == [
        "removes machines, with all their applications: manager-1",
        "removes data volumes, with their data: db",
        "removes addresses: 192.0.2.9",
        "removes private networks: cluster-network",
        "retains data volumes: nfs",
    ]
    data = {"type": "nuvla:storage:DataVolume", "urn": f"{ROOT}nuvla:storage:DataVolume::nfs-data"}
    folder = data | {"inputs": {"machine": "web-1", "path": "/srv/nuvla/files"}}
    command = "command:remote:Command"
    made = {"type": command, "urn": f"{data['urn']}${command}::nfs-data-folder", "parent": data["urn"], "custom": True}
    hosts = state(*membership("web-1", labels={}), folder, made, cluster="Existing")
    assert list(removal.listing(hosts, ["web-1"])) == [
        "retains, on the hosts: web-1:/srv/nuvla/files",
        "forgets hosts that do not answer, and undoes nothing there: web-1",
    ]
    assert list(removal.listing(hosts)) == [
        "removes Docker and the swarm with all its applications, from hosts that themselves stay: web-1",
        "retains, on the hosts: web-1:/srv/nuvla/files",
    ]
    for other in (state(folder, made, cluster="Exoscale"), state(folder, cluster="Existing")):
        assert not any("on the hosts" in line for line in removal.listing(other))
    assert list(removal.listing(state())) == ["s: has nothing to remove"]
    assert list(removal.listing(State("s", None))) == ["s: has nothing to remove"]


def test_removal_elsewhere_asks_for_the_name_of_the_stack(calls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    removal.down(stack())
    assert calls == [
        "To go on, type the name of the stack (s):",
        "repair down",
        "destroy",
        "stop.sh",
    ]
    printed = capsys.readouterr()
    assert printed.out == "retained\n"
    assert "removes addresses: 192.0.2.9" in printed.err
    assert "its empty stack in s3://state and Pulumi.s.yaml stay" in printed.err
    assert "pulumi stack rm s" in printed.err


SLOW = "error on wait for container with ID '0123': context deadline exceeded"
TWICE = "Error deleting service with ID 'abc': Error response from daemon: service abc not found"


@rows(
    "errors, made, code",
    [
        ((SLOW,), ["repair down", "destroy"] * 2, None),
        ((TWICE,), ["repair down", "destroy"] * 2, None),
        ((SLOW, SLOW), ["repair down", "destroy"] * 2, 1),
        (("another",), ["repair down", "destroy"], 1),
    ],
)
def test_removal_goes_on_by_itself_after_a_service_that_stops_slowly(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, errors: tuple[str, ...], made: list[str], code: int | None
) -> None:
    left = list(errors)
    calls.clear()

    def run(_found: Target, verb: str, *_: str) -> Outcome:
        calls.append(verb)
        return Outcome(1, [("error", "traefik-service", left.pop(0))]) if left else Outcome()

    monkeypatch.setattr(update, "run", run)
    ended = None
    try:
        removal.down(stack("local"))
    except SystemExit as end:
        ended = end.code
    assert (calls, ended) == (made if code else [*made, "stop.sh"], code)


def test_removal_of_local_machines_asks_nothing_and_lists(calls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    removal.down(stack("local"))
    assert calls == ["repair down", "destroy", "stop.sh"]
    printed = capsys.readouterr().err
    assert "removes machines" in printed
    assert printed.endswith("nuvla-swarm: s is removed\n")


def test_removal_elsewhere_without_a_terminal_is_refused_before_anything(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "is_terminal", lambda: False)
    with pytest.raises(SystemExit, match="so nothing is removed: add YES=1"):
        removal.down(stack())
    assert calls == []
    monkeypatch.setenv("YES", "1")
    removal.down(stack())
    assert "destroy" in calls


def test_lost_hosts_are_forgotten_before_the_rest_is_removed(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lost_hosts, "check", lambda *_: [Host("web-1", "192.0.2.7", 22)])
    monkeypatch.setattr(lost_hosts, "forget", lambda _, lost: calls.append(f"forget {[host.name for host in lost]}"))
    removal.down(stack())
    assert calls[1:] == ["forget ['web-1']", "repair down", "destroy", "stop.sh"]
    assert "undoes nothing there: web-1" in capsys.readouterr().err


def test_refused_answer_removes_nothing(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: str) -> None:
        raise SystemExit(1)

    monkeypatch.setattr(removal, "ask", refuse)
    with pytest.raises(SystemExit):
        removal.down(stack())
    assert calls == []


@rows("resources", [(), state().resources])
def test_removal_of_nothing_asks_nothing_and_says_so_once(
    resources: Any, calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An update that failed at once leaves notes of the program in the state, and no resource."""
    calls.clear()
    monkeypatch.setattr(State, "read", lambda _: State("s", {"resources": resources}))
    removal.down(stack())
    assert calls == ["repair down", "destroy", "stop.sh"]
    printed = capsys.readouterr().err.splitlines()
    assert printed[0] == "nuvla-swarm: s: has nothing to remove"
    assert printed[1] == "nuvla-swarm: its empty stack in s3://state and Pulumi.s.yaml stay"
    assert not any("is removed" in line for line in printed)


def test_failed_removal_ends_with_its_code_and_the_way_on(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(update, "run", lambda *_: Outcome(code=255))
    with pytest.raises(SystemExit) as ended:
        removal.down(stack())
    assert ended.value.code == 255
    assert capsys.readouterr().err.endswith("and run `make down STACK=s` again\n")
    assert "stop.sh" not in calls


def test_stack_that_is_not_there_is_no_error(calls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    removal.down(stack(exists=False))
    assert calls == []
    assert "s is not in s3://state, so there is nothing to remove" in capsys.readouterr().err
