"""Machines whose nodes differ from the state: they left the swarm, or lost their role or labels."""

import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from stacks.prior_state import EMPTIED
from tools.console import say
from tools.repair.state import State, without_secret_marks
from tools.repair.swarm import NoAnswerError, Swarm

MACHINE_LABEL = "nuvla-swarm.machine"  # of nodes: the name of the machine
LEFT_LABEL = "nuvla-swarm.left"  # of nodes that an update has emptied, until they have tasks again: see tasks.sh
CONNECT_TIMEOUT_S = 3
ANSWER_TIMEOUT_S = 15  # of a server that has much to do
DEAD_STATES = ("down", "disconnected")  # in any other state, a node may live


@dataclass(frozen=True, kw_only=True)
class Member:
    """The membership of a machine in the swarm."""

    name: str
    node_id: str
    role: str
    labels: Mapping[str, str]  # set by the program, beside the name of the machine
    address: str  # private address, which the other machines connect to
    host: str  # of the SSH server
    port: int
    invitation: str  # URN of the command whose replacement makes the machine join again
    connection: Mapping[str, Any] = field(repr=False)  # of its commands, with a key


UnlabelledNode = tuple[Member, Mapping[str, Any]]  # a machine, and its node without the label of the machine


@dataclass(frozen=True)
class NodeProblem:
    """A machine that has to join again, or to get its role and labels again."""

    member: Member
    text: str  # the end of a sentence about the machine


def members(state: State, lost: Collection[str] | None = None) -> list[Member]:
    """Return the memberships of machines that have joined and are not lost, by the last update or as given."""
    joined, lost = [], state.lost() if lost is None else lost
    children: dict[str, dict[str, Mapping[str, Any]]] = {}  # component -> its commands, by the end of their names
    for child in state.of("command:remote:Command"):
        if not child.get("delete"):
            children.setdefault(child.get("parent", ""), {})[child["urn"].rpartition("-")[2]] = child
    for membership in state.of("nuvla:swarm:Membership"):
        commands = children.get(membership["urn"], {})
        name = membership.get("outputs", {}).get("name")  # missing if its first update did not end
        if name is None or name in lost or not commands.keys() >= {"node", "join"}:
            continue
        join = without_secret_marks(commands["join"])
        joined.append(
            Member(
                name=name,
                node_id=join["outputs"]["stdout"].strip(),
                role=state.role(membership) or "",
                labels=without_secret_marks(membership["inputs"].get("labels") or {}),
                address=membership["outputs"]["private_address"],
                host=join["inputs"]["connection"]["host"],
                port=int(join["inputs"]["connection"].get("port", 22)),
                invitation=commands["node"]["urn"],
                connection=join["inputs"]["connection"],
            )
        )
    return joined


def problems(
    members: Sequence[Member], nodes: Sequence[Mapping[str, Any]], answers: Callable[[Member], bool]
) -> list[NodeProblem]:
    """Return the problems of members that answer; nobody can repair the others."""
    by_id = {node["ID"]: node for node in nodes}
    found = [NodeProblem(member, text) for member in members if (text := _problem(member, by_id.get(member.node_id)))]
    if not found:
        return []
    with ThreadPoolExecutor(len(found)) as pool:
        alive = pool.map(lambda problem: answers(problem.member), found)
        return [problem for problem, is_alive in zip(found, alive, strict=True) if is_alive]


def unlabelled(members: Sequence[Member], nodes: Sequence[Mapping[str, Any]]) -> list[UnlabelledNode]:
    """Return nodes without the machine label, each with its member: somebody removed it, or joined the node by hand."""
    return [
        (member, node)
        for node in nodes
        if MACHINE_LABEL not in (node["Spec"].get("Labels") or {})
        for member in members
        if node["ID"] == member.node_id
        or (node["Status"]["State"] not in DEAD_STATES and _address(node) == member.address)
    ]


def emptied(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of machines that an update has emptied before it failed or was killed, and that are ready."""
    labels = [node["Spec"].get("Labels") or {} for node in nodes if node["Status"]["State"] == "ready"]
    return sorted(own[MACHINE_LABEL] for own in labels if LEFT_LABEL in own and MACHINE_LABEL in own)


def tell_emptied(state: State, swarm: Swarm | None) -> None:
    """Tell the program, by a variable of the environment, which machines an earlier update has emptied.

    The state does not say it if the settings that the machines were emptied for are as before.
    """
    names: list[str] = []
    with suppress(NoAnswerError):  # the repair has reported that
        names = emptied(swarm.nodes()) if swarm is not None else []
    for name in names:
        say(f"{state.name}: an update that did not finish has emptied the machine {name}, which gets its tasks again")
    os.environ[EMPTIED] = " ".join(names)


def _address(node: Mapping[str, Any]) -> str:
    """Return the address of a node, of a manager from its manager status: its own `Status` may not know it."""
    manager = (node.get("ManagerStatus") or {}).get("Addr", "")
    return str(manager.rpartition(":")[0] or node["Status"].get("Addr", ""))


def _problem(member: Member, node: Mapping[str, Any] | None) -> str:
    """Return the problem of a node, or an empty text."""
    if node is None:
        return "is no node of the swarm any more"
    if node["Status"]["State"] in DEAD_STATES:
        return "answers, but its node is down in the swarm"
    spec, labels = node["Spec"], {**member.labels, MACHINE_LABEL: member.name}
    if spec["Role"] != member.role or not labels.items() <= (spec.get("Labels") or {}).items():
        return "is another node than it was set to be, by its role or its labels"
    return ""


def answers(member: Member) -> bool:
    """Return whether the SSH server of a member speaks: the kernel of a machine that hangs accepts connections, too."""
    try:
        with socket.create_connection((member.host, member.port), CONNECT_TIMEOUT_S) as connection:
            connection.settimeout(ANSWER_TIMEOUT_S)
            return connection.recv(1) != b""
    except OSError:
        return False
