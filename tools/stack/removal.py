"""`make down`: a list of the removed and retained parts, a question, and the removal."""

import re
import subprocess
from collections.abc import Collection, Iterator, Sequence

from tools import retained_volumes
from tools.console import ask, chosen, fail, is_terminal, say
from tools.pulumi_cli import SLOW_STOP
from tools.repair.__main__ import repair
from tools.repair.state import State
from tools.stack import lost_hosts, update
from tools.stack.events import Outcome
from tools.stack.plan import INSTANCES
from tools.stack.settings_file import CHECKOUT
from tools.stack.target import Target

ADDRESSES, NETWORKS = ("exoscale:index/elasticIp:ElasticIp",), ("exoscale:index/privateNetwork:PrivateNetwork",)
DATA_FOLDER = "nuvla:storage:DataVolume"  # components/storage/data_folder.py


def down(found: Target) -> None:
    """Remove the infrastructure, and print what is left."""
    if not found.exists:
        say(f"{found.name} is not in {found.backend}, so there is nothing to remove")
        return
    if not found.file.is_local and not is_terminal() and not chosen("YES"):
        fail("this is no terminal, so nothing is removed: add YES=1 to answer yes")
    state = State.read(found.stack)
    kept = retained_volumes.check(state.resources, found.file)
    lost = lost_hosts.check(state, found.file)
    for line in listing(state, [host.name for host in lost]):
        say(line)
    if is_something(state) and not found.file.is_local:
        ask(f"To go on, type the name of the stack ({found.name}):", found.name, "nothing is removed")
    lost_hosts.forget(state, lost)
    repair("down", found.stack)
    outcome = _destroy(found)
    if outcome.code != 0 and any(re.search(SLOW_STOP, text) for _, _, text in outcome.messages):
        say("goes on: the services that stopped slowly are gone")
        repair("down", found.stack)  # or Pulumi would remove them a second time, and fail
        outcome = _destroy(found)
    if outcome.code != 0:
        say(f"not all is removed: mend what the lines above say, and run `make down STACK={found.name}` again")
        raise SystemExit(outcome.code)
    print(kept, end="", flush=True)
    subprocess.run([str(CHECKOUT / "tools" / "stop.sh"), "--if-idle"], check=False)
    for line in left(found, removed=is_something(state)):
        say(line)


def _destroy(found: Target) -> Outcome:
    return update.run(found, "destroy", "--yes", "--skip-preview", "--suppress-outputs")


def listing(state: State, lost: Collection[str] = ()) -> Iterator[str]:
    """Yield a line for each kind of removed and retained parts; nothing is undone on lost hosts."""
    volumes = list(retained_volumes.volumes(state.resources))
    outlive = state.provider is not None and state.provider.outlive_stack
    machines = sorted({name for name in _machines(state) if name and name not in lost})
    goes: dict[str, Sequence[str]] = {
        "Docker and the swarm with all its applications, from hosts that themselves stay"
        if outlive
        else "machines, with all their applications": machines,
        "data volumes, with their data": [volume.name for volume in volumes if not volume.retained],
        "addresses": [resource.get("outputs", {}).get("ipAddress", "") for resource in state.of(*ADDRESSES)],
        "private networks": [resource["urn"].rpartition("::")[2] for resource in state.of(*NETWORKS)],
    }
    for what, names in goes.items():
        if names:
            yield f"removes {what}: {', '.join(names)}"
    if retained := [volume.name for volume in volumes if volume.retained]:
        yield f"retains data volumes: {', '.join(retained)}"
    if folders := sorted(set(_folders(state))) if outlive else []:
        yield f"retains, on the hosts: {', '.join(folders)}"
    if lost:
        yield f"forgets hosts that do not answer, and undoes nothing there: {', '.join(lost)}"
    if not is_something(state):
        yield f"{state.name}: has nothing to remove"


def is_something(state: State) -> bool:
    """Return whether the state has a real resource, or may lack one that a killed update was creating."""
    real = (resource.get("custom") and not resource["type"].startswith("pulumi:") for resource in state.resources)
    return any(real) or bool(state.pending)


def _folders(state: State) -> Iterator[str]:
    """Yield the folders with data on the machines, each as `<machine>:<path>`, that a command has made."""
    made = {resource.get("parent") for resource in state.of("command:remote:Command")}
    for folder in state.of(DATA_FOLDER):
        inputs = folder.get("inputs") or {}
        if folder["urn"] in made:
            yield f"{inputs.get('machine')}:{inputs.get('path')}"


def _machines(state: State) -> Iterator[str]:
    for resource in state.of(*INSTANCES):
        if "::nuvla:machines:" in resource["urn"]:
            yield resource["urn"].rpartition("::")[2]
    for membership in state.of("nuvla:swarm:Membership"):
        yield membership["urn"].rpartition("::")[2].removesuffix("-membership")


def left(found: Target, *, removed: bool) -> list[str]:
    """Return the lines on what is left of a stack: nothing that anybody minds of one on local machines."""
    if found.file.is_local:
        return [f"{found.name} is removed"] if removed else []
    rest = f"its empty stack in {found.backend} and {found.file.path.name} stay"
    return [
        f"{found.name} is removed; {rest}" if removed else rest,
        f'to remove them too: eval "$(make env STACK={found.name})", then pulumi stack rm {found.stack}',
    ]
