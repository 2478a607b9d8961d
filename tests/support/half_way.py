"""The state that an update leaves which stops before its end: it fails, or somebody kills it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from components.kept_outputs import SUFFIX
from tests.support.fake_pulumi import STACK, FakePulumi

State = dict[str, Any]


@dataclass(frozen=True)
class HalfWay:
    """A state between two, and what the update did."""

    state: State  # in the form in which the program reads it
    done: frozenset[str]  # logical names of resources that are as the update wants them
    deleted: frozenset[str]  # logical names of those that it has deleted


def stopped(before: State, former: FakePulumi | None, update: FakePulumi, random: Random) -> HalfWay:
    """Return the state after an update of the infrastructure of `before` that stops at any point.

    Resources that depend on one that was not made stay as they were, and so do those below a component that does: the
    SDK registers it when what it depends on is there. What leaves is deleted when all others are made.
    Pulumi forgets the outputs of a component whose inputs change, until all that they are made of is there.
    """
    made = _in_order(update, random)
    how = random.choice(("fails", "is killed", "deletes"))
    done, deleted = set(made), set[str]()
    if how == "fails":
        new = [name for name in made if former is None or former.given.get(name) != update.given[name]]
        changes = [name for name in new if name not in update.components()]
        failed = set(random.sample(changes, min(len(changes), random.choice((1, 1, 2)))))
        done -= _with_dependents(update, made, failed)
    elif how == "is killed":
        done = set(made[: random.randrange(len(made))])
    elif former:
        leaving = [name for name in reversed(_in_order(former, random)) if name not in update.types]
        deleted = set(leaving[: random.randint(0, len(leaving))])
    return _left(before, former, update, done, deleted)


def failed(before: State, former: FakePulumi | None, update: FakePulumi, *names: str) -> HalfWay:
    """Return the state after an update in which these resources fail, and all is made that does not depend on them."""
    made = _in_order(update, Random(0))
    return _left(before, former, update, set(made) - _with_dependents(update, made, set(names)), set())


def _left(before: State, former: FakePulumi | None, update: FakePulumi, done: set[str], deleted: set[str]) -> HalfWay:
    old = {urn.rpartition("::")[2]: one for urn, one in before.items()}
    taken = {urn.rpartition("::")[2] for name in done for alias in update.options[name].aliases for urn in [alias.urn]}
    state: State = {}
    for name in dict.fromkeys([*old, *update.types]):
        entry = old.get(name)
        kind = update.types.get(name)
        if name in update.components() & done:
            entry = {"type": kind, "outputs": _outputs(name, old.get(name), former, update, done)}
        elif name in done:
            entry = {"type": kind, "outputs": update.outputs[name]}
        if entry is not None and name not in deleted | taken:
            state[f"urn:pulumi:test::nuvla-swarm::{entry['type']}::{name}"] = entry
    return HalfWay(state, frozenset(done), frozenset(deleted))


def _outputs(
    name: str, old: Mapping[str, Any] | None, former: FakePulumi | None, update: FakePulumi, done: set[str]
) -> Mapping[str, Any]:
    """Return the outputs of a component."""
    record = f"{name}{SUFFIX}"
    made_of = {record} if record in update.types else set(_below(update, name)) - update.components()
    if made_of <= done:
        return update.outputs.get(name, {})
    is_same = former is not None and former.given.get(name) == update.given[name]
    return old["outputs"] if old is not None and is_same else {}


def _below(engine: FakePulumi, name: str) -> Iterator[str]:
    for child in engine.children(name):
        yield child
        yield from _below(engine, child)


def _needs(engine: FakePulumi, name: str) -> set[str]:
    return (engine.dependencies(name) | {engine.provider(name), engine.parent(name)}) & set(engine.types)


def _in_order(engine: FakePulumi, random: Random) -> list[str]:
    """Return all resources in an order in which they can be made."""
    waiting = {name: _needs(engine, name) for name in engine.types if engine.types[name] != STACK}
    ordered: list[str] = []
    made: set[str] = set()
    while waiting:
        ready = [name for name, needs in waiting.items() if needs <= made]
        name = random.choice(ready)
        del waiting[name]
        made.add(name)
        ordered.append(name)
    return ordered


def _with_dependents(engine: FakePulumi, ordered: Iterable[str], first: set[str]) -> set[str]:
    found = set(first)
    for name in ordered:
        if _needs(engine, name) & found:
            found.add(name)
    return found
