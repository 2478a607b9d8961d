"""Settings of pools of machines, and of single machines that differ from their pool."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from components.fields import NAME_PATTERN, Label, Section, SingleLineText
from components.text_form import TextForm

Availability = Literal["active", "pause", "drain"]
MachineName = Annotated[
    str, TextForm(r"^[a-z][a-z0-9-]*$", "a machine's name, of its pool and its number or host", "worker-1")
]


class PoolSettings(Section):
    """A pool of machines with the same settings.

    Machines are named `<pool>-<member>`: a pool that grows or shrinks changes no other machine.
    """

    role: Literal["manager", "worker"] = Field(description="role of the machines in the swarm")
    availability: Availability = Field("active", description="whether services may run on the machines")
    labels: dict[Label, SingleLineText] = Field(
        {}, examples=[{"disk": "ssd"}], description="node labels, for placement of services"
    )

    @abstractmethod
    def members(self) -> Sequence[str]:
        """Return the members of the pool: the last parts of the machines' names."""

    def labels_of(self, member: str) -> dict[str, str]:  # noqa: ARG002 - existing hosts have labels of their own
        """Return the node labels of a machine."""
        return dict(self.labels)


class CountedPoolSettings(PoolSettings):
    """A pool of machines with the same settings, named `<pool>-<ordinal>`; its size changes no other pool."""

    count: int = Field(1, ge=0, le=60, description="number of machines")

    def members(self) -> Sequence[str]:
        return [str(ordinal) for ordinal in range(1, self.count + 1)]


PoolName = Annotated[
    str,
    TextForm(
        NAME_PATTERN,
        "a pool's name of lower-case letters, digits and hyphens, a letter first",
        "manager",
    ),
]


class OverrideSettings(Section):
    """A single machine, where it differs from its pool."""

    availability: Availability | None = Field(
        None, description="whether services may run on the machine; unset: as its pool says"
    )
    labels: dict[Label, SingleLineText] = Field(
        {}, examples=[{"disk": "ssd"}], description="additional node labels of the machine"
    )
