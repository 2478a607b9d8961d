"""What a resource type of a stand-in has to do."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from standin import check
from standin.diff import Change, changes
from standin.schema import ResourceSchema
from standin.values import UNKNOWN, Values, secret


class StandinError(Exception):
    """A failure that the user sees as it is worded."""


class IncompleteError(StandinError):
    """A failure after which the resource exists all the same, and belongs into the state."""

    def __init__(self, problem: str, state: "State") -> None:
        super().__init__(problem)
        self.state = state


@dataclass(frozen=True)
class Call:
    """One request of the engine: whose it is, how long it may take, and its log."""

    name: str  # logical name of the resource
    log: Callable[[str, str, bool], None]  # severity, text, only in the status line
    cancelled: threading.Event
    ends: float | None = None  # time.monotonic(); None without a custom time-out
    preview: bool = False
    stack: str = ""  # "<project>/<stack>"
    urn: str = ""

    def pause(self, seconds: float) -> None:
        """Waits; raises when the request's time is over or the engine cancels."""
        left = seconds if self.ends is None else min(seconds, self.ends - time.monotonic())
        if self.cancelled.wait(max(left, 0)):
            raise StandinError("context canceled")
        if left < seconds:
            raise StandinError("context deadline exceeded")


@dataclass(frozen=True)
class State:
    """A resource as the engine knows it."""

    id: str
    inputs: Values
    outputs: Values = field(default_factory=dict)


class Resource(ABC):
    """One resource type. Inputs reach it checked and completed, with secret marks and, in previews, unknowns."""

    schema: ResourceSchema

    def named(self, inputs: Values, old: Values, name: str, seed: bytes) -> Values:
        """The inputs with a name of the resource's own making where it needs one; the old inputs may have it."""
        del old, name, seed
        return inputs

    def deletes_first(self, new: Values) -> bool:
        """Whether a replaced one must go before the new one can come."""
        del new
        return False

    def problems(self, inputs: Values) -> list[check.Failure]:
        """What the schema cannot say about wrong inputs."""
        del inputs
        return []

    def diff(self, old: State, new: Values, ignored: frozenset[str]) -> list[Change]:
        """The changes between inputs; one that replaces the resource says so."""
        return changes(old.inputs, new, ignored)

    @abstractmethod
    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        """Makes it; returns its id and outputs. Never called in a preview."""

    def update(self, call: Call, old: State, new: Values) -> Values:
        """Changes it in place; returns its outputs. Never called in a preview."""
        raise StandinError(f"{self.schema.token} cannot be updated")

    def read(self, old: State) -> State | None:
        """Its state after a refresh, None when it is gone; without inputs and outputs when it is imported."""
        return old

    def delete(self, call: Call, old: State) -> None:
        """Removes it; nothing to do unless overridden."""
        del call, old

    def preview_create(self, inputs: Values) -> Values:
        """Outputs that a preview can tell: inputs come back, all else is unknown."""
        return dict.fromkeys(self.schema.computed, UNKNOWN) | inputs

    def preview_update(self, old: State, new: Values) -> Values:
        """Outputs that a preview of an update can tell."""
        del old
        return self.preview_create(new)

    def outputs(self, values: Values) -> Values:
        """Outputs with the schema's secret marks; an unknown secret is marked too."""
        schema = self.schema.outputs
        return {k: secret(v) if k in schema and schema[k].secret else v for k, v in values.items()}
