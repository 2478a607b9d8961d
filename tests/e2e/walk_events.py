"""Steps of a walk that change no setting: machines restart, objects are changed by hand, updates are killed."""

from tests.e2e.harness import docker
from tests.e2e.random_walk import APP, Expected, Step, StepNotPossibleError, Walk
from tests.e2e.test_repair import KINDS, program_objects, remove_by_hand, services_using
from tests.e2e.waiting import wait_for


def restart_machine(walk: Walk) -> Expected:
    """Restart a machine."""
    machine = walk.rng.choice(walk.machines())
    docker("restart", "--time", "2", walk.stack.container(machine))
    wait_for(lambda: walk.stack.on(machine, "docker", "info").code == 0, f"{machine} is up")
    return Expected(f"{machine} starts anew")


def remove_object_by_hand(walk: Walk) -> Expected:
    """Remove an object of the program that the application does not use, and the services that use it."""
    kind = walk.rng.choice(KINDS)
    objects = program_objects(walk.stack, kind)
    unused = [
        name
        for name, identity in sorted(objects.items())
        if walk.app_id not in services_using(walk.stack, name, identity)
    ]
    unused = [name for name in unused if name != "traefik-public"]  # the application is on that network
    if not unused:
        raise StepNotPossibleError
    name = walk.rng.choice(unused)
    remove_by_hand(walk.stack, kind, name)
    return Expected(f"the {kind} {name} is removed by hand")


def change_service_by_hand(walk: Walk) -> Expected:
    """Add a variable to a service of the program."""
    name = walk.rng.choice(sorted(program_objects(walk.stack, "service")))
    walk.docker("service", "update", "--quiet", "--detach", "--env-add", f"HAND={walk.rng.random()}", name)
    return Expected(f"the service {name} is changed by hand")


def change_node_by_hand(walk: Walk) -> Expected:
    """Make a worker leave the swarm, remove its node as well, or remove the program's label from a node."""
    machine = walk.rng.choice([name for name in walk.machines() if name != walk.api_manager] or [""])
    how = walk.rng.choice(("leaves", "is removed", "is unlabelled"))
    if not machine or (machine in walk.machines("manager") and how != "is unlabelled"):
        raise StepNotPossibleError
    node = walk.hostname.format(machine)
    if how == "is unlabelled":
        walk.docker("node", "update", "--label-rm", "nuvla-swarm.machine", node)
    else:
        walk.labels.pop(machine, None)  # the label goes with the node
        assert walk.stack.on(machine, "docker", "swarm", "leave").code == 0
        wait_for(lambda: walk.docker("node", "inspect", "--format", "{{.Status.State}}", node) == "down", f"{how}")
        if how == "is removed":
            walk.docker("node", "rm", node)
    return Expected(f"the node {machine} {how} by hand")


def killed_update(*changes: Step) -> Step:
    """Return a step that makes one of the changes and kills its update; the next update completes it."""

    def step(walk: Walk) -> Expected:
        expected = walk.rng.choice(changes)(walk)
        walk.kill_update()
        return Expected(f"killed while {expected.description}")

    return step


def redeploy_application(walk: Walk) -> Expected:
    """Update the application, as its owner, without a change."""
    walk.docker("service", "update", "--quiet", "--detach", "--force", APP)
    return Expected("the application is made anew by its owner")


EVENTS: list[Step] = [
    restart_machine,
    remove_object_by_hand,
    remove_object_by_hand,
    change_service_by_hand,
    change_node_by_hand,
    redeploy_application,
]
