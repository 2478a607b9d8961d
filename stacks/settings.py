"""Everything a user can set: one model per section of the stack's configuration."""

from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from components.machines import addresses

SMALLEST = 28  # prefix length of the smallest network that is cut from a range


def _network(given: Any, parse: ValidatorFunctionWrapHandler) -> Any:
    try:
        return parse(given)
    except ValueError as error:  # it tells what is wrong, but not what is allowed
        raise ValueError("an IPv4 network with no host bits set, such as 10.77.0.0/16") from error


def _range(network: IPv4Network) -> IPv4Network:
    if network.prefixlen > SMALLEST:
        raise ValueError(f"a network of /{SMALLEST} or larger")
    return network


Network = Annotated[IPv4Network, WrapValidator(_network)]
Range = Annotated[Network, AfterValidator(_range)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
Domain = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")]
Image = Annotated[str, StringConstraints(pattern=r"^[\w./:-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$")]
Label = Annotated[str, StringConstraints(pattern=r"^[\w./-]+$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\r\n]*$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[\w.-]+(:[0-9]+)?$")]


class Section(BaseModel):
    """Plain values, known before anything is deployed: no secret, no address of a machine, no Output."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Pool(Section):
    """Machines that are alike. A machine is named `<pool>-<ordinal>`, so no pool's size touches another's machines."""

    role: Literal["manager", "worker"] = Field(description="what its machines are in the swarm")
    count: int = Field(1, ge=0, le=60, description="how many machines")
    availability: Literal["active", "pause", "drain"] = Field("active", description="whether services may run on them")
    labels: dict[Label, Line] = Field({}, description="node labels, for placement of services")


class Ssh(Section):
    """The key that opens the machines: generated, unless the user gives both of its halves."""

    public_key: str | None = Field(
        None, pattern=r"^ssh-\S+ \S+", description="your own key; its private half is the secret `ssh_private_key`"
    )


class LocalMachines(Section):
    """Machines that are containers on the local Docker engine."""

    provider: Literal["local"] = Field(description="where machines come from")
    pools: dict[Name, Pool] = Field(description="the pools of machines, by name")
    subnet: Network = Field(IPv4Network("10.77.0.0/16"), description="network of the machines, /16 to /24")
    image: Image = Field("nuvla-swarm/machine:dev", description="image that the machines run")
    privileged: bool = Field(True, description="`false` where the engine has cgroup v1 or may not run privileged ones")
    ssh: Ssh = Field(Ssh(), description="the key that opens the machines")

    @field_validator("subnet")
    @classmethod
    def _holds_the_pools(cls, subnet: IPv4Network) -> IPv4Network:
        if not 16 <= subnet.prefixlen <= 24:
            raise ValueError("a network from /16 to /24")
        return subnet

    @model_validator(mode="after")
    def _has_a_quorum(self) -> Self:
        managers = sum(pool.count for pool in self.pools.values() if pool.role == "manager")
        if managers not in (1, 3, 5, 7):
            raise ValueError(f"pools: {managers} managers given; allowed: 1, 3, 5 or 7 (an even number adds no safety)")
        return self

    @model_validator(mode="after")
    def _pools_have_addresses_of_their_own(self) -> Self:
        for one, other in combinations(sorted(self.pools), 2):
            if addresses.block(self.subnet, one) == addresses.block(self.subnet, other):
                raise ValueError(
                    f"pools: `{one}` and `{other}` fall on the same addresses of {self.subnet}; "
                    "allowed: another name for one of them, or a larger subnet"
                )
        return self

    def names(self, role: str) -> list[str]:
        """Names of the machines of one role, in the order of pools and ordinals."""
        return [
            f"{name}-{ordinal}"
            for name, pool in self.pools.items()
            if pool.role == role
            for ordinal in range(1, pool.count + 1)
        ]


class AddressPool(Section):
    """Networks that an engine cuts its own bridge networks from."""

    base: Range = Field(description="range of the pool")
    prefix: int = Field(24, ge=16, le=SMALLEST, description="size of one network, as its prefix length")

    @model_validator(mode="after")
    def _holds_a_network(self) -> Self:
        if self.prefix < self.base.prefixlen:
            raise ValueError(
                f"prefix: {self.prefix} given; allowed: {self.base.prefixlen} to {SMALLEST}, within {self.base}"
            )
        return self


class Engine(Section):
    """The Docker engine of every machine."""

    source: Literal["distribution", "docker.com"] = Field("distribution", description="whose packages are installed")
    version: str = Field(
        "20.10.24", pattern=r"^\d+\.\d+\.\d+$", description="exact version, the same on all machines, held there"
    )
    log_max_size_mib: int = Field(10, ge=1, le=1024, description="size at which a container's log is rotated")
    log_max_files: int = Field(3, ge=1, le=100, description="rotated logs kept of a container")
    address_pools: list[AddressPool] = Field(
        [AddressPool(base=IPv4Network("10.200.0.0/16"))], min_length=1, description="for networks of one machine"
    )
    registry_mirrors: list[Url] = Field([], description="mirrors for images without a registry in their name")
    certificate_generation: int = Field(1, ge=1, description="raise it to renew the CA and the program's certificate")
    server_certificate_days: int = Field(730, ge=120, le=3650, description="lifetime of the certificates on 2376")
    client_certificate_days: int = Field(365, ge=60, le=3650, description="lifetime of Nuvla's and operators' ones")


class PublicNetwork(Section):
    """The overlay network between Traefik and the services that it publishes."""

    name: Name = Field("traefik-public", description="name that services refer to")
    attachable: bool = Field(False, description="whether single containers may attach to it")


class Swarm(Section):
    """The swarm itself."""

    entry: str | None = Field(None, description="manager that the program talks to; the first one if unset")
    address_pools: list[Range] = Field(
        [IPv4Network("10.201.0.0/16")], min_length=1, description="ranges that overlay networks are cut from"
    )
    subnet_prefix: int = Field(24, ge=16, le=SMALLEST, description="size of one overlay network, as its prefix length")
    public_network: PublicNetwork = Field(PublicNetwork(), description="network of the published services")

    @model_validator(mode="after")
    def _pools_hold_a_network(self) -> Self:
        smallest = max(self.address_pools, key=lambda pool: pool.prefixlen)
        if self.subnet_prefix < smallest.prefixlen:
            raise ValueError(
                f"subnet_prefix: {self.subnet_prefix} given; "
                f"allowed: {smallest.prefixlen} to {SMALLEST}, within {smallest}"
            )
        return self


class Traefik(Section):
    """The entry to the services."""

    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = Field("INFO", description="what Traefik logs")
    access_log: bool = Field(False, description="whether Traefik logs every request")
    memory_limit_mib: int = Field(512, ge=64, description="memory at which it is killed")
    memory_reservation_mib: int = Field(64, ge=16, description="memory that is kept for it")
    certificate_days: int = Field(365, ge=60, le=3650, description="lifetime of the self-signed certificate")

    @model_validator(mode="after")
    def _reserves_no_more_than_the_limit(self) -> Self:
        if self.memory_reservation_mib > self.memory_limit_mib:
            raise ValueError(
                f"memory_reservation_mib: {self.memory_reservation_mib} given; "
                f"allowed: at most memory_limit_mib, {self.memory_limit_mib}"
            )
        return self


class Images(Section):
    """What the services run. The defaults are pinned here and nowhere else."""

    traefik: Image = Field("traefik:v3.7.14", description="Traefik; 3.6.1 or newer for Docker Engine 29")


class Settings(Section):
    """The whole configuration of a stack, apart from secrets."""

    kind: Literal["target"] = Field(description="`target`: Nuvla deploys onto it")
    domain: Domain | None = Field(None, description="name that users reach the infrastructure by")
    machines: LocalMachines = Field(description="the machines")
    engine: Engine = Field(Engine(), description="the Docker engine of every machine")
    swarm: Swarm = Field(Swarm(), description="the swarm")
    traefik: Traefik = Field(Traefik(), description="the entry to the services")
    images: Images = Field(Images(), description="what the services run")

    @model_validator(mode="after")
    def _networks_do_not_overlap(self) -> Self:
        networks = [("machines.subnet", self.machines.subnet)]
        networks += [(f"engine.address_pools[{i}].base", p.base) for i, p in enumerate(self.engine.address_pools)]
        networks += [(f"swarm.address_pools[{i}]", p) for i, p in enumerate(self.swarm.address_pools)]
        overlaps = [
            f"{other}: {right} given; allowed: a network outside {one}, {left}"
            for (one, left), (other, right) in combinations(networks, 2)
            if left.overlaps(right)
        ]
        if overlaps:
            raise ValueError("\n".join(overlaps))
        return self

    @model_validator(mode="after")
    def _entry_is_a_manager(self) -> Self:
        managers = self.machines.names("manager")
        if self.swarm.entry is not None and self.swarm.entry not in managers:
            raise ValueError(f'swarm.entry: "{self.swarm.entry}" given; allowed: one of {", ".join(managers)}')
        return self
