"""The infrastructure as the last run left it, in plain values that providers and checks compare with the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from components.machines.cluster import Losses
from components.machines.lost_commands import FormerCommand
from components.machines.turns import Build
from components.machines.volume import Move, VolumeSpec

# Every machine has the command of one of these steps before any command with a delete script.
JOIN_SUFFIX = "-membership-join"  # ends the names of the commands by which machines join
FIRST_STEPS = ("before", "engine-install")


@dataclass(frozen=True, kw_only=True)
class Member:
    """A machine that had joined the swarm."""

    role: str  # "manager" or "worker"
    public_address: str  # ipv4 that the program reached it by
    private_address: str  # ipv4 that the other machines reach it by
    host_key: str  # public, "<type> <base64>"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A volume that outlives its machine: block storage, or a volume of the engine that runs local machines."""

    id: str  # empty where a failed import left a volume in the state that does not exist
    zone: str  # empty for a volume of a Docker engine
    machine: str | None  # machine that it is attached to


@dataclass(frozen=True, kw_only=True)
class EngineState:
    """The settings of a machine's engine."""

    version: str
    installed: str = ""  # version of its packages, which an update that stopped may not have started
    # These are None if the last update failed before it was the machine's turn.
    daemon: Mapping[str, Any] | None  # what the program has in daemon.json
    access: Mapping[str, Any] | None = None  # what its certificates and its proxy are made of, by a name for people
    build: Build | None = None  # of its machine
    generation: str | None = None  # of the engine when its machine had tasks last
    upgrade: str | None = None  # day of the last upgrade of the machine's packages, YYYY-MM-DD


@dataclass(frozen=True, kw_only=True)
class PriorState:
    """The infrastructure as the last run left it, complete or not. All fields of a new stack are empty."""

    kind: str | None = None  # "target" or "host"
    stack: str | None = None  # "<project>/<stack>" that the infrastructure was created by
    provider: str | None = None  # of the machines
    network: str | None = None  # of the machines, if the program created it
    hosts: Mapping[str, str] = field(default_factory=dict)  # host keys of existing machines, by name
    systems: Mapping[str, str] = field(default_factory=dict)  # system of each instance; another one replaces it
    disks: Mapping[str, int] = field(default_factory=dict)  # GiB of the disk of each instance, by name
    lost: frozenset[str] = frozenset()  # names of machines that the settings declared lost
    recreations: Mapping[str, int] = field(default_factory=dict)  # by machine: how often it came back after a loss
    protected: frozenset[str] = frozenset()  # logical names of resources that Pulumi or Exoscale refuses to destroy
    retains_volumes: bool = False  # whether volumes are retained when they leave the settings or the stack
    api_manager: str | None = None  # manager that the program talked to
    silent: frozenset[str] = frozenset()  # names of machines that did not answer `make` before this update
    emptied: frozenset[str] = frozenset()  # names of members that `make` found drained by an update that did not end
    ranges: tuple[list[str], int] | None = None  # the swarm's address pools, and the prefix length of its networks
    networks: Mapping[str, tuple[str, bool, bool]] = field(default_factory=dict)  # name, attachable, internal; by name
    unmarked: tuple[str, ...] = ()  # ids of networks without an owner's id, from earlier versions of the program
    engines: Mapping[str, EngineState] = field(default_factory=dict)  # by machine
    members: Mapping[str, Member] = field(default_factory=dict)  # by name; without machines whose disk is gone
    reinstalled: Mapping[str, Member] = field(default_factory=dict)  # former members that the settings call reinstalled
    blocks: Mapping[str, Block] = field(default_factory=dict)  # block storage, by volume
    folders: Mapping[str, str] = field(default_factory=dict)  # machine of each data volume, by name
    moves: Mapping[str, Move] = field(default_factory=dict)  # last move of each data volume that moved, by name
    machines: frozenset[str] = frozenset()  # names of the machines that exist
    commands: Mapping[str, FormerCommand] = field(default_factory=dict)  # on machines, by name
    names: frozenset[str] = frozenset()  # logical names of all resources
    login_key: str | None = None  # public half of the generated SSH key that the program used, OpenSSH format
    login_generation: int = 1  # of that key
    host_keys: Mapping[str, str] = field(default_factory=dict)  # public halves by logical name, "<type> <base64>"
    retired_keys: tuple[str, ...] = ()  # public halves of earlier generated SSH keys, "<type> <base64>"
    public_key: str | None = None  # key of the stack that instances have, "<type> <base64>"
    management: tuple[IPv4Network, ...] = ()  # networks that reach the SSH port of instances
    operator_ends: Mapping[str, str] = field(
        default_factory=dict
    )  # by named operator: end of the certificate, RFC 3339
    unnumbered_ca: int | None = None  # generation of the CA whose resources have names without a number
    nuvla_certificate_end: str | None = None  # end of the certificate that Nuvla may have, RFC 3339
    renewals: Mapping[str, int] = field(default_factory=dict)  # by membership: how often its invitation was renewed
    unanswered: frozenset[str] = frozenset()  # names of memberships that did not use their last invitation

    @property
    def managers(self) -> list[str]:
        """Return the names of the managers that were not declared lost."""
        return [name for name, member in self.members.items() if member.role == "manager" and name not in self.lost]

    def has_joined(self, machine: str) -> bool:
        """Return whether a machine may be a member of the swarm; an update that was interrupted may not know it yet."""
        return machine in self.members or f"{machine}{JOIN_SUFFIX}" in self.names

    def losses(self, lost: frozenset[str]) -> Losses:
        """Return the losses when the settings declare the machines `lost`; former lost machines count as recreated."""
        back = self.lost - lost
        recreations = {**self.recreations, **{name: self.recreations.get(name, 0) + 1 for name in back}}
        return Losses(names=lost, recreations=recreations, commands=frozenset(self.commands), silent=self.silent - lost)

    def lost_commands(self, lost: Sequence[str]) -> dict[str, FormerCommand]:
        """Return the commands on lost machines that have a delete script, by name."""
        first = {f"{machine}-{step}" for machine in lost for step in FIRST_STEPS}
        hosts = {command.host for name, command in self.commands.items() if name in first}
        return {
            name: command for name, command in self.commands.items() if command.has_delete and command.host in hosts
        }

    def renewals_of(self, membership: str) -> int:
        """Return how often the invitation is renewed, with this run: an unused token may have been rotated since."""
        return self.renewals.get(membership, 0) + (membership in self.unanswered)

    def due_imports(self, volumes: Mapping[str, VolumeSpec]) -> list[str]:
        """Return the names of the volumes that this update imports: those with an `id` that the state does not have."""
        return [name for name, volume in volumes.items() if volume.id is not None and name not in self.blocks]
