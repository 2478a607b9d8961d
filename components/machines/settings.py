"""Settings of machines of every provider; each provider's folder adds its own."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from components.day import Day
from components.fields import Section
from components.machines import pool_addresses
from components.machines.baseline_settings import PackageName, ProxySettings
from components.machines.pool_settings import Availability, MachineName, OverrideSettings, PoolName, PoolSettings
from components.machines.ssh_settings import SshSettings
from components.ports import SSH

SSH_KEY = "ssh_private_key"  # key of the secret with the private half of the user's own SSH key
FORMER_SSH_KEY = "former_ssh_private_key"  # key of the secret with the former one, which the machines know already

P = TypeVar("P", bound=PoolSettings)
# "rules" filter all packets; "containers" filter only packets of containers, where the user filters the others. A
# machine reverts "confirmed" rules unless a new connection confirms them.
FirewallMode = Literal["rules", "confirmed rules", "containers", "confirmed containers"]


class Machines(Section, Generic[P]):
    """The machines of a provider. The class variables declare the differences between providers."""

    is_remote: ClassVar[bool] = True  # whether the machines are on other computers than the program
    outlive_stack: ClassVar[bool] = False  # whether the machines live on after `destroy`
    secrets: ClassVar[Mapping[str, str]] = {}  # keys of secrets that only this provider has, with descriptions
    required_secrets: ClassVar[Sequence[str]] = ()  # keys of secrets that a preview without real ones has to make up
    preview_environment: ClassVar[Mapping[str, str]] = {}  # made-up credentials for a preview without real ones
    default_engine_source: ClassVar[str] = "docker.com"
    may_run_foreign_containers: ClassVar[bool] = False  # whether machines may run containers of other owners
    volume_options: ClassVar[frozenset[str]] = frozenset()  # keys of `volumes.<name>` that this provider supports
    volumes_are_resources: ClassVar[bool] = False  # whether every volume is a resource that any machine can attach

    provider: str = Field(description="provider of the machines")
    pools: dict[PoolName, P] = Field(description="pools of machines, by name")
    lost: list[str] = Field([], description="names of dead machines; the program does not connect to them")
    overrides: dict[MachineName, OverrideSettings] = Field(
        {}, description="single machines that differ from their pool, by name", json_schema_extra={"key": "machine"}
    )
    ssh: SshSettings = Field(SshSettings(), description="logins on the machines by SSH")
    proxy: ProxySettings = Field(ProxySettings(), description="HTTP proxy for packages and images")
    packages: list[PackageName] = Field([], description="additional packages of the distribution for every machine")
    system_upgrade: Day | None = Field(
        None,
        description="today's date, to upgrade all packages of each machine now; a machine restarts if it has to",
    )

    @model_validator(mode="after")
    def _require_odd_managers(self) -> Self:
        """The pools have 1, 3, 5 or 7 managers together."""
        managers = len(self.names("manager"))
        if managers not in (1, 3, 5, 7):
            if not any(pool.role == "manager" for pool in self.pools.values()):
                raise ValueError("pools: no pool with role: manager; required: one that has 1, 3, 5 or 7 machines")
            raise ValueError(f"pools: {managers} managers given; allowed: 1, 3, 5 or 7 (an even number adds no safety)")
        return self

    def names(self, *roles: str, active: bool = False) -> list[str]:
        """Return the names of the machines with these roles, in the order of pools and members.

        With `active`, leave out machines on which services may not run.
        """
        return [
            name
            for name, pool, _ in self._each()
            if pool.role in roles and (not active or self.availability_of(name) == "active")
        ]

    def _each(self) -> Iterator[tuple[str, P, str]]:
        """Yield the name, the pool and the member of each machine."""
        for name, pool in self.pools.items():
            for member in pool.members():
                yield f"{name}-{member}", pool, member

    def availability_of(self, machine: str) -> Availability:
        """Return whether services may run on a machine."""
        override = self.overrides.get(machine)
        if override is not None and override.availability is not None:
            return override.availability
        return next(pool.availability for name, pool, _ in self._each() if name == machine)

    def labels_of(self, machine: str) -> dict[str, str]:
        """Return the node labels of a machine."""
        of_pool = next(pool.labels_of(member) for name, pool, member in self._each() if name == machine)
        override = self.overrides.get(machine)
        return of_pool | (override.labels if override is not None else {})

    def first_manager(self) -> str:
        """Return the first manager of the pools that are active.

        The availability of a single machine has no part in it: its data stay on the machine.
        """
        managers = [(name, pool.availability) for name, pool, _ in self._each() if pool.role == "manager"]
        return next((name for name, availability in managers if availability == "active"), managers[0][0])

    @property
    def firewall_mode(self) -> FirewallMode:
        """Return which packets the rules on each machine filter."""
        return "containers"

    @property
    def virtual_address(self) -> IPv4Address | None:
        """Return the address that moves between the managers; None if there is none."""
        return None

    def vrrp_sources(self) -> dict[str, list[IPv4Address]]:
        """Return the addresses that may send VRRP to each manager; none without such an address."""
        return {}

    def machine_network(self) -> tuple[str, IPv4Network | None] | None:
        """Return the setting and the network that the program creates for the machines; None if it creates none."""
        return None

    def cluster_networks(self) -> list[IPv4Network]:
        """Return the source networks of the machines' packets, for the rules on each machine."""
        return []

    def systems(self) -> Mapping[str, str]:
        """Return the systems by machine, of a provider that replaces a machine for another system."""
        return {}

    def ssh_ports(self) -> set[int]:
        """Return the ports of the machines' SSH servers."""
        return {SSH.number}

    def labels(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield each setting with node labels, and its labels."""
        for name, pool in self.pools.items():
            yield f"machines.pools.{name}.labels", pool.labels
        for name, override in self.overrides.items():
            yield f"machines.overrides.{name}.labels", override.labels

    def first_manager_is_clear(self) -> bool:
        """Return whether one manager is clearly the first: pools, and hosts with names, have no order."""
        pools = [pool.members() for pool in self.pools.values() if pool.role == "manager" and pool.members()]
        return len(pools) == 1 and (len(pools[0]) == 1 or "1" in pools[0])

    def names_with_label(self, key: str, value: str) -> list[str]:
        """Return the names of the machines that have a node label."""
        return [name for name, _, _ in self._each() if self.labels_of(name).get(key) == value]


def require_disjoint_pools(subnet: IPv4Network, pools: Sequence[str], setting: str) -> None:
    """Refuse pools whose machines would share addresses of a network that the program creates."""
    for pool, other in combinations(sorted(pools), 2):
        if pool_addresses.block(subnet, pool) == pool_addresses.block(subnet, other):
            raise ValueError(
                f"pools: `{pool}` and `{other}` fall on the same addresses of {subnet}; "
                f"allowed: another name for one of them, or a larger {setting}"
            )


def require_prefix_length(network: IPv4Network) -> IPv4Network:
    """Refuse a network that is too small or too large for pools."""
    if not 16 <= network.prefixlen <= 24:
        raise ValueError("a network from /16 to /24")
    return network
