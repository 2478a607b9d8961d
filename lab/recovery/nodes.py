"""Which machines are not the nodes that the state says: somebody had one leave, or took its labels."""

import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from lab.recovery.state import MACHINE_LABEL, Member

CONNECT_S = 3
DEAD = ("down", "disconnected")  # other states may be those of a node that lives


@dataclass(frozen=True)
class Astray:
    """A machine that has to join again, or to be given again what it is."""

    member: Member
    told: str  # what is wrong with it, to people


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
