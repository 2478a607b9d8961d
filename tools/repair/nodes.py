"""Which machines are not the nodes that the state says: somebody had one leave, or took its labels."""

import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tools.repair.state import State, plain

MACHINE_LABEL = "nuvla-swarm.machine"  # which machine a node is
CONNECT_S = 3
DEAD = ("down", "disconnected")  # other states may be those of a node that lives


@dataclass(frozen=True, kw_only=True)
class Member:
    """The membership of a machine in the swarm."""

    name: str
    node_id: str
    role: str
    labels: Mapping[str, str]  # that the program gave it, beside its name
    address: str  # that the other machines reach it by
    host: str  # of its SSH server
    port: int
    invitation: str  # URN of the command which makes it join again when it is made anew


Nameless = tuple[Member, Mapping[str, Any]]  # a machine, and the node that does not say so


@dataclass(frozen=True)
class Astray:
    """A machine that has to join again, or to be given again what it is."""

    member: Member
    told: str  # what is wrong with it, to people


def members(state: State) -> list[Member]:
    """The memberships of machines that have joined and are not lost."""
    found, lost = [], state.lost()
    children: dict[str, dict[str, Mapping[str, Any]]] = {}  # of a component, its commands by the end of their names
    for child in state.of("command:remote:Command"):
        if not child.get("delete"):
            children.setdefault(child.get("parent", ""), {})[child["urn"].rpartition("-")[2]] = child
    for one in state.of("nuvla:swarm:Membership"):
        commands = children.get(one["urn"], {})
        name = one.get("outputs", {}).get("name")  # none where the update was killed, which is made once more
        if name is None or name in lost or not commands.keys() >= {"node", "join"}:
            continue
        joined = plain(commands["join"])
        found.append(
            Member(
                name=name,
                node_id=joined["outputs"]["stdout"].strip(),
                role=one["inputs"]["role"],
                labels=plain(one["inputs"].get("labels") or {}),
                address=one["outputs"]["private_address"],
                host=joined["inputs"]["connection"]["host"],
                port=int(joined["inputs"]["connection"].get("port", 22)),
                invitation=commands["node"]["urn"],
            )
        )
    return found


def astray(
    members: Sequence[Member], nodes: Sequence[Mapping[str, Any]], answers: Callable[[Member], bool]
) -> list[Astray]:
    """Those that answer; of others nothing can be put right."""
    there = {node["ID"]: node for node in nodes}
    found = [Astray(one, told) for one in members if (told := _problem(one, there.get(one.node_id)))]
    if not found:
        return []
    with ThreadPoolExecutor(len(found)) as pool:
        return [one for one, alive in zip(found, pool.map(lambda it: answers(it.member), found), strict=True) if alive]


def nameless(members: Sequence[Member], nodes: Sequence[Mapping[str, Any]]) -> list[Nameless]:
    """Nodes without a name, and whose they are: somebody took it, or had the machine leave and join by hand."""
    return [
        (member, node)
        for node in nodes
        if MACHINE_LABEL not in (node["Spec"].get("Labels") or {})
        for member in members
        if node["ID"] == member.node_id or (node["Status"]["State"] not in DEAD and _address(node) == member.address)
    ]


def _address(node: Mapping[str, Any]) -> str:
    """A manager may not know its own as a worker."""
    manager = (node.get("ManagerStatus") or {}).get("Addr", "")
    return str(manager.rpartition(":")[0] or node["Status"].get("Addr", ""))


def _problem(member: Member, node: Mapping[str, Any] | None) -> str:
    """What is wrong with a node, if anything is."""
    if node is None:
        return "is no node of the swarm any more"
    if node["Status"]["State"] in DEAD:
        return "answers, but its node is down in the swarm"
    spec, wanted = node["Spec"], {**member.labels, MACHINE_LABEL: member.name}
    if spec["Role"] != member.role or not wanted.items() <= (spec.get("Labels") or {}).items():
        return "is another node than it was set to be, by its role or its labels"
    return ""


def answers(member: Member) -> bool:
    """Whether somebody listens where its SSH server is."""
    try:
        with socket.create_connection((member.host, member.port), CONNECT_S):
            return True
    except OSError:
        return False
