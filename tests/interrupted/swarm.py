"""Scenarios of scripts that make swarms and their members."""

from typing import Final

from tests.interrupted.scenarios import Run, Scenario

INIT: Final = "swarm/scripts/init.sh"
JOIN: Final = "swarm/scripts/join.sh"
ROLL: Final = "swarm/scripts/roll.sh"
RECOVER: Final = "swarm/scripts/recover.sh"
ACTIVE: Final = "swarm/scripts/active.sh"
MEMBER: Final = {"SWARM_ID": "swarm-0", "INVITATION": "SWMTKN-worker n1"}
OTHER: Final = {"SWARM_ID": "swarm-9", "INVITATION": "SWMTKN-worker n9"}
WORKER: Final = {"NODE": "worker-1", "NODE_ID": "n2", "ROLE": "worker", "AVAILABILITY": "active"}
MANAGER: Final = {"NODE": "manager-2", "NODE_ID": "n3", "ROLE": "manager", "AVAILABILITY": "active"}
JOINED: Final = ("engine.sh", Run(path=JOIN, verb="join", values=MEMBER))
IN_USE: Final = "traefik-public: would have to be removed, but is in use by service web; remove them from it first"

SWARM: Final = [
    Scenario(path=INIT, verb="start", name="a new swarm", given=["engine.sh"]),
    Scenario(path=INIT, verb="continue", name="one that is lost", given=["engine.sh"]),
    Scenario(path=JOIN, verb="join", name="first time", given=["engine.sh"], values=MEMBER),
    Scenario(path=JOIN, verb="join", name="another swarm", given=JOINED, values=OTHER),
    Scenario(path=JOIN, verb="leave", name="a member", given=JOINED, values=MEMBER),
    Scenario(
        path="swarm/scripts/node.sh",
        name="a dead namesake",
        given=["nodes.sh"],
        values={"NODE": "worker-3"},
        unlike=[1],
    ),
    *(
        Scenario(path=ROLL, verb="empty", name=name, given=["nodes.sh"], values={"NODE": machine}, reboots=False)
        for name, machine in (("a task moves", "manager-1"), ("a task has its data there", "manager-2"))
    ),
    Scenario(
        path=ROLL,
        verb="leave",
        name="for good",
        given=["nodes.sh"],
        values={"NODE": "manager-1"},
        reboots=False,
    ),
    *(
        Scenario(
            path=ROLL,
            verb="refill",
            name=name,
            given=["nodes.sh", Run(path=ROLL, verb="empty", values={"NODE": machine})],
            values={"NODE": machine},
            reboots=False,
        )
        for name, machine in (("a task has moved", "manager-1"), ("a task had its data there", "manager-2"))
    ),
    Scenario(
        path=ROLL, verb="reach", name="no Traefik", given=["nodes.sh"], values={"NODE": "manager-1"}, reboots=False
    ),
    Scenario(path=RECOVER, verb="look", name="a leader", given=["nodes.sh"], prints="leads\n", reboots=False),
    *(
        Scenario(path=RECOVER, verb=verb, name="no leader", given=["nodes.sh", "leaderless.sh"], reboots=False)
        for verb in ("start", "leave")
    ),
    Scenario(path="swarm/scripts/tokens.sh", name="machines have joined", given=["nodes.sh"]),
    Scenario(
        path=ACTIVE, verb="activate", name="other labels", given=["nodes.sh"], values=WORKER | {"LABELS": "a=b\nc=d"}
    ),
    Scenario(path=ACTIVE, verb="drain", name="a manager", given=["nodes.sh"], values=MANAGER),
    Scenario(
        path="swarm/scripts/members.sh", name="some go", given=["nodes.sh"], values={"MEMBERS": "manager-1 worker-1"}
    ),
    Scenario(
        path="swarm/scripts/network_in_use.sh",
        name="in use",
        given=["nodes.sh"],
        values={"WANTED": "traefik-public false false"},
        code=1,
        says=IN_USE,
    ),
]
