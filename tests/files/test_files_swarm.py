"""components/swarm/scripts: who joins, who is forgotten, and that no second swarm is started beside one that lives.

Docker is a swarm on paper here; tests/e2e has real ones.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from components import assets

Done = subprocess.CompletedProcess[str]
LABEL = "nuvla-swarm.machine"
PAPER_DOCKER = Path(__file__).with_name("paper_docker.py")
SWARM = "one-swarm"


def node(name: str, **changed: Any) -> dict[str, Any]:
    """A node of the swarm: a worker that is ready, of the machine by that name."""
    given = {"id": f"id-{name}", "hostname": name, "state": "ready", "role": "worker", "availability": "active"}
    return given | {"labels": {LABEL: name}, "tasks": []} | changed


@dataclass
class Paper:
    """A swarm on paper, and the machine of it that scripts run on: a manager of it, unless that is changed."""

    folder: Path
    nodes: list[dict[str, Any]] = field(default_factory=lambda: [node("manager-1", role="manager")])
    here: dict[str, Any] = field(default_factory=dict)
    out_of_sequence: int = 0  # answers to updates of nodes
    leaderless: int = 0  # answers about nodes, before there is a leader
    asked: list[str] = field(default_factory=list)

    def run(self, script: str, *verb: str, libraries: Sequence[str] = (), **values: str) -> Done:
        """What the script says, after which this is what it made of it."""
        (self.folder / "root/swarm").mkdir(parents=True, exist_ok=True)
        here = {
            **{"root": str(self.folder / "root"), "state": "active", "manages": True, "leader": True, "swarm": SWARM},
            **{"id": "id-manager-1", "address": "127.0.0.1"},
        }
        self.here = here | self.here
        paper = self.folder / "paper.json"
        paper.write_text(
            json.dumps(
                {"here": self.here, "nodes": self.nodes, "asked": []}
                | {"out_of_sequence": self.out_of_sequence, "leaderless": self.leaderless}
            ),
            encoding="utf-8",
        )
        for command, program in {"docker": f'exec {sys.executable} -SE {PAPER_DOCKER} "$@"', "curl": CURL}.items():
            (self.folder / command).write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
            (self.folder / command).chmod(0o755)
        text = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items())
        text += "".join(assets.read(f"swarm/scripts/{one}") for one in (*libraries, script))
        # Waits are for real swarms.
        text = re.sub(r"patience_s=\d+", "patience_s=3", text)
        done = subprocess.run(
            ["bash", "-s", "--", *verb],
            input=text,
            env={"PATH": f"{self.folder}:{os.environ['PATH']}", "PAPER": str(paper)},
            capture_output=True,
            text=True,
            check=False,
        )
        found = json.loads(paper.read_text(encoding="utf-8"))
        self.here, self.nodes, self.asked = found["here"], found["nodes"], found["asked"]
        return done

    def names(self) -> list[str]:
        return [one["id"] for one in self.nodes]


# `docker swarm join` is a call of curl there: the machine is a member afterwards.
CURL = f"""cat >"$0.body"
exec {sys.executable} -SE {PAPER_DOCKER} joined"""


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper(tmp_path)


@pytest.fixture
def other_manager() -> Iterator[str]:
    """The address of a manager that answers on 2377, in the network of this machine alone."""
    with socket.create_server(("127.77.23.77", 2377)):
        yield "127.77.23.77"


def init(paper: Paper, verb: str, others: str = "") -> Done:
    pools = {"ADDRESS_POOLS": "10.201.0.0/16", "SUBNET_PREFIX": "24"}
    return paper.run("init.sh", verb, libraries=["nodes.sh"], ADDRESS="10.0.0.1", OTHER_MANAGERS=others, **pools)


OUT = {"state": "inactive", "manages": False, "swarm": "", "id": "", "address": ""}
SILENT = "127.77.23.78"  # nobody listens there


@pytest.mark.parametrize("verb", ["start", "continue"])
def test_a_manager_of_a_swarm_stays_in_it(paper: Paper, verb: str) -> None:
    assert init(paper, verb, SILENT).stdout == f"{SWARM}\n"
    assert not [line for line in paper.asked if line.startswith("swarm")]


def test_the_first_manager_of_an_infrastructure_starts_a_swarm_beside_others_that_have_none_yet(paper: Paper) -> None:
    paper.here = OUT
    done = init(paper, "start", SILENT)
    assert (done.stdout, done.stderr) == ("new-swarm\n", "")


@pytest.mark.parametrize("verb", ["start", "continue"])
def test_no_swarm_is_started_beside_one_that_another_manager_has(paper: Paper, verb: str, other_manager: str) -> None:
    paper.here = OUT
    done = init(paper, verb, f"{SILENT if verb == 'start' else ''} {other_manager}".strip())
    assert done.returncode == 1
    assert f"is in no swarm, but the manager at {other_manager} is; set swarm.entry to that one" in done.stderr
    assert paper.here["state"] == "inactive"


def test_no_second_swarm_is_started_while_another_manager_may_have_the_first_one(paper: Paper) -> None:
    paper.here = OUT
    done = init(paper, "continue", SILENT)
    assert done.returncode == 1
    assert f"the manager at {SILENT}, which may be in one, does not answer; start it" in done.stderr
    assert "name it in machines.lost if it is dead" in done.stderr
    assert paper.here["state"] == "inactive"


def test_the_only_manager_that_lost_its_swarm_starts_a_new_one_and_says_so(paper: Paper) -> None:
    paper.here = OUT
    done = init(paper, "continue")
    assert done.stdout == "new-swarm\n"
    assert "has lost its swarm, and starts a new one" in done.stderr


def test_a_swarm_without_a_leader_is_told_with_the_way_out(paper: Paper) -> None:
    paper.here = {"leader": False}
    done = init(paper, "continue", SILENT)
    assert done.returncode == 1
    assert "the swarm has no leader" in done.stderr
    assert "docker swarm init --force-new-cluster --advertise-addr 10.0.0.1" in done.stderr
    assert "name them in machines.lost" in done.stderr


@pytest.mark.parametrize("state", ["error", "locked", "pending"])
def test_a_machine_whose_part_in_a_swarm_is_in_doubt_starts_none(paper: Paper, state: str) -> None:
    paper.here = {"state": state}
    done = init(paper, "continue")
    assert done.returncode == 1
    assert f"its part in the swarm is in the state {state}" in done.stderr


def test_a_swarm_whose_managers_restart_has_a_leader_soon(paper: Paper) -> None:
    paper.leaderless = 3
    assert init(paper, "continue").stdout == f"{SWARM}\n"
    paper.leaderless = 3
    assert invite(paper).split()[0] == "token-of-worker"


def test_a_worker_is_no_entry(paper: Paper) -> None:
    paper.here = {"manages": False}
    assert "is a worker of a swarm; allowed: a manager as swarm.entry" in init(paper, "continue").stderr


def join(paper: Paper, verb: str = "join", invitation: str = "token id-manager-1 id-worker-1", **values: str) -> Any:
    given = {"SWARM_ID": SWARM, "ADDRESS": "10.0.0.7", "MANAGER": "10.0.0.1", "INVITATION": invitation}
    return paper.run("join.sh", verb, **(given | values))


WORKER = {"manages": False, "swarm": "", "id": "id-worker-1", "address": "10.0.0.7"}


def left(paper: Paper) -> bool:
    return "swarm leave --force" in paper.asked


def test_a_machine_joins_once(paper: Paper) -> None:
    paper.here = OUT
    assert join(paper).stdout == "id-joined\n"
    body = json.loads((paper.folder / "curl.body").read_text())
    assert body == {
        "ListenAddr": "0.0.0.0:2377",
        "AdvertiseAddr": "10.0.0.7",
        "RemoteAddrs": ["10.0.0.1:2377"],
        "JoinToken": "token",
    }
    (paper.folder / "curl.body").unlink()
    assert join(paper).stdout == "id-joined\n", "by the same invitation, it is a member"
    assert not left(paper)
    assert not (paper.folder / "curl.body").exists()


def test_a_member_that_the_swarm_knows_stays_one_whatever_invites_it(paper: Paper) -> None:
    paper.here = WORKER
    assert join(paper).stdout == "id-worker-1\n"
    assert not left(paper)


def test_a_machine_that_the_swarm_has_forgotten_joins_anew(paper: Paper) -> None:
    paper.here = WORKER
    assert join(paper).returncode == 0
    join(paper, invitation="token id-manager-1")
    assert left(paper)
    assert (paper.folder / "curl.body").exists()


def test_a_member_with_another_address_joins_anew(paper: Paper) -> None:
    paper.here = WORKER | {"address": "10.0.0.99"}
    join(paper)
    assert left(paper)


def test_a_swarm_that_lives_and_that_the_machine_manages_is_not_left_for_another_one(paper: Paper) -> None:
    paper.here = {"swarm": "living", "id": "id-of-living"}
    done = join(paper)
    assert done.returncode == 1
    assert "manages another swarm, which lives; run 'docker swarm leave --force' here if nobody needs it" in done.stderr
    assert not left(paper)


def test_a_manager_with_another_address_gives_its_vote_up_before_it_joins_anew(paper: Paper) -> None:
    paper.here = {"address": "10.0.0.99"}
    paper.nodes = [node(f"manager-{n}", role="manager") for n in (1, 2, 3)]
    assert join(paper).returncode == 0
    assert [line for line in paper.asked if line.startswith(("node demote", "swarm leave"))] == [
        "node demote id-manager-1",
        "swarm leave --force",
    ]


def test_a_manager_that_the_quorum_needs_does_not_leave(paper: Paper) -> None:
    paper.here = {"address": "10.0.0.99"}
    paper.nodes = [node(f"manager-{n}", role="manager", state="down" if n == 2 else "ready") for n in (1, 2, 3)]
    done = join(paper)
    assert done.returncode == 1
    assert "cannot join by another address, as the swarm's quorum needs it: start the managers that are" in done.stderr
    assert not left(paper)


def test_a_manager_of_a_swarm_without_a_quorum_has_nothing_to_give_up(paper: Paper) -> None:
    paper.here = {"address": "10.0.0.99", "leader": False}
    assert join(paper).returncode == 0
    assert left(paper)


def test_a_manager_hands_its_part_over_before_it_leaves(paper: Paper) -> None:
    paper.nodes = [node(f"manager-{n}", role="manager") for n in (1, 2, 3)]
    join(paper, "leave")
    demoted = [line for line in paper.asked if line.startswith("node demote")]
    assert demoted[:1] == ["node demote id-manager-1"]
    assert paper.asked.index("swarm leave --force") > paper.asked.index(demoted[0])


def test_the_last_manager_just_leaves(paper: Paper) -> None:
    join(paper, "leave")
    assert left(paper)
    assert not [line for line in paper.asked if line.startswith("node demote")]


def invite(paper: Paper, name: str = "worker-1") -> str:
    given = {
        "SWARM_ID": SWARM,
        "NODE": name,
        "NAME_LABEL": LABEL,
        "ROLE": "worker",
        "HOST_KEY": "key",
        "ADDRESS": "10.0.0.7",
    }
    done = paper.run("node.sh", libraries=["nodes.sh"], **given)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_invitation_is_a_token_and_the_nodes_that_there_are(paper: Paper) -> None:
    paper.nodes += [node("worker-2")]
    given, again = invite(paper), invite(paper)
    assert given.split()[:-1] == ["token-of-worker", "id-manager-1", "id-worker-2"]
    assert given.split()[-1] != again.split()[-1], "by its last word, whoever joined before does so again"


@pytest.mark.parametrize("state", ["down", "disconnected"])
@pytest.mark.parametrize("labels", [{LABEL: "worker-1"}, {}], ids=["labelled", "by its hostname"])
def test_dead_managers_that_were_a_machine_that_joins_have_no_vote_and_may_come_back(
    paper: Paper, state: str, labels: dict[str, str]
) -> None:
    paper.nodes += [node("worker-1", state=state, labels=labels, role="manager")]
    invite(paper)
    assert [(one["id"], one["role"]) for one in paper.nodes] == [("id-manager-1", "manager"), ("id-worker-1", "worker")]


@pytest.mark.parametrize("state", ["ready", "unknown"])
def test_managers_that_may_live_vote(paper: Paper, state: str) -> None:
    """After an election all are unknown for a while."""
    paper.nodes += [node("worker-1", state=state, role="manager"), node("worker-2", state="down", role="manager")]
    invite(paper)
    assert [one["role"] for one in paper.nodes] == ["manager", "manager", "manager"]


def activate(paper: Paper, labels: str = "", availability: str = "active", role: str = "worker") -> None:
    given = {"NODE": "worker-1", "NODE_ID": "id-worker-1", "NAME_LABEL": LABEL, "ROLE": role}
    lines = "\n".join(sorted([*labels.split(), f"{LABEL}=worker-1"]))
    done = paper.run("active.sh", "activate", libraries=["nodes.sh"], AVAILABILITY=availability, LABELS=lines, **given)
    assert done.returncode == 0, done.stderr


def labels_of(paper: Paper) -> dict[str, str]:
    return {key: value for key, value in paper.nodes[1]["labels"].items() if not key.startswith("nuvla-swarm.")}


def test_labels_that_others_gave_a_node_stay_and_own_ones_are_taken_back(paper: Paper) -> None:
    paper.nodes += [node("worker-1", labels={"theirs": "1"})]
    activate(paper, "own=1 more=2")
    assert labels_of(paper) == {"theirs": "1", "own": "1", "more": "2"}
    activate(paper, "own=3")
    assert labels_of(paper) == {"theirs": "1", "own": "3"}
    activate(paper)
    assert labels_of(paper) == {"theirs": "1"}


def test_the_availability_that_others_gave_a_node_stays_until_the_setting_changes(paper: Paper) -> None:
    paper.nodes += [node("worker-1", labels={}, availability="pause")]
    activate(paper)
    assert paper.nodes[1]["availability"] == "active", "a new member is what its settings say"
    paper.nodes[1]["availability"] = "drain"
    activate(paper, "own=1")
    assert paper.nodes[1]["availability"] == "drain"
    activate(paper, "own=1", availability="pause")
    assert paper.nodes[1]["availability"] == "pause"


def test_what_the_machine_was_before_is_forgotten_whatever_its_state(paper: Paper) -> None:
    before = node("worker-1", id="id-before", state="ready", role="manager")
    paper.nodes += [node("worker-1", labels={}), before, node("other", state="down")]
    activate(paper)
    assert paper.names() == ["id-manager-1", "id-worker-1", "id-other"]


def test_an_update_that_came_between_is_no_failure(paper: Paper) -> None:
    paper.nodes += [node("worker-1")]
    paper.out_of_sequence = 1
    activate(paper, role="manager")
    assert paper.nodes[1]["role"] == "manager"


def members(paper: Paper, names: str) -> Done:
    return paper.run("members.sh", libraries=["nodes.sh"], MEMBERS=names, NAME_LABEL=LABEL)


def test_machines_that_are_no_members_any_more_are_drained_and_forgotten_and_nobody_else(paper: Paper) -> None:
    paper.nodes += [
        node("manager-2", role="manager"),
        node("worker-1"),
        node("worker-2", state="down"),
        node("theirs", labels={}),
        node("their-dead-one", labels={}, state="down"),
    ]
    done = members(paper, "manager-1 worker-1")
    assert done.returncode == 0, done.stderr
    assert set(paper.names()) == {"id-manager-1", "id-worker-1", "id-theirs", "id-their-dead-one"}
    changed = [line for line in paper.asked if line.startswith(("node update", "node rm"))]
    assert changed == [
        "node update --availability drain id-worker-2",
        "node rm --force id-worker-2",
        "node update --availability drain id-manager-2",
        "node update --role worker id-manager-2",
        "node rm --force id-manager-2",
    ]


def test_of_managers_that_go_those_that_are_dead_go_first(paper: Paper) -> None:
    """Without the one that lives, those that are left would have no majority."""
    paper.nodes += [node("manager-2", role="manager"), node("manager-3", role="manager", state="down")]
    done = members(paper, "manager-1")
    assert done.returncode == 0, done.stderr
    assert paper.names() == ["id-manager-1"]


def test_managers_of_a_swarm_that_was_started_anew_from_one_have_no_vote_and_are_forgotten(paper: Paper) -> None:
    gone = {"role": "manager", "state": "down", "voteless": True}
    paper.nodes += [node("manager-2", **gone), node("manager-3", **gone)]
    assert invite(paper, "manager-2").split()[1:-1] == ["id-manager-1", "id-manager-2", "id-manager-3"]
    done = members(paper, "manager-1")
    assert done.returncode == 0, done.stderr
    assert paper.names() == ["id-manager-1"]


def test_a_node_that_never_was_one_is_forgotten(paper: Paper) -> None:
    """Two managers that joined at once have left some."""
    paper.nodes += [node("", id="id-ghost", hostname="", labels={}, state="down")]
    assert members(paper, "manager-1").returncode == 0
    assert paper.names() == ["id-manager-1"]


def test_a_machine_that_dies_while_it_is_drained_is_not_waited_for(paper: Paper) -> None:
    paper.nodes += [node("worker-1", tasks=["app.1"], dies=True)]
    assert members(paper, "manager-1").returncode == 0
    assert paper.names() == ["id-manager-1"]


def test_a_machine_whose_tasks_do_not_stop_is_not_forgotten(paper: Paper) -> None:
    paper.nodes += [node("worker-1", tasks=["app.1"])]
    done = members(paper, "manager-1")
    assert done.returncode == 1
    assert "worker-1: still runs after 4 s:" in done.stderr, "three here, and the time that the service has"
    assert paper.names() == ["id-manager-1", "id-worker-1"]


def test_the_entry_does_not_remove_itself(paper: Paper) -> None:
    done = members(paper, "manager-2")
    assert done.returncode == 1
    assert "manager-1: is swarm.entry and no member of the settings" in done.stderr


def rotate(paper: Paper) -> Done:
    return paper.run("tokens.sh", libraries=["nodes.sh"], SWARM_ID=SWARM)


def test_no_token_that_a_machine_was_given_opens_the_swarm_once_they_are_rotated(paper: Paper) -> None:
    given = invite(paper).split()[0]
    assert rotate(paper).returncode == 0
    assert invite(paper).split()[0] != given
    rotated = [line for line in paper.asked if "--rotate" in line]
    assert rotated == []
    done = rotate(paper)
    assert [line.split()[-1] for line in paper.asked if "--rotate" in line] == ["worker", "manager"]
    assert (done.stdout, done.stderr) == ("", "")


def test_tokens_are_rotated_again_if_somebody_else_changes_the_swarm_just_then(paper: Paper) -> None:
    paper.leaderless = 2
    assert rotate(paper).returncode == 0
    assert len([line for line in paper.asked if "--rotate" in line]) == 4


def test_tokens_that_cannot_be_rotated_are_told(paper: Paper) -> None:
    paper.leaderless = 1000
    done = rotate(paper)
    assert done.returncode == 1
    assert done.stderr.startswith("the join token of workers cannot be changed: Error response from daemon")
