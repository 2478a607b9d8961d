"""tools/repair/nodes.py: machines whose nodes are not as the state says."""

import os
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from components.assets import COMPONENTS
from stacks.prior_state import EMPTIED
from tests.support.fake_swarm_api import Docker, node
from tests.support.ports import reserved_port
from tests.support.repair_run import Run
from tests.support.stack_states import ROOT, membership, state
from tools.repair import __main__ as recovery
from tools.repair import nodes
from tools.repair.nodes import LEFT_LABEL, MACHINE_LABEL, Member, answers, problems
from tools.repair.swarm import Swarm

OURS = {MACHINE_LABEL: "worker-1", "disk": "ssd"}
INVITATION = f"{ROOT}nuvla:swarm:Membership$command:remote:Command::worker-1-membership-node"
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "removed": ({}, "is no node of the swarm any more"),
    "has left": (node("worker-1", state="down", labels=OURS), "its node is down"),
    "fell silent": (node("worker-1", state="disconnected", labels=OURS), "its node is down"),
    "is nobody": (node("worker-1", labels={"disk": "ssd"}), "is another node"),
    "is somebody else": (node("worker-1", labels=OURS | {MACHINE_LABEL: "worker-2"}), "is another node"),
    "lacks a label": (node("worker-1", labels={MACHINE_LABEL: "worker-1"}), "is another node"),
    "has another one": (node("worker-1", labels=OURS | {"disk": "hdd"}), "is another node"),
    "has no labels": (node("worker-1", labels={}) | {"Spec": {"Role": "worker", "Labels": None}}, "is another node"),
    "was promoted": (node("worker-1", role="manager", labels=OURS), "is another node"),
}


def members(**more: Any) -> list[Member]:
    return nodes.members(state(*membership("worker-1", labels={"disk": "ssd"}, **more)))


def test_members_are_read_from_the_state() -> None:
    assert members() == [
        Member(
            name="worker-1",
            node_id="worker-1-id",
            role="worker",
            labels={"disk": "ssd"},
            address="192.0.2.20",
            host="worker-1.test",
            port=2222,
            invitation=INVITATION,
            connection={"host": "worker-1.test", "port": 2222},
        )
    ]


def test_program_is_told_of_machines_that_an_update_has_emptied(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = {"nuvla-swarm.left": "active service-id"}
    there = [
        node("worker-2", labels={MACHINE_LABEL: "worker-2"} | left),
        node("worker-1", labels=OURS),
        node("worker-3", state="down", labels={MACHINE_LABEL: "worker-3"} | left),  # an update would wait for it
        node("somebody", labels=left),
    ]
    docker = Docker({"nodes": there})
    for verb, told in (("up", "worker-2"), ("down", ""), ("refresh", "of before")):
        monkeypatch.setenv(EMPTIED, "of before")
        Run(monkeypatch, state(cluster="Existing"), docker)
        recovery.main(verb, "s")
        assert os.environ[EMPTIED] == told
    assert capsys.readouterr().err == (
        "nuvla-swarm: s: an update that did not finish has emptied the machine worker-2, which gets its tasks again\n"
    )
    monkeypatch.setenv(EMPTIED, "of before")
    Run(monkeypatch, state(cluster="Existing"), None)
    recovery.main("up", "s")
    assert os.environ[EMPTIED] == ""


def test_lost_or_unjoined_machine_is_no_member() -> None:
    joined = membership("worker-1", labels={})
    gone = {"urn": f"{ROOT}nuvla:machines:LocalCluster::it", "type": "nuvla:machines:LocalCluster"}
    assert nodes.members(state(*joined, gone | {"outputs": {"lost": ["worker-1"]}})) == []
    assert nodes.members(state(joined[0], *joined[2:])) == []
    assert nodes.members(state(joined[0] | {"outputs": {}}, *joined[1:])) == []
    assert members(leaves=True) == []


def test_foreign_labels_and_availability_of_a_node_are_accepted() -> None:
    for how in ("ready", "unknown"):
        assert problems(members(), [node("worker-1", state=how, labels=OURS)], lambda _one: True) == []


def test_only_reachable_machines_with_wrong_nodes_are_repaired() -> None:
    others = [node("manager-1", role="manager", labels={})]
    for case, (now, message) in BAD.items():
        there = [*others, now] if now else others
        found = problems(members(), there, lambda _one: True)
        assert [one.member for one in found] == members(), case
        assert all(message in one.text for one in found), case
        assert problems(members(), there, lambda _one: False) == [], case


def run(monkeypatch: pytest.MonkeyPatch, *there: Mapping[str, Any]) -> Run:
    docker = Docker(objects={"nodes": [dict(one) for one in there]})
    monkeypatch.setattr(nodes, "answers", lambda _one: True)
    return Run(monkeypatch, state(*membership("worker-1", labels={"disk": "ssd"})), docker)


def test_update_replaces_the_invitation_of_a_wrong_node(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = run(monkeypatch, node("worker-1", labels={}))
    recovery.main("up", "s")
    message = capsys.readouterr()
    assert message.out == f"{INVITATION}\n"
    assert "s: the machine worker-1 is another node than it was set to be" in message.err
    assert made.commands == []


def test_destruction_and_refresh_ignore_nodes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in ("down", "refresh"):
        run(monkeypatch)
        recovery.main(verb, "s")
        assert capsys.readouterr() == ("", "")


ALIKE = {"ManagerStatus": {"Addr": "192.0.2.20:2377"}, "Status": {"State": "ready", "Addr": "0.0.0.0"}}
OTHER: dict[str, Any] = {"ID": "another-id"}
NAMELESS: dict[str, tuple[dict[str, Any], bool]] = {
    "of its id": (node("worker-1", labels={}), True),
    "of its id, dead": (node("worker-1", state="down", labels={}), True),
    "of its address": (node("worker-1", labels={}) | OTHER, True),
    "of its address, a manager": (node("worker-1", labels={}) | OTHER | ALIKE, True),
    "of its address, dead": (node("worker-1", state="down", labels={}) | OTHER, False),
    "named": (node("worker-1", labels={MACHINE_LABEL: "worker-9"}), False),
    "of another one": (
        node("worker-1", labels={}) | OTHER | {"Status": {"State": "ready", "Addr": "192.0.2.99"}},
        False,
    ),
}


def test_unnamed_node_gets_its_name_label_before_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    """The update may remove the machine, and finds its node by that label."""
    monkeypatch.setattr(nodes, "answers", lambda _one: False)
    for case, (there, named) in NAMELESS.items():
        docker = Docker(objects={"nodes": [there]})
        Run(monkeypatch, state(*membership("worker-1", labels={})), docker)
        recovery.main("up", "s")
        labels = {**there["Spec"]["Labels"], MACHINE_LABEL: "worker-1"}
        update = ("POST", f"nodes/{there['ID']}/update?version=4", there["Spec"] | {"Labels": labels})
        assert docker.calls == ([update] if named else []), case


def test_emptied_machine_that_has_lost_its_name_label_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = node("worker-1", labels={LEFT_LABEL: "active service-id"})
    monkeypatch.setattr(Swarm, "label", lambda _swarm, _node, key, value: bare["Spec"]["Labels"].update({key: value}))
    monkeypatch.setenv(EMPTIED, "of before")
    run(monkeypatch, bare)
    recovery.main("up", "s")
    assert os.environ[EMPTIED] == "worker-1"


def test_label_of_drained_machines_is_that_of_the_script() -> None:
    assert f"left={LEFT_LABEL} " in (COMPONENTS / "swarm/scripts/tasks.sh").read_text(encoding="utf-8")


def test_machine_answers_if_its_ssh_server_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel of one that hangs accepts connections, and so does that of one whose server ends at once."""
    [member] = members()

    def speaks(said: bytes | None) -> bool:
        with reserved_port("127.77.31.1") as port, ThreadPoolExecutor(1) as pool:
            at = Member(**{**vars(member), "host": "127.77.31.1", "port": port})
            assert not answers(at)
            with socket.create_server(("127.77.31.1", port)) as server:
                asked = pool.submit(answers, at)
                if said is None:
                    return asked.result()
                with server.accept()[0] as connection:
                    connection.sendall(said)
                return asked.result()

    assert speaks(b"SSH-2.0-OpenSSH_9.2\r\n")
    assert not speaks(b"")
    monkeypatch.setattr(nodes, "ANSWER_TIMEOUT_S", 0.1)
    assert not speaks(None)
