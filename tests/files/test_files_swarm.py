"""components/swarm/scripts: who joins, who is forgotten, and that no second swarm is started beside one that lives.

Docker is a swarm on paper here; tests/e2e has real ones.
"""

import fcntl
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
from tests.support.clock import CLOCK

pytestmark = pytest.mark.thorough

Done = subprocess.CompletedProcess[str]
LABEL = "nuvla-swarm.machine"
PAPER_DOCKER = Path(__file__).with_name("paper_docker.py")
SWARM = "one-swarm"


def node(name: str, **changed: Any) -> dict[str, Any]:
    """A node of the swarm: a worker that is ready, of the machine by that name."""
    given = {"id": f"id-{name}", "hostname": name, "state": "ready", "role": "worker", "availability": "active"}
    return given | {"labels": {LABEL: name}, "tasks": [], "jobs": []} | changed


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
        text = CLOCK + re.sub(r"patience_s=\d+", "patience_s=3", text).replace("/run/lock", str(self.folder))
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
    address = f"127.77.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"  # another one for each run of these tests
    with socket.create_server((address, 2377)):
        yield address


def init(paper: Paper, verb: str, others: str = "") -> Done:
    pools = {"ADDRESS_POOLS": "10.201.0.0/16", "SUBNET_PREFIX": "24"}
    return paper.run("init.sh", verb, libraries=["nodes.sh"], ADDRESS="10.0.0.1", OTHER_MANAGERS=others, **pools)


OUT = {"state": "inactive", "manages": False, "swarm": "", "id": "", "address": ""}
SILENT = "127.77.23.78"  # nobody listens there


@pytest.mark.parametrize("verb", ["start", "continue"])
def test_manager_stays_in_its_swarm(paper: Paper, verb: str) -> None:
    assert init(paper, verb, SILENT).stdout == f"{SWARM}\n"
    assert not [line for line in paper.asked if line.startswith("swarm")]


def test_first_manager_starts_a_swarm_beside_managers_without_one(paper: Paper) -> None:
    paper.here = OUT
    done = init(paper, "start", SILENT)
    assert (done.stdout, done.stderr) == ("new-swarm\n", "")


@pytest.mark.parametrize("verb", ["start", "continue"])
def test_no_swarm_starts_beside_a_manager_that_has_one(paper: Paper, verb: str, other_manager: str) -> None:
    paper.here = OUT
    done = init(paper, verb, f"{SILENT if verb == 'start' else ''} {other_manager}".strip())
    assert done.returncode == 1
    assert f"is in no swarm, but the manager at {other_manager} is; set swarm.api_manager to that one" in done.stderr
    assert paper.here["state"] == "inactive"


def test_no_swarm_starts_while_a_silent_manager_may_have_one(paper: Paper) -> None:
    paper.here = OUT
    done = init(paper, "continue", SILENT)
    assert done.returncode == 1
    assert f"the manager at {SILENT}, which may be in one, does not answer; start it" in done.stderr
    assert "name it in machines.lost if it is dead" in done.stderr
    assert paper.here["state"] == "inactive"


def test_single_manager_that_lost_its_swarm_starts_a_new_one(paper: Paper) -> None:
    paper.here = OUT
    done = init(paper, "continue")
    assert done.stdout == "new-swarm\n"
    assert "has lost its swarm, and starts a new one" in done.stderr


def test_swarm_without_a_leader_is_reported_with_the_remedy(paper: Paper) -> None:
    paper.here = {"leader": False}
    done = init(paper, "continue", SILENT)
    assert done.returncode == 1
    assert "the swarm has no leader" in done.stderr
    assert "docker swarm init --force-new-cluster --advertise-addr 10.0.0.1" in done.stderr
    assert "name them in machines.lost" in done.stderr


@pytest.mark.parametrize("state", ["error", "locked", "pending"])
def test_manager_in_a_doubtful_swarm_state_starts_no_swarm(paper: Paper, state: str) -> None:
    paper.here = {"state": state}
    done = init(paper, "continue")
    assert done.returncode == 1
    assert f"its part in the swarm is in the state {state}" in done.stderr


def test_restarting_managers_get_time_to_elect_a_leader(paper: Paper) -> None:
    paper.leaderless = 3
    assert init(paper, "continue").stdout == f"{SWARM}\n"
    paper.leaderless = 3
    assert invite(paper).split()[0] == "token-of-worker"


@pytest.mark.parametrize(("pools", "prefix"), [("10.202.0.0/16", "24"), ("10.201.0.0/16", "25")])
def test_changed_address_pools_are_rejected_with_the_settings_of_the_swarm(
    paper: Paper, pools: str, prefix: str
) -> None:
    given = {"ADDRESS": "10.0.0.1", "OTHER_MANAGERS": "", "ADDRESS_POOLS": pools, "SUBNET_PREFIX": prefix}
    done = paper.run("init.sh", "continue", libraries=["nodes.sh"], **given)
    assert done.returncode == 1
    assert done.stderr.endswith(
        ": the swarm's address pools cannot change; allowed: swarm.address_pools 10.201.0.0/16 with "
        "swarm.subnet_prefix 24, as they are now, or another stack ('make down' would remove everything)\n"
    )


def test_worker_is_rejected_as_api_manager(paper: Paper) -> None:
    paper.here = {"manages": False}
    assert "is a worker of a swarm; allowed: a manager as swarm.api_manager" in init(paper, "continue").stderr


def join(paper: Paper, verb: str = "join", invitation: str = "token id-manager-1 id-worker-1", **values: str) -> Any:
    given = {"SWARM_ID": SWARM, "ADDRESS": "10.0.0.7", "MANAGER": "10.0.0.1", "INVITATION": invitation}
    return paper.run("join.sh", verb, **(given | values))


WORKER = {"manages": False, "swarm": "", "id": "id-worker-1", "address": "10.0.0.7"}


def left(paper: Paper) -> bool:
    return "swarm leave --force" in paper.asked


def test_machine_joins_once(paper: Paper) -> None:
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


def test_machine_that_is_slow_to_join_is_awaited(paper: Paper) -> None:
    paper.here = OUT | {"slow": 2}
    done = join(paper)
    assert (done.returncode, done.stdout, done.stderr) == (0, "id-joined\n", "")


def test_machine_that_does_not_join_is_reported_in_the_words_of_its_engine(paper: Paper) -> None:
    paper.here = OUT | {"slow": 9999}
    done = join(paper)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The attempt to join the swarm will continue in the background.\n"


def test_known_member_ignores_new_invitations(paper: Paper) -> None:
    paper.here = WORKER
    assert join(paper).stdout == "id-worker-1\n"
    assert not left(paper)


def test_forgotten_member_joins_again(paper: Paper) -> None:
    paper.here = WORKER
    assert join(paper).returncode == 0
    join(paper, invitation="token id-manager-1")
    assert left(paper)
    assert (paper.folder / "curl.body").exists()


def test_member_with_a_new_address_joins_again(paper: Paper) -> None:
    paper.here = WORKER | {"address": "10.0.0.99"}
    join(paper)
    assert left(paper)


def test_manager_of_another_living_swarm_does_not_join(paper: Paper) -> None:
    paper.here = {"swarm": "living", "id": "id-of-living"}
    done = join(paper)
    assert done.returncode == 1
    assert "manages another swarm, which lives; run 'docker swarm leave --force' here if nobody needs it" in done.stderr
    assert not left(paper)


def test_manager_with_a_new_address_is_demoted_before_it_joins_again(paper: Paper) -> None:
    paper.here = {"address": "10.0.0.99"}
    paper.nodes = [node(f"manager-{n}", role="manager") for n in (1, 2, 3)]
    assert join(paper).returncode == 0
    assert [line for line in paper.asked if line.startswith(("node demote", "swarm leave"))] == [
        "node demote id-manager-1",
        "swarm leave --force",
    ]


def test_manager_needed_by_the_quorum_does_not_leave(paper: Paper) -> None:
    paper.here = {"address": "10.0.0.99"}
    paper.nodes = [node(f"manager-{n}", role="manager", state="down" if n == 2 else "ready") for n in (1, 2, 3)]
    done = join(paper)
    assert done.returncode == 1
    assert "cannot join by another address, as the swarm's quorum needs it: start the managers that are" in done.stderr
    assert not left(paper)


def test_manager_without_a_quorum_leaves_without_demotion(paper: Paper) -> None:
    paper.here = {"address": "10.0.0.99", "leader": False}
    assert join(paper).returncode == 0
    assert left(paper)


def test_leaving_manager_is_demoted_first(paper: Paper) -> None:
    paper.nodes = [node(f"manager-{n}", role="manager") for n in (1, 2, 3)]
    join(paper, "leave")
    demoted = [line for line in paper.asked if line.startswith("node demote")]
    assert demoted[:1] == ["node demote id-manager-1"]
    assert paper.asked.index("swarm leave --force") > paper.asked.index(demoted[0])


def test_last_manager_leaves_without_demotion(paper: Paper) -> None:
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


def test_invitation_holds_a_token_and_the_current_nodes(paper: Paper) -> None:
    paper.nodes += [node("worker-2")]
    given, again = invite(paper), invite(paper)
    assert given.split()[:-1] == ["token-of-worker", "id-manager-1", "id-worker-2"]
    assert given.split()[-1] != again.split()[-1], "by its last word, whoever joined before does so again"


@pytest.mark.parametrize("state", ["down", "disconnected"])
@pytest.mark.parametrize("labels", [{LABEL: "worker-1"}, {}], ids=["labelled", "by its hostname"])
def test_dead_managers_of_the_same_machine_are_demoted_and_kept(
    paper: Paper, state: str, labels: dict[str, str]
) -> None:
    paper.nodes += [node("worker-1", state=state, labels=labels, role="manager")]
    invite(paper)
    assert [(one["id"], one["role"]) for one in paper.nodes] == [("id-manager-1", "manager"), ("id-worker-1", "worker")]


@pytest.mark.parametrize("state", ["ready", "unknown"])
def test_managers_that_may_be_alive_keep_their_role(paper: Paper, state: str) -> None:
    """After an election all are unknown for a while."""
    paper.nodes += [node("worker-1", state=state, role="manager"), node("worker-2", state="down", role="manager")]
    invite(paper)
    assert [one["role"] for one in paper.nodes] == ["manager", "manager", "manager"]


def active(paper: Paper, verb: str, node_id: str) -> Done:
    given = {"NODE": "worker-1", "NODE_ID": node_id, "NAME_LABEL": LABEL, "ROLE": "worker", "LABELS": ""}
    return paper.run("active.sh", verb, libraries=["nodes.sh", "tasks.sh"], AVAILABILITY="active", **given)


@pytest.mark.parametrize("state", ["down", "unknown"])
def test_machine_that_is_not_ready_is_reported_with_its_state_and_the_ports(paper: Paper, state: str) -> None:
    paper.nodes += [node("worker-1", state=state)]
    done = active(paper, "activate", "id-worker-1")
    assert done.returncode == 1
    assert done.stderr == (
        f"worker-1: is not ready after 3 s: {state} of a sort\n"
        "worker-1: see 'journalctl -u docker' there; open 2377/tcp, 7946/tcp+udp and 4789/udp between machines\n"
    )


def test_api_manager_is_drained_in_two_steps_alone(paper: Paper) -> None:
    paper.nodes += [node("manager-2", role="manager")]
    done = active(paper, "drain", "id-manager-1")
    assert done.returncode == 1
    assert done.stderr == (
        "worker-1: is swarm.api_manager, through which the program works, and cannot remove itself; in two steps: set "
        "swarm.api_manager to another manager and keep worker-1, run 'make up'; then change worker-1, and run "
        "'make up' again\n"
    )
    assert paper.nodes[0]["availability"] == "active"


def activate(paper: Paper, labels: str = "", availability: str = "active", role: str = "worker") -> None:
    given = {"NODE": "worker-1", "NODE_ID": "id-worker-1", "NAME_LABEL": LABEL, "ROLE": role}
    lines = "\n".join(sorted([*labels.split(), f"{LABEL}=worker-1"]))
    done = paper.run(
        "active.sh", "activate", libraries=["nodes.sh", "tasks.sh"], AVAILABILITY=availability, LABELS=lines, **given
    )
    assert done.returncode == 0, done.stderr


def labels_of(paper: Paper) -> dict[str, str]:
    return {key: value for key, value in paper.nodes[1]["labels"].items() if not key.startswith("nuvla-swarm.")}


def test_labels_of_others_stay_and_own_labels_are_removed(paper: Paper) -> None:
    paper.nodes += [node("worker-1", labels={"theirs": "1"})]
    activate(paper, "own=1 more=2")
    assert labels_of(paper) == {"theirs": "1", "own": "1", "more": "2"}
    activate(paper, "own=3")
    assert labels_of(paper) == {"theirs": "1", "own": "3"}
    activate(paper)
    assert labels_of(paper) == {"theirs": "1"}


def test_availability_set_by_others_stays_until_the_setting_changes(paper: Paper) -> None:
    paper.nodes += [node("worker-1", labels={}, availability="pause")]
    activate(paper)
    assert paper.nodes[1]["availability"] == "active", "a new member is what its settings say"
    paper.nodes[1]["availability"] = "drain"
    activate(paper, "own=1")
    assert paper.nodes[1]["availability"] == "drain"
    activate(paper, "own=1", availability="pause")
    assert paper.nodes[1]["availability"] == "pause"


def test_former_nodes_of_the_same_machine_are_removed(paper: Paper) -> None:
    before = node("worker-1", id="id-before", state="ready", role="manager")
    paper.nodes += [node("worker-1", labels={}), before, node("other", state="down")]
    activate(paper)
    assert paper.names() == ["id-manager-1", "id-worker-1", "id-other"]


def test_out_of_sequence_update_is_retried(paper: Paper) -> None:
    paper.nodes += [node("worker-1")]
    paper.out_of_sequence = 1
    activate(paper, role="manager")
    assert paper.nodes[1]["role"] == "manager"


def members(paper: Paper, names: str) -> Done:
    return paper.run("members.sh", libraries=["nodes.sh", "tasks.sh"], MEMBERS=names, NAME_LABEL=LABEL)


def test_removed_machines_are_drained_and_removed_and_no_others(paper: Paper) -> None:
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


def test_dead_managers_are_removed_before_living_ones(paper: Paper) -> None:
    """Without the one that lives, those that are left would have no majority."""
    paper.nodes += [node("manager-2", role="manager"), node("manager-3", role="manager", state="down")]
    done = members(paper, "manager-1")
    assert done.returncode == 0, done.stderr
    assert paper.names() == ["id-manager-1"]


def test_voteless_managers_of_a_recreated_swarm_are_removed(paper: Paper) -> None:
    gone = {"role": "manager", "state": "down", "voteless": True}
    paper.nodes += [node("manager-2", **gone), node("manager-3", **gone)]
    assert invite(paper, "manager-2").split()[1:-1] == ["id-manager-1", "id-manager-2", "id-manager-3"]
    done = members(paper, "manager-1")
    assert done.returncode == 0, done.stderr
    assert paper.names() == ["id-manager-1"]


def test_ghost_node_is_removed(paper: Paper) -> None:
    """Two managers that joined at once have left some."""
    paper.nodes += [node("", id="id-ghost", hostname="", labels={}, state="down")]
    assert members(paper, "manager-1").returncode == 0
    assert paper.names() == ["id-manager-1"]


def test_machine_that_dies_while_draining_is_removed(paper: Paper) -> None:
    paper.nodes += [node("worker-1", tasks=["app.1"], dies=True)]
    assert members(paper, "manager-1").returncode == 0
    assert paper.names() == ["id-manager-1"]


@pytest.mark.parametrize(("script", "verb"), [("roll.sh", "empty"), ("roll.sh", "leave"), ("members.sh", "")])
def test_tasks_of_one_machine_move_at_a_time(paper: Paper, script: str, verb: str) -> None:
    """Spare tasks of another one would be removed before they are needed."""
    paper.nodes += [node("worker-1")]
    given = {"NODE": "worker-1", "NAME_LABEL": LABEL, "MEMBERS": "manager-1"}
    with (paper.folder / "nuvla-swarm-tasks").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        waited = paper.run(script, verb, libraries=["nodes.sh", "tasks.sh"], **given)
        assert waited.returncode == 1
        assert waited.stderr == (
            "worker-1: others have moved tasks for 3 s; wait until they end, and run 'make up' again\n"
        )
        assert not [line for line in paper.asked if "update" in line or " rm " in line]
    done = paper.run(script, verb, libraries=["nodes.sh", "tasks.sh"], **given)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["empty", "leave"])
def test_machine_is_emptied_also_after_an_election(paper: Paper, verb: str) -> None:
    """The new leader knows no state for some seconds: neither that the machine is ready, nor that it is not alone."""
    paper.nodes = [node("manager-1", role="manager", unknown=2), node("worker-1", unknown=2)]
    done = paper.run("roll.sh", verb, libraries=["nodes.sh", "tasks.sh"], NODE="worker-1", NAME_LABEL=LABEL)
    assert (done.returncode, done.stderr) == (0, "")
    what = {"empty": "--label-add nuvla-swarm.left=active", "leave": "--availability drain"}
    assert f"node update {what[verb]} id-worker-1" in paper.asked


@pytest.mark.parametrize("verb", ["empty", "leave"])
def test_tasks_that_start_on_a_machine_are_awaited_before_it_is_emptied(paper: Paper, verb: str) -> None:
    """They would be overlooked, and would end with the machine."""
    paper.nodes += [node("worker-1", starts=2)]
    done = paper.run("roll.sh", verb, libraries=["nodes.sh", "tasks.sh"], NODE="worker-1", NAME_LABEL=LABEL)
    assert (done.returncode, done.stderr) == (0, "")
    look = "node ps id-worker-1 --filter desired-state=running --format {{.CurrentState}}"
    update = next(number for number, line in enumerate(paper.asked) if line.startswith("node update"))
    assert paper.asked[:update].count(look) == 3


def test_machine_of_unknown_state_is_drained_to_its_end(paper: Paper) -> None:
    paper.nodes += [node("worker-1", tasks=["app.1"], unknown=1000)]
    done = paper.run("roll.sh", "leave", libraries=["nodes.sh", "tasks.sh"], NODE="worker-1", NAME_LABEL=LABEL)
    assert done.returncode == 0, done.stderr
    done = members(paper, "manager-1")
    assert done.returncode == 1
    assert "worker-1: still runs after 4 s:" in done.stderr


def test_job_that_goes_on_does_not_keep_a_machine(paper: Paper) -> None:
    """Swarm stops no task of a job where nothing else may run any more, and it may run for hours."""
    paper.nodes += [node("worker-1", jobs=["backup.1"])]
    done = members(paper, "manager-1")
    assert (done.returncode, paper.names()) == (0, ["id-manager-1"])
    assert done.stderr == (
        "worker-1: the job backup.1 runs until it ends or the machine does, as Swarm stops no jobs on a drained node\n"
    )


def test_machine_whose_tasks_do_not_stop_is_kept(paper: Paper) -> None:
    paper.nodes += [node("worker-1", tasks=["app.1"])]
    done = members(paper, "manager-1")
    assert done.returncode == 1
    assert "worker-1: still runs after 4 s:" in done.stderr, "three here, and the time that the service has"
    assert paper.names() == ["id-manager-1", "id-worker-1"]


def test_api_manager_never_removes_itself(paper: Paper) -> None:
    done = members(paper, "manager-2")
    assert done.returncode == 1
    assert "manager-1: is swarm.api_manager and no member of the settings" in done.stderr


def rotate(paper: Paper) -> Done:
    return paper.run("tokens.sh", libraries=["nodes.sh"], SWARM_ID=SWARM)


def test_rotated_join_tokens_invalidate_the_former_ones(paper: Paper) -> None:
    given = invite(paper).split()[0]
    assert rotate(paper).returncode == 0
    assert invite(paper).split()[0] != given
    rotated = [line for line in paper.asked if "--rotate" in line]
    assert rotated == []
    done = rotate(paper)
    assert [line.split()[-1] for line in paper.asked if "--rotate" in line] == ["worker", "manager"]
    assert (done.stdout, done.stderr) == ("", "")


def test_token_rotation_is_retried_after_a_concurrent_change(paper: Paper) -> None:
    paper.leaderless = 2
    assert rotate(paper).returncode == 0
    assert len([line for line in paper.asked if "--rotate" in line]) == 4


def test_failed_token_rotation_is_reported(paper: Paper) -> None:
    paper.leaderless = 1000
    done = rotate(paper)
    assert done.returncode == 1
    assert done.stderr.startswith("the join token of workers cannot be changed: Error response from daemon")


def recover(paper: Paper, verb: str) -> Done:
    return paper.run("recover.sh", verb, libraries=["nodes.sh"], ADDRESS="10.0.0.1")


@pytest.mark.parametrize(
    ("here", "word"),
    [({}, "leads\n"), ({"leader": False}, "left\n"), (OUT, ""), ({"manages": False, "leader": False}, "")],
    ids=["a leader", "no leader", "no swarm", "a worker"],
)
def test_look_tells_what_is_left_of_a_swarm(paper: Paper, here: dict[str, Any], word: str) -> None:
    paper.here = here
    assert recover(paper, "look").stdout == word


def test_last_manager_starts_its_swarm_again_once(paper: Paper) -> None:
    paper.here = {"leader": False}
    for started in (["swarm init --force-new-cluster --advertise-addr 10.0.0.1"], []):
        assert recover(paper, "start").returncode == 0
        assert [line for line in paper.asked if line.startswith("swarm init")] == started
    assert recover(paper, "look").stdout == "leads\n"


def test_only_a_manager_without_a_leader_leaves(paper: Paper) -> None:
    assert recover(paper, "leave").returncode == 0
    assert paper.here["state"] == "active", "its swarm lives"
    paper.here = {"leader": False}
    assert recover(paper, "leave").returncode == 0
    assert paper.here["state"] == "inactive"
    assert recover(paper, "leave").returncode == 0
