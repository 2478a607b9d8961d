"""What a provider of machines is to the rest of the program: one class, which each provider's folder fills in."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Generic, TypeVar

import pulumi

from components.machines.cluster import Cluster, Key
from components.machines.owner import Owner
from components.machines.prior_state import PriorState
from components.machines.settings import SSH_KEY, Machines
from components.machines.volume import Moves, VolumeSpec
from components.manifest import HostTraces
from components.ports import PortRule, TrafficSource


@dataclass(frozen=True, kw_only=True)
class StackPlan:
    """What the other settings of a stack say to a provider: plain values, known before anything is made."""

    api_manager: str  # name of the manager that the program talks to
    volumes: Mapping[str, VolumeSpec]  # data volumes, by name
    volume_paths: Mapping[str, str | None]  # folder that a setting gives each volume of the kind; or of another, if any
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]  # networks of the firewall
    container_networks: Sequence[tuple[str, IPv4Network]]  # what engines and swarm give to containers, by setting


@dataclass(frozen=True, kw_only=True)
class ClusterInputs:
    """What a provider makes a cluster of, beside its own settings."""

    plan: StackPlan
    owner: Owner
    prior: PriorState
    secrets: Mapping[str, pulumi.Output[str]]  # those that are given, by key
    rows: Sequence[PortRule]  # of the firewall
    ephemeral: tuple[int, int]  # first and last port of deployed applications
    engine_version: str
    retain_volumes: bool
    moves: Mapping[str, Moves]  # of data volumes that went elsewhere, by name
    host_traces: HostTraces  # what the program puts on a machine


M = TypeVar("M", bound=Machines[Any])


class Provider(ABC, Generic[M]):
    """A place that machines come from. What of it is plain is said by its settings model."""

    def missing_secrets(self, machines: M, given: Collection[str]) -> Iterator[str]:  # noqa: ARG002 - some provider needs all
        """Yield a line for each secret that these machines need and do not have; `given` are keys of secrets."""
        yield from ()

    def conflicts(self, machines: M, plan: StackPlan) -> Iterator[str]:  # noqa: ARG002 - some provider needs all
        """Yield a line for each mistake between the settings of the machines and the others."""
        yield from ()

    def refusals(self, machines: M, plan: StackPlan, prior: PriorState) -> Iterator[str]:  # noqa: ARG002 - some provider needs all
        """Yield a line for each change that would lose a machine, the swarm or data."""
        yield from ()

    def is_same_machine(self, machines: M, prior: PriorState, name: str) -> bool:  # noqa: ARG002 - some provider needs all
        """Return whether the machine of this name still has the part in the swarm that the state has of it."""
        return True

    @abstractmethod
    def cluster(self, machines: M, inputs: ClusterInputs) -> Cluster:
        """Make the machines and their data volumes."""


def user_key(secrets: Mapping[str, pulumi.Output[str]], public_key: str | None) -> Key | None:
    """Return the user's own key, if the settings have both halves."""
    private = secrets.get(SSH_KEY)
    if private is None or public_key is None:
        return None
    return Key(private=private, public=pulumi.Output.from_input(public_key))


def incomplete_key(public_key: str | None, given: Collection[str]) -> Iterator[str]:
    """Yield a line if the settings have one half of the user's own key alone."""
    if (public_key is None) != (SSH_KEY not in given):
        missing = SSH_KEY if public_key else "machines.ssh.public_key"
        yield f"{missing}: not given; required: both halves of your own SSH key, or none to have one made"
