"""`make recover`: starts a swarm again from a manager that is left, and puts the other managers back."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.machines.host_key import PROOF_SUFFIX
from components.machines.shell import Done, Login, UnreachableError
from components.swarm.recovery import run
from stacks.prior_state import INSTANCE
from tools.console import ask, chosen, fail, is_terminal, say
from tools.repair import locks, nodes
from tools.repair.state import State, without_secret_marks
from tools.retained_volumes import PROTECTION
from tools.stack import marks, target, update
from tools.stack.settings_file import SettingsFile
from tools.stack.target import Target


@dataclass(frozen=True)
class Manager:
    """A manager of the state, with the login of the program on it."""

    name: str
    address: str  # private address, which the other machines connect to
    login: Login
    invitation: str  # URN of the command whose replacement makes the machine join again

    async def run(self, verb: str) -> Done | None:
        """Run the script with a verb; return None if the machine does not let the program in."""
        try:
            return await run(self.login, self.address, verb)
        except UnreachableError:
            return None


@dataclass(frozen=True)
class Found:
    """What is left of the managers of a swarm."""

    left: Manager  # starts the swarm again
    others: Sequence[Manager]  # answer, and join again
    dead: Sequence[Manager]  # do not answer


def recover(found: Target) -> None:
    """Start the swarm of a stack again after most of its managers are dead, and put these back."""
    target.require(found)
    if not is_terminal() and not chosen("YES"):
        fail("this is no terminal, so nothing is changed: add YES=1 to answer yes")
    locks.free(found.stack)
    state = State.read(found.stack)
    managers = look(state)
    _require_declared(found.file, state, managers.dead)
    _require_unprotected(found.file, state, managers.dead)
    for line in listing(state, managers):
        say(line)
    ask(f"To go on, type the name of the stack ({found.name}):", found.name, "nothing is changed")
    dead = [manager.name for manager in managers.dead]
    # Before the swarm starts, so that, if this is killed, no update starts a dead manager from its old disk, on which
    # it still has a vote in the former swarm.
    marks.mark_lost(state, dead)
    for manager in managers.others:
        _do(manager, "leave")
    _do(managers.left, "start")
    say(f"{found.name}: the swarm runs from {managers.left.name} alone")
    update.apply(found, replaced=[manager.invitation for manager in managers.others])


def look(state: State) -> Found:
    """Ask all managers of the state what they know; return what is left.

    Errors: exits with a line, if the swarm has a leader, or may choose one, if no manager is left, or if the engine of
    one that answers is silent: with it, the swarm may choose a leader.
    """
    every = list(_managers(state))
    answers = asyncio.run(_ask(every))
    words = {manager.name: answer.stdout.strip() for manager, answer in answers.items() if answer is not None}
    if silent := [answer.stderr.strip() for answer in answers.values() if answer is not None and answer.code != 0]:
        fail(f"{state.name}: nothing is changed: {silent[0]}")
    left = [manager for manager in every if words.get(manager.name) == "left"]
    again = f"run `make up STACK={state.name}`"
    if leading := [name for name, word in words.items() if word == "leads"]:
        fail(f"{state.name}: the swarm has a leader, as {leading[0]} says, so there is nothing to recover: {again}")
    if not left:
        fail(
            f"{state.name}: no manager of the swarm is left ({_names(every) or 'the state has none'}): start one whose "
            f"disk still exists; without any, {again}, which starts a new swarm"
        )
    if len(left) * 2 > len(every):
        fail(f"{state.name}: {_names(left)} are most of its managers and choose a leader: {again} in a minute")
    first = next((one for one in left if one.name == _api_manager(state)), left[0])
    return Found(
        left=first,
        others=[one for one in every if one.name in words and one is not first],
        dead=[one for one in every if one.name not in words],
    )


def listing(state: State, managers: Found) -> Iterator[str]:
    """Yield a line for each thing that the recovery does."""
    yield f"starts the swarm again from {managers.left.name}, with all its services"
    if managers.others:
        yield f"takes out and joins again: {_names(managers.others)}"
    if managers.dead and not _outlive(state):
        yield f"makes anew, with new disks: {_names(managers.dead)}"
        yield f"`make up STACK={state.name}` may do without: it starts local machines that are only stopped"
    elif managers.dead:
        yield f"forgets, as machines.lost says: {_names(managers.dead)}"


def declared(file: SettingsFile) -> list[str]:
    """Return the machines that the settings declare lost."""
    return [str(name) for name in file.section("machines").get("lost") or []]


def _require_declared(file: SettingsFile, state: State, dead: Sequence[Manager]) -> None:
    """Exit with a line if a dead host, which no update can make anew, is not declared lost."""
    unknown = [manager.name for manager in dead if manager.name not in declared(file)]
    if unknown and _outlive(state):
        first = len(declared(file))
        settings = [f"--plaintext='nuvla-swarm:machines.lost[{first + i}]={name}'" for i, name in enumerate(unknown)]
        fail(
            f"{state.name}: {', '.join(unknown)} do not answer, so nothing is changed: start one of them, or declare "
            f"them lost, and run this again: `pulumi config set-all --stack {state.name} --path {' '.join(settings)}`"
        )


def _require_unprotected(file: SettingsFile, state: State, dead: Sequence[Manager]) -> None:
    """Exit with a line if Pulumi or Exoscale would refuse to delete a dead instance, once the swarm runs again."""
    instances = [one for one in state.of(INSTANCE) if one["urn"].rpartition("::")[2] in {one.name for one in dead}]
    machines = file.section("machines")
    settings = [f"machines.{setting}" for setting in PROTECTION if machines.get(setting) is True]
    steps = [f"set {' and '.join(settings)} to false in {file.path.name}"] if settings else []
    if any(one["inputs"].get("destroyProtected") is True for one in instances):
        steps.append(f"end their protection: `pulumi up --stack {state.name} --target '**ComputeInstance::*'`")
    if instances and steps:
        fail(
            f"{state.name}: {_names(dead)} are protected and cannot be made anew, so nothing is changed: "
            f"{', '.join(steps)}, and run this again"
        )


async def _ask(managers: Sequence[Manager]) -> dict[Manager, Done | None]:
    answers = await asyncio.gather(*(manager.run("look") for manager in managers))
    return dict(zip(managers, answers, strict=True))


def _do(manager: Manager, verb: str) -> None:
    done = asyncio.run(manager.run(verb))
    if done is None or done.code != 0:
        why = "does not answer any more" if done is None else done.stderr.strip()
        fail(f"{manager.name}: {why}: run this again")


def _managers(state: State) -> Iterator[Manager]:
    """Yield the managers that have joined, also those that the state declares lost."""
    proofs = {
        command["urn"].rpartition("::")[2].removesuffix(PROOF_SUFFIX): without_secret_marks(command["inputs"])
        for command in state.of("command:remote:Command")
        if command["urn"].endswith(PROOF_SUFFIX)
    }
    shown = {name: str(inputs["connection"]["hostKey"]) for name, inputs in proofs.items()}
    for member in nodes.members(state, lost=()):
        if member.role == "manager":
            yield Manager(member.name, member.address, _login(member, shown.get(member.name)), member.invitation)


def _login(member: nodes.Member, shown: str | None) -> Login:
    """Return the login; `shown` is the host key that the machine showed after its join, if it was replaced."""
    return Login(
        machine=member.name,
        host=member.host,
        port=member.port,
        user=str(member.connection["user"]),
        private_key=str(member.connection["privateKey"]),
        host_keys=(shown or str(member.connection["hostKey"]),),
    )


def _api_manager(state: State) -> str | None:
    return next((swarm.get("outputs", {}).get("entry") for swarm in state.of("nuvla:swarm:Swarm")), None)


def _outlive(state: State) -> bool:
    return state.provider is not None and state.provider.outlive_stack


def _names(managers: Sequence[Manager]) -> str:
    return ", ".join(manager.name for manager in managers)
