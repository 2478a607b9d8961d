"""Makes a stack whole again, before Pulumi changes it: `python -m tools.repair up|down|refresh|missing STACK`.

Prints the resources that the update has to make anew so that it waits for services that somebody changed, and so that
machines join again which somebody had leave. `missing` changes nothing, and ends with 0 if the swarm has not all that
the state says is in it.
"""

import sys
from collections.abc import Sequence

from tools.repair import local, locks, nodes, strays
from tools.repair.comparison import Differences, compare
from tools.repair.state import Made, State, pulumi, say
from tools.repair.swarm import ID_LABEL, WORDS, NoAnswerError, Swarm, connected

MACHINES = ("docker:index/container:Container", "docker:index/volume:Volume")  # of the local engine: cheap to ask
NOTHING = Differences((), (), (), ())


def main(verb: str, stack: str) -> None:
    """All of it."""
    locks.free(stack)
    state = State.read(stack)
    with connected(state) as swarm:
        if verb == "missing":
            sys.exit(not missing(state, swarm))
        elif verb == "refresh":
            before_refresh(state, swarm)
        else:
            for wait in before_update(verb, state, swarm):
                print(wait)


def before_refresh(state: State, swarm: Swarm | None) -> None:
    """Refuses where a refresh would take things for gone that are there; what was left over is put right before it."""
    try:
        if swarm is not None:
            swarm.marked(state.label)
    except NoAnswerError as error:
        remote = state.provider is not None and state.provider.is_remote and not state.provider.outlive_stack
        machines = "; of the machines alone: `pulumi refresh --target '**ComputeInstance::*'`" if remote else ""
        sys.exit(
            f"{state.stack}: its entry does not answer ({error}), and a refresh would forget what is in the swarm: run "
            f"this again when it does{machines}"
        )
    if state.pending:
        before_update("up", state, swarm)


def before_update(verb: str, state: State, swarm: Swarm | None) -> list[str]:
    """Has the state know what is gone, and removes what is in the way; returns what has to be waited for again."""
    # What is in machines that the program made goes with them.
    provider = state.provider
    asked = swarm if verb == "up" or (provider and provider.outlive_stack) else None
    here = provider is not None and not provider.is_remote
    found = look(state, asked)
    tell(state, found)
    astray, nameless = look_at_nodes(state, asked if verb == "up" else None)
    targets = [one.urn for one in (*found.gone, *found.changed, *(service for service, _ in found.stopped))]
    if verb == "up" and here:
        targets += state.urns(*MACHINES)
    if targets or state.pending or found.strays:
        # Only the refresh has the stack's lock: what is left over after it is of an update that has ended.
        refresh(state, targets or state.anything(), "--skip-pending-creates")
    if state.pending and here:
        local.remove_leftovers(State.read(state.stack))
    if state.pending:  # which is what allows to remove them
        refresh(state, state.anything(), "--clear-pending-creates")
    if asked is not None and verb == "up":
        put_right(state, asked, found, nameless)
    waits = {wait for one in found.changed for wait in state.waits(one.urn)}
    return sorted(waits | {one.invitation for one in astray})


def missing(state: State, swarm: Swarm | None) -> bool:
    """Whether the swarm answers and something is gone from it: all of the one before, if another one was started."""
    found = look(state, swarm)
    return found is not None and bool(found.gone)


def put_right(state: State, swarm: Swarm, found: Differences, nameless: Sequence[nodes.Nameless]) -> None:
    """Changes the swarm, as far as Pulumi does not. Machines that go are found by the names of their nodes."""
    try:
        for member, node in nameless:
            swarm.label(node, nodes.MACHINE_LABEL, member.name)
        for _, service in found.stopped:
            swarm.try_again(service)
        if found.strays:
            strays.settle(State.read(state.stack), swarm, found.strays)
    except NoAnswerError as error:
        sys.exit(f"{state.stack}: its entry did not do what it was asked ({error}): run this again")


def look(state: State, swarm: Swarm | None) -> Differences:
    """What differs between the swarm and the state, as far as somebody can be asked."""
    if swarm is None:
        return NOTHING
    try:
        there = swarm.marked(state.label)
        seen = {one.id for one in there}
        unseen = [one for one in state.made() if one.kind == "services" and one.id not in seen]
        there += [bare for one in unseen if (bare := swarm.service(one.id))]  # somebody took its labels
        found = compare(state.made(), there, state.id)
        for one in found.gone:
            refuse_namesake(state, swarm, one)
            if one.kind == "networks":
                swarm.await_end(one.id)
    except NoAnswerError as error:
        say(f"{state.stack}: its entry does not answer ({error}), so nobody sees what is gone from the swarm")
        return NOTHING
    return found


def look_at_nodes(state: State, swarm: Swarm | None) -> tuple[list[nodes.Member], list[nodes.Nameless]]:
    """The members that have to join again or to be given again what they are, if they answer; and nodes without a name.

    Nothing where nobody answers, which was told by the look before.
    """
    if swarm is None:
        return [], []
    members = nodes.members(state)
    try:
        there = swarm.nodes()
    except NoAnswerError:
        return [], []
    found = nodes.astray(members, there, nodes.answers)
    for one in found:
        say(f"{state.stack}: the machine {one.member.name} {one.told}")
    return [one.member for one in found], nodes.nameless(members, there)


def refuse_namesake(state: State, swarm: Swarm, gone: Made) -> None:
    """Stops where somebody else has taken the place of what is gone."""
    now = swarm.named(gone.kind, gone.name)
    if now is not None and now.labels.get(ID_LABEL) != state.id:
        sys.exit(
            f"{state.stack}: the {WORDS[gone.kind]} {gone.name} is gone, and another one of this name, which is not of "
            "this infrastructure, is in its place: remove that one, and run this again"
        )


def tell(state: State, found: Differences) -> None:
    """What was found, to people."""
    for one in found.gone:
        say(f"{state.stack}: the {WORDS[one.kind]} {one.name} is gone from the swarm")
    for one in found.changed:
        say(f"{state.stack}: the service {one.name} is not as it was set")
    for one, _ in found.stopped:
        say(f"{state.stack}: the last update of the service {one.name} did not succeed, and is tried again")


def refresh(state: State, targets: Sequence[str], pending: str) -> None:
    """Has Pulumi ask about these alone; `pending` is what becomes of what was being made when an update was killed."""
    options = [f"--target={urn}" for urn in targets]
    pulumi(
        *("refresh", "--stack", state.stack, "--yes", "--skip-preview", "--suppress-outputs", pending, *options),
        shown=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
