"""Turns of machines that an update rebuilds: one after the other, each empty meanwhile, so that applications run on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pulumi


@dataclass(frozen=True, kw_only=True)
class Build:
    """What a machine of a provider is made of, in plain values: another machine takes its place if one changes."""

    system: str = ""  # with another one, the disk is another, too, and the machine a new member of the swarm
    shape: Mapping[str, Any] = field(default_factory=dict)  # by setting; with others, the machine keeps its disk


class Roll(Protocol):
    """Moves the tasks of machines."""

    async def empty(self, machine: str, *, for_good: bool) -> None:
        """Let the tasks of a member of the swarm run elsewhere; `for_good`, if it does not come back."""


class Turns:
    """The order of machines in which an update rebuilds them; no other machine waits.

    The resource that a turn rebuilds depends on `await_turn`. Pulumi registers the resource when the machine before has
    ended its turn, and this machine is empty; if one of both fails, the machines that follow stay as they are. `begin`
    and `end` come before the first turn, which waits until the program has made all resources.
    """

    _roll: Roll

    def __init__(self, machines: Mapping[str, bool]):
        """Take the machines in their order, each with whether its turn replaces its disk, too."""
        self._is_replaced = dict(machines)
        names = list(machines)
        self._before = dict(zip(names[1:], names, strict=False))
        self._ends: dict[str, tuple[pulumi.Resource, pulumi.Output[Any]]] = {}

    def begin(self, roll: Roll) -> None:
        """Say what empties the machines."""
        self._roll = roll

    def replaces(self, machine: str) -> bool:
        """Return whether the turn of a machine replaces its disk, too."""
        return self._is_replaced.get(machine, False)

    def await_turn(self, machine: str) -> list[pulumi.Output[Any]]:
        """Return what the resource that is rebuilt depends on."""
        return [pulumi.Output.from_input(self._turn(machine))] if machine in self._is_replaced else []

    async def _turn(self, machine: str) -> pulumi.Resource | None:
        before = self._before.get(machine)
        last = await self._end(before) if before else None
        if not pulumi.runtime.is_dry_run():
            await self._roll.empty(machine, for_good=self.replaces(machine))
        return last

    def end(self, machine: str, last: pulumi.Resource, known: pulumi.Output[Any]) -> None:
        """End the turn of a machine when its last resource is registered, and a value is known."""
        self._ends[machine] = (last, known)

    async def _end(self, machine: str) -> pulumi.Resource:
        last, known = self._ends[machine]
        await last.urn.future()
        await known.future()
        return last

    def ends(self) -> list[pulumi.Output[Any]]:
        """Return what a resource depends on that comes after all turns."""
        return [pulumi.Output.from_input(self._end(machine)) for machine in self._is_replaced]


NO_TURNS = Turns({})
