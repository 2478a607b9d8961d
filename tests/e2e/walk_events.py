"""Steps of a walk in which nobody changes a setting: machines die, things are removed, updates are killed."""

from tests.e2e.harness import docker
from tests.e2e.random_walk import APP, Expected, NotNowError, Step, Walk
from tests.e2e.test_repair import KINDS, remove, things, users
from tests.e2e.waiting import wait_for


def restarted(walk: Walk) -> Expected:
    """A machine starts anew, with all that it has."""
    machine = walk.chance.choice(walk.machines())
    docker("restart", "--time", "2", walk.made.container(machine))
    wait_for(lambda: walk.made.on(machine, "docker", "info").code == 0, f"{machine} is up")
    return Expected(f"{machine} starts anew")


def removed_by_hand(walk: Walk) -> Expected:
    """Something of the program's own is removed from the swarm, and what uses it."""
    kind = walk.chance.choice(KINDS)
    there = things(walk.made, kind)
    mine = [name for name, identity in sorted(there.items()) if walk.app not in users(walk.made, name, identity)]
    mine = [name for name in mine if name != "traefik-public"]  # the application is on it
    if not mine:
        raise NotNowError
    name = walk.chance.choice(mine)
    remove(walk.made, kind, name)
    return Expected(f"the {kind} {name} is removed by hand")


def scaled_by_hand(walk: Walk) -> Expected:
    """Somebody gives a service of the program's a variable."""
    name = walk.chance.choice(sorted(things(walk.made, "service")))
    walk.docker("service", "update", "--quiet", "--detach", "--env-add", f"HAND={walk.chance.random()}", name)
    return Expected(f"the service {name} is changed by hand")


def left_by_hand(walk: Walk) -> Expected:
    """A machine leaves the swarm, is removed from it, or is not told to be itself any more."""
    machine = walk.chance.choice([name for name in walk.machines() if name != walk.entry] or [""])
    how = walk.chance.choice(("leaves", "is removed", "is unlabelled"))
    if not machine or (machine in walk.machines("manager") and how != "is unlabelled"):
        raise NotNowError
    node = walk.hostname.format(machine)
    if how == "is unlabelled":
        walk.docker("node", "update", "--label-rm", "nuvla-swarm.machine", node)
    else:
        walk.labels.pop(machine, None)  # it went with the node
        assert walk.made.on(machine, "docker", "swarm", "leave").code == 0
        wait_for(lambda: walk.docker("node", "inspect", "--format", "{{.Status.State}}", node) == "down", f"{how}")
        if how == "is removed":
            walk.docker("node", "rm", node)
    return Expected(f"the node {machine} {how} by hand")


def killed(*changes: Step) -> Step:
    """An update is killed on its way, and another one completes it."""

    def step(walk: Walk) -> Expected:
        expected = walk.chance.choice(changes)(walk)
        walk.killed_update()
        return Expected(f"killed while {expected.told}")

    return step


def moved_application(walk: Walk) -> Expected:
    """The application is made anew by its owner."""
    walk.docker("service", "update", "--quiet", "--detach", "--force", APP)
    return Expected("the application is made anew by its owner")


EVENTS: list[Step] = [restarted, removed_by_hand, removed_by_hand, scaled_by_hand, left_by_hand, moved_application]
