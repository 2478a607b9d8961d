"""Answers as Docker's client does to the scripts of components/swarm, from a swarm on paper: a file, PAPER, of JSON."""

import json
import os
import sys
from pathlib import Path
from typing import Any

PAPER = Path(os.environ["PAPER"])
paper: dict[str, Any] = json.loads(PAPER.read_text(encoding="utf-8"))
here, nodes = paper["here"], paper["nodes"]
asked = sys.argv[1:]
paper["asked"].append(" ".join(asked))


def fail(text: str) -> None:
    PAPER.write_text(json.dumps(paper), encoding="utf-8")
    sys.exit(text)


def value_of(option: str) -> str:
    return asked[asked.index(option) + 1] if option in asked else ""


def info() -> str:
    """Of the machine that the script runs on."""
    if value_of("--format") == "{{.Swarm.LocalNodeState}}" and here["state"] == "pending" and "slow" in here:
        here["slow"] -= 1
        if not here["slow"]:
            become_member()
    told: dict[str, str] = {
        "{{.DockerRootDir}}": here["root"],
        "{{.Swarm.LocalNodeState}}": here["state"],
        "{{.Swarm.NodeID}}": here["id"],
        "{{.Swarm.NodeAddr}}": here["address"],
        "{{.Swarm.ControlAvailable}}": str(here["manages"]).lower(),
        "{{.Swarm.Cluster.ID}}": here["swarm"] if here["manages"] else "",
        "{{.Swarm.Cluster.SubnetSize}}": "24",
        "{{range .Swarm.Cluster.DefaultAddrPool}}{{.}} {{end}}": "10.201.0.0/16 ",
        "{{.Swarm.Managers}}": str(sum(node["role"] == "manager" for node in nodes)),
        "{{.Swarm.Error}}": "no reason",
    }
    return told[value_of("--format")]


def shown(node: dict[str, Any], what: str) -> str:
    """What `docker node inspect --format` prints of one."""
    labels = node["labels"]
    if node.get("unknown") and ".Status.State" in what:  # to a leader that has just been elected
        node["unknown"] -= 1
        node["state"] = "unknown" if node["unknown"] else "ready"
    if what.startswith("{{.ID}} {{.Status.State}}"):
        return f"{node['id']} {node['state']} {labels.get('nuvla-swarm.machine', '-')} {node['hostname']}"
    if what.startswith('{{index .Spec.Labels "'):
        return str(labels.get(what.split('"')[1], ""))
    reachable = "reachable" if node["role"] == "manager" else ""
    told: dict[str, str] = {
        "{{.Status.State}}": node["state"],
        "{{.Spec.Role}}": node["role"],
        "{{.Spec.Availability}}": node["availability"],
        "{{.Spec.Role}} {{with .ManagerStatus}}{{.Reachability}}{{end}}": f"{node['role']} {reachable}",
        "{{.Status.State}} {{.Status.Message}}": f"{node['state']} of a sort",
        "": "all of it",
    }
    return told[what]


def node_inspect() -> str:
    ids = [word for word in asked[2:] if word in {node["id"] for node in nodes}]
    if not ids:
        fail("no such node")
    return "\n".join(shown(node, value_of("--format")) for node in nodes if node["id"] in ids)


def node_update() -> None:
    if paper["out_of_sequence"]:
        paper["out_of_sequence"] -= 1
        fail("Error response from daemon: rpc error: code = Unknown desc = update out of sequence")
    (node,) = [one for one in nodes if one["id"] == asked[-1]]
    if value_of("--role") == "worker" and node["role"] == "manager":
        check_vote(node)
    for option, what in zip(asked[2:-1:2], asked[3:-1:2], strict=True):
        if option == "--label-add":
            key, _, text = what.partition("=")
            node["labels"][key] = text
        elif option == "--label-rm":
            del node["labels"][what]
        else:
            node[option.removeprefix("--")] = what


def check_vote(node: dict[str, Any]) -> None:
    """A majority of the managers that are left has to live; as moby/swarmkit, manager/controlapi/node.go, has it."""
    if node.get("voteless"):
        fail("Error response from daemon: rpc error: code = NotFound desc = can't find manager in raft memberlist")
    others = [one for one in nodes if one["role"] == "manager" and one is not node and not one.get("voteless")]
    if others and sum(one["state"] == "ready" for one in others) <= len(others) // 2:
        fail("can't remove member from the raft: this would result in a loss of quorum")


def node_demote() -> None:
    """Of the machine itself."""
    (node,) = [one for one in nodes if one["id"] == asked[-1]]
    check_vote(node)
    node["role"] = "worker"
    here["manages"] = here["manages"] and node["id"] != here["id"]


def node_rm() -> None:
    (node,) = [one for one in nodes if one["id"] == asked[-1]] or [None]
    if node is None:
        fail("node not found")
    elif node["role"] == "manager" and not node.get("voteless"):
        fail("is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal")
    else:
        nodes.remove(node)


def start_or_leave() -> str:
    what = asked[1]
    if what == "leave":
        here.update(state="inactive", manages=False, swarm="", address="", id="")
        (Path(here["root"]) / "swarm/nuvla-swarm-id").unlink(missing_ok=True)
    elif what == "init" and "--force-new-cluster" in asked:
        here["leader"] = True
    elif what == "init":
        here.update(
            state="active", manages=True, swarm="new-swarm", id="new-node", address=value_of("--advertise-addr")
        )
    if what != "join-token":
        return ""
    role = asked[-1]
    if "--rotate" in asked:
        if paper["leaderless"]:
            paper["leaderless"] -= 1
            fail("Error response from daemon: rpc error: code = Unknown desc = update out of sequence")
        here["rotated"] = {**here.get("rotated", {}), role: here.get("rotated", {}).get(role, 0) + 1}
    return f"token-of-{role}{here.get('rotated', {}).get(role, '')}"


def become_member() -> None:
    here.update(state="active", id="id-joined", address="10.0.0.7")


def joined() -> None:
    """Not of Docker's client: what a call of its API by curl does. A machine may be as slow as some looks at it."""
    if not here.get("slow"):
        become_member()
        return
    here["state"] = "pending"
    PAPER.write_text(json.dumps(paper), encoding="utf-8")
    sys.stdout.write("The attempt to join the swarm will continue in the background.\n")
    sys.exit(22)


def listed() -> str:
    if paper["leaderless"]:
        paper["leaderless"] -= 1
        fail("The swarm does not have a leader.")
    if not here["leader"]:
        fail("The swarm does not have a leader. It's possible that too few managers are online.")
    return "\n".join(node["id"] for node in nodes)


def node_ps() -> str:
    for node in nodes:
        if node["id"] in asked and node.get("dies"):  # while somebody waits for its tasks
            node["state"] = "down"
        if node["id"] in asked and node.get("starts") and value_of("--format") == "{{.CurrentState}}":
            node["starts"] -= 1
            return "Starting now"
    [node] = [node for node in nodes if node["id"] in asked]
    desired = "Shutdown" if node["availability"] == "drain" else "Running"
    tasks = [(name, desired) for name in node["tasks"]]
    if "--filter" not in asked:  # those that are to run
        tasks += [(name, "Complete") for name in node["jobs"]]
    fields = {"CurrentState": "Running 5 seconds ago", "Image": "image"}
    return "\n".join(_rendered(fields | {"Name": name, "DesiredState": state}) for name, state in tasks)


def _rendered(fields: dict[str, str]) -> str:
    text = value_of("--format")
    for name, value in fields.items():
        text = text.replace(f"{{{{.{name}}}}}", value)
    return text


ANSWERS: dict[str, Any] = {
    "info": info,
    "joined": joined,
    "node ls": listed,
    "node ps": node_ps,
    "node inspect": node_inspect,
    "node update": node_update,
    "node rm": node_rm,
    "node demote": node_demote,
    "service inspect": lambda: "0.5",
    "service ls": lambda: None,  # none has a label
    **dict.fromkeys(("swarm init", "swarm leave", "swarm join-token"), start_or_leave),
}
answer = ANSWERS[asked[0] if asked[0] in ANSWERS else " ".join(asked[:2])]()
PAPER.write_text(json.dumps(paper), encoding="utf-8")
if answer is not None:
    sys.stdout.write(f"{answer}\n")
