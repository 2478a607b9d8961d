"""Machines that do not answer, while a manager keeps the swarm: an update leaves them as they are."""

import os
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from stacks.prior_state import INSTANCE, SILENT
from tools.console import say
from tools.repair import connection, nodes
from tools.repair.state import State
from tools.repair.swarm import INTERVAL_S, NoAnswerError, Reach, Swarm

NOTICE_TIMEOUT_S = 60  # Swarm takes some heartbeats of 5 s, and longer after an election


def names(state: State) -> list[str]:
    """Return the machines that do not answer, if a manager is among them and another one keeps the swarm.

    Local machines are never among them: the update itself starts them again, or makes them anew.
    """
    managers = state.managers()
    if state.provider is None or not state.provider.is_remote or len(managers) < 2:
        return []
    with connection.managers(state) as swarms:
        if not swarms:  # the first update ended before it had the certificate that they are asked with
            return []
        asked = {name: swarms[name] for name in managers}
        reaches = dict(zip(asked, connection.reached(asked.values()), strict=True))
        away = [name for name, reach in reaches.items() if reach in (Reach.SILENT, Reach.LATE)]
        working = next((asked[name] for name, reach in reaches.items() if reach is Reach.MANAGES), None)
        if not away or working is None:
            return []
        members = nodes.members(state)
        others = [member for member in members if member.name not in away]
        with ThreadPoolExecutor(max(1, len(others))) as pool:
            answers = pool.map(nodes.answers, others)
            away += [member.name for member, answers in zip(others, answers, strict=True) if not answers]
        await_down(working, {member.node_id for member in members if member.name in away})
        return away


def await_down(swarm: Swarm, node_ids: Collection[str]) -> None:
    """Wait until the swarm has noticed that nodes do not answer: an update of a service would wait for them for ever.

    A node whose engine answers the swarm alone stays ready, and is not awaited for longer than Swarm takes to notice.
    """
    deadline = time.monotonic() + NOTICE_TIMEOUT_S
    while time.monotonic() < deadline:
        with suppress(NoAnswerError):  # while managers choose a leader
            if not any(node["ID"] in node_ids and node["Status"]["State"] == "ready" for node in swarm.nodes()):
                return
        time.sleep(INTERVAL_S)


def instances(state: State, silent: Collection[str]) -> list[str]:
    """Return the URNs of those that are instances of a cloud, of which a refresh says whether they still exist."""
    return [urn for name in silent for urn in state.urns(INSTANCE, name=name)]


def tell_program(state: State, silent: Collection[str]) -> None:
    """Tell the program, by a variable of the environment, which machines to leave alone; print a line for each.

    `state` is the one after the refresh: the update creates a machine again that is gone from it.
    """
    outlives = state.provider is not None and state.provider.outlive_stack
    there = [name for name in silent if outlives or state.urns(INSTANCE, name=name)]
    for name in silent:
        what = (
            "does not answer, and the update leaves it as it is: start it, or name it in machines.lost if it is dead, "
            "and run this again"
        )
        say(f"{state.name}: the machine {name} {what if name in there else 'is gone, and the update creates it again'}")
    _note(there)


def look(stack: str) -> None:
    """Tell the program which machines do not answer, for the plan of an update."""
    _note(names(State.read(stack)))


def _note(silent: Collection[str]) -> None:
    os.environ[SILENT] = " ".join(silent)
