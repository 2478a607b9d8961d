"""The infrastructure as the last run left it: plain values that providers and checks compare with the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.machines.cluster import Losses
from components.machines.lost_commands import FormerCommand
from components.machines.volume import Move, VolumeSpec

FIRST_STEPS = (
    "before",
    "engine-install",
)  # commands on a machine, of which it has one before it has any that is undone


@dataclass(frozen=True, kw_only=True)
class Member:
    """A machine that had joined the swarm."""

    role: str  # "manager" or "worker"
    public_address: str  # ipv4 that the program reached it by
    private_address: str  # ipv4 that the other machines reach it by
    host_key: str  # public, "<type> <base64>"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A volume that outlives the machine which uses it: of block storage, or of the engine of local machines."""

    id: str  # empty where a failed import left something in the state that is not there
    zone: str  # empty where it is one of a Docker engine
    machine: str | None  # that it is attached to


@dataclass(frozen=True, kw_only=True)
class PriorState:
    """The infrastructure as the last run left it, complete or not. Of a new stack, everything is empty."""

    provider: str | None = None  # where its machines are from
    network: str | None = None  # of the machines, where the program makes it
    hosts: Mapping[str, str] = field(default_factory=dict)  # host keys of existing machines, by name
    systems: Mapping[str, str] = field(default_factory=dict)  # what another one of replaces an instance, by name
    lost: frozenset[str] = frozenset()  # names of machines that were given up
    recreations: Mapping[str, int] = field(default_factory=dict)  # how often, by name, after they had been given up
    protected: frozenset[str] = frozenset()  # logical names of what Pulumi or Exoscale does not destroy
    retains_volumes: bool = False  # whether its volumes are kept when they are taken out
    api_manager: str | None = None  # manager that the program talked to
    ranges: tuple[list[str], int] | None = None  # address pools of the swarm, and size of a network, as prefix length
    networks: Mapping[str, tuple[str, bool, bool]] = field(default_factory=dict)  # name, attachable, internal; by name
    unmarked: tuple[str, ...] = ()  # ids of networks that are from before infrastructures had ids
    members: Mapping[str, Member] = field(default_factory=dict)  # by name, but those that are gone
    blocks: Mapping[str, Block] = field(default_factory=dict)  # block storage, by name
    folders: Mapping[str, str] = field(default_factory=dict)  # machine of each data volume, by name
    moves: Mapping[str, Move] = field(default_factory=dict)  # of data volumes that went elsewhere, by name
    machines: frozenset[str] = frozenset()  # names of those that are there
    commands: Mapping[str, FormerCommand] = field(default_factory=dict)  # on machines, by name
    names: frozenset[str] = frozenset()  # logical names of all resources
    nuvla_certificate_end: str | None = None  # of the one that Nuvla may have
    invitation_renewals: Mapping[str, int] = field(
        default_factory=dict
    )  # how often memberships were invited anew, by name
    unanswered: frozenset[str] = frozenset()  # names of memberships that have not come by their last invitation

    @property
    def managers(self) -> list[str]:
        """Names of the managers that have the swarm, as far as is known."""
        return [name for name, member in self.members.items() if member.role == "manager" and name not in self.lost]

    def losses(self, lost: frozenset[str]) -> Losses:
        """What is known of lost machines, when `lost` are the ones of now."""
        back = self.lost - lost
        recreations = {**self.recreations, **{name: self.recreations.get(name, 0) + 1 for name in back}}
        return Losses(names=lost, recreations=recreations, commands=frozenset(self.commands))

    def lost_commands(self, lost: Sequence[str]) -> dict[str, FormerCommand]:
        """Commands that are undone when they go, by name, on lost machines."""
        first = {f"{machine}-{step}" for machine in lost for step in FIRST_STEPS}
        hosts = {one.host for name, one in self.commands.items() if name in first}
        return {name: one for name, one in self.commands.items() if one.has_delete and one.host in hosts}

    def invitations(self, membership: str) -> int:
        """How often it is invited anew, with this run: a token that was not used may have ended since."""
        return self.invitation_renewals.get(membership, 0) + (membership in self.unanswered)

    def due_imports(self, volumes: Mapping[str, VolumeSpec]) -> list[str]:
        """Return the volumes that this update imports: from then on the state has them, whatever their `id` says."""
        return [name for name, volume in volumes.items() if volume.id is not None and name not in self.blocks]
