"""Command that repairs a stack before Pulumi changes it: `python -m tools.repair up|down|refresh|missing STACK`.

It prints the resources that the update has to replace: commands that wait for changed services, and invitations of
machines that somebody removed from the swarm. `missing` changes nothing; it exits with 0 if the swarm lacks a resource
that the state has.
"""

import sys
from collections.abc import Sequence

from tools.console import chosen, fail, say
from tools.pulumi_cli import pulumi
from tools.repair import local, locks, nodes, silent, strays
from tools.repair.comparison import Differences, compare
from tools.repair.connection import connected
from tools.repair.state import State, SwarmResource
from tools.repair.swarm import ID_LABEL, WORDS, NoAnswerError, Swarm

LOCAL_MACHINES = ("docker:index/container:Container", "docker:index/volume:Volume")  # a refresh of these is quick
NO_DIFFERENCES = Differences((), (), (), ())


def main(verb: str, stack: str) -> None:
    """Run one of the four verbs on a stack."""
    if verb == "missing":
        sys.exit(not is_missing(stack))
    for urn in repair(verb, stack):
        print(urn)


def repair(verb: str, stack: str) -> list[str]:
    """Repair a stack before `up`, `down` or `refresh`; return the URNs that the update has to replace."""
    locks.free(stack)
    state = State.read(stack)
    with connected(state) as swarm:
        if verb == "refresh":
            before_refresh(state, swarm)
            return []
        away = silent.names(state) if verb == "up" else []
        replaced = before_update(verb, state, swarm, silent.instances(state, away))
        silent.tell_program(State.read(stack) if away else state, away)
        nodes.tell_emptied(state, swarm if verb == "up" else None)  # asks again: the repair may have named nodes
        return replaced


def is_missing(stack: str) -> bool:
    """Return whether the swarm answers and lacks a resource of the state."""
    locks.free(stack)
    state = State.read(stack)
    with connected(state) as swarm:
        return missing(state, swarm)


def before_refresh(state: State, swarm: Swarm | None) -> None:
    """Exit if a refresh would drop existing resources from the state; otherwise repair a killed update first."""
    try:
        if swarm is not None:
            if swarm.stands_in:
                raise NoAnswerError(f"only {swarm.host} does")
            swarm.marked(state.label)
    except NoAnswerError as error:
        remote = state.provider is not None and state.provider.is_remote and not state.provider.outlive_stack
        command = f"pulumi refresh --stack {state.name} --target '**ComputeInstance::*'"
        machines = f"; to refresh only the machines: `{command}`" if remote else ""
        fail(
            f"{state.name}: its API manager does not answer ({error}), and a refresh would drop the swarm's resources "
            f"from the state: run this again when it answers{machines}"
        )
    if state.pending:
        before_update("up", state, swarm)


def before_update(verb: str, state: State, swarm: Swarm | None, doubtful: Sequence[str] = ()) -> list[str]:
    """Drop missing resources from the state and remove obstacles; return the URNs that the update has to replace.

    `doubtful` are URNs of resources that may be gone, beside those of local machines.
    """
    # Before `down`, only existing machines matter: other machines take their part of the swarm with them.
    provider = state.provider
    used_swarm = swarm if verb == "up" or (provider and provider.outlive_stack) else None
    is_local = provider is not None and not provider.is_remote
    found = differences(state, used_swarm)
    report(state, found)
    strayed, unlabelled = node_problems(state, used_swarm if verb == "up" else None)
    targets = [resource.urn for resource in (*found.gone, *found.changed, *(service for service, _ in found.stopped))]
    targets += doubtful
    if verb == "up" and is_local:
        targets += state.urns(*LOCAL_MACHINES)
    if targets or state.pending or found.strays:
        # A refresh takes the stack's lock, so objects that are still in no state after it come from a killed update.
        refresh(state, targets or state.anything(), "--skip-pending-creates")
    if state.pending and is_local:
        local.remove_leftovers(State.read(state.stack))
    if state.pending:  # only after the leftovers are gone: the pending operations say that there may be some
        refresh(state, state.anything(), "--clear-pending-creates")
    if used_swarm is not None and verb == "up":
        repair_swarm(state, used_swarm, found, unlabelled)
    waits = {wait for resource in found.changed for wait in state.waits(resource.urn)}
    return sorted(waits | {member.invitation for member in strayed})


def missing(state: State, swarm: Swarm | None) -> bool:
    """Return whether the swarm answers and lacks a resource of the state; a newly started swarm lacks all of them."""
    found = differences(state, swarm)
    return found is not None and bool(found.gone)


def repair_swarm(state: State, swarm: Swarm, found: Differences, unlabelled: Sequence[nodes.UnlabelledNode]) -> None:
    """Make the changes in the swarm that Pulumi cannot make; labels let the program find nodes of leaving machines."""
    try:
        for member, node in unlabelled:
            swarm.label(node, nodes.MACHINE_LABEL, member.name)
        for _, service in found.stopped:
            swarm.try_again(service)
        if found.strays:
            strays.resolve(State.read(state.stack), swarm, found.strays)
    except NoAnswerError as error:
        fail(f"{state.name}: its API manager refused a repair ({error}): run this again")


def differences(state: State, swarm: Swarm | None) -> Differences:
    """Return the differences between the swarm and the state, or none if the swarm does not answer."""
    if swarm is None:
        return NO_DIFFERENCES
    try:
        objects = swarm.marked(state.label)
        seen = {item.id for item in objects}
        unseen = [item for item in state.swarm_resources() if item.kind == "services" and item.id not in seen]
        # Somebody may have removed the labels of a service.
        objects += [service for item in unseen if (service := swarm.service(item.id))]
        found = compare(state.swarm_resources(), objects, state.id)
        for resource in found.gone:
            refuse_namesake(state, swarm, resource)
            if resource.kind == "networks":
                swarm.await_end(resource.id)
    except NoAnswerError as error:
        if state.swarm_resources():  # otherwise the first update is unfinished, and the swarm has nothing to lose
            say(f"{state.name}: its API manager does not answer ({error}), so losses in the swarm are not noticed")
            if "leader" in str(error):
                say(
                    f"{state.name}: if most managers are dead, `make recover STACK={state.name}` starts the swarm again"
                )
        return NO_DIFFERENCES
    # Pulumi would take what its API manager does not show for gone, and imports through that manager.
    return Differences(found.gone, (), (), ()) if swarm.stands_in else found


def node_problems(state: State, swarm: Swarm | None) -> tuple[list[nodes.Member], list[nodes.UnlabelledNode]]:
    """Return the reachable members that have to join again or to get role and labels again, and unlabelled nodes.

    If the swarm does not answer, return nothing: `differences` has reported that.
    """
    if swarm is None:
        return [], []
    members = nodes.members(state)
    try:
        swarm_nodes = swarm.nodes()
    except NoAnswerError:
        return [], []
    found = nodes.problems(members, swarm_nodes, nodes.answers)
    for problem in found:
        say(f"{state.name}: the machine {problem.member.name} {problem.text}")
    return [problem.member for problem in found], nodes.unlabelled(members, swarm_nodes)


def refuse_namesake(state: State, swarm: Swarm, gone: SwarmResource) -> None:
    """Exit if another infrastructure's object has the name of a missing resource."""
    namesake = swarm.named(gone.kind, gone.name)
    if namesake is not None and namesake.labels.get(ID_LABEL) != state.id:
        fail(
            f"{state.name}: the {WORDS[gone.kind]} {gone.name} is gone, and another infrastructure has one of this "
            "name in the swarm: remove that one, and run this again"
        )


def report(state: State, found: Differences) -> None:
    """Print a line for each difference."""
    for resource in found.gone:
        say(f"{state.name}: the {WORDS[resource.kind]} {resource.name} is gone from the swarm")
    for resource in found.changed:
        say(f"{state.name}: the service {resource.name} differs from its settings")
    for resource, _ in found.stopped:
        say(f"{state.name}: the last update of the service {resource.name} did not succeed; the program tries it again")


def refresh(state: State, targets: Sequence[str], pending: str) -> None:
    """Make Pulumi refresh the targets alone; `pending` is its option for resources that a killed update was making."""
    options = [f"--target={urn}" for urn in targets]
    say(
        f"{state.name}: compares {len(targets)} resource{'s' * (len(targets) != 1)} of the state with the "
        "infrastructure"
    )
    pulumi(
        *("refresh", "--stack", state.stack, "--yes", "--skip-preview", "--suppress-outputs", pending, *options),
        shown=chosen("VERBOSE"),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
