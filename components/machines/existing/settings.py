"""Settings of existing hosts."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from components.fields import Label, Section, SingleLineText
from components.machines.data_paths import DataPath
from components.machines.pool_settings import PoolSettings
from components.machines.settings import SSH_KEY, FirewallMode
from components.machines.virtual_ip_settings import VirtualIpMachines
from components.network_fields import Address
from components.text_form import TextForm

KEY = r"(?:ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+=*"  # a public host key, "<type> <base64>"


def _without_comment(text: str) -> str:
    """Return a host key without the comment at its end."""
    found = re.match(KEY.replace(" ", r"[ \t]+") + r"(?=\s|$)", text.strip())
    return " ".join(found[0].split()) if found else text


def _advice_on_key(text: str) -> str:
    """Return what to do about a line of known_hosts, a fingerprint, or a key without its type."""
    found = re.search(rf"(?<=\s){KEY}", text)
    if found:
        return f"write it without what stands before it: {found[0]}"
    if re.match(r"(?:SHA256:|MD5:|(?:[0-9a-f]{2}:){15})", text.strip()):
        return "this is a fingerprint; `make hostkey HOST=<address>` prints the key"
    if re.fullmatch(r"AAAA[A-Za-z0-9+/]+=*", text.strip()):
        return "write its type before it; `make hostkey HOST=<address>` prints both"
    kind, space, rest = text.strip().partition(" ")
    lowered = _without_comment(f"{kind.lower()}{space}{rest}")
    return f"did you mean {lowered}?" if lowered != text and re.fullmatch(KEY, lowered) else ""


MemberName = Annotated[
    str, TextForm(r"^[a-z0-9][a-z0-9-]{0,20}$", "a name of up to 21 lower-case letters, digits and hyphens", "1")
]
User = Annotated[str, TextForm(r"^[a-z_][a-z0-9_-]{0,31}$", "the name of a user in lower case", "ubuntu")]
HostKey = Annotated[
    str,
    TextForm(
        f"^{KEY}$",
        "a public host key of one line",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAvGJRWc8eCXpYWVcvvNc5G5Mj0E9+7b7cnQmJ8hVvQ1",
        normalized=_without_comment,
        advice=_advice_on_key,
    ),
]


class HostSettings(Section):
    """A host that the secret `ssh_private_key` opens by SSH, for root or a user with sudo without password."""

    address: Address = Field(description="address that this program and users connect to (existing)")
    private_address: Address | None = Field(
        None, description="address that the other machines connect to; `address` if unset (existing)"
    )
    port: int = Field(22, ge=1, le=65535, description="port of the SSH server (existing)")
    user: User = Field("root", description="SSH user; root, or with sudo without password (existing)")
    host_key: HostKey = Field(description="public host key of the host; `make hostkey HOST=...` prints it (existing)")
    labels: dict[Label, SingleLineText] = Field(
        {}, examples=[{"disk": "ssd"}], description="additional node labels of the host (existing)"
    )

    def addresses(self) -> Sequence[IPv4Address]:
        """Return all addresses of the host."""
        return [self.address, *([self.private_address] if self.private_address else [])]


class ExistingPoolSettings(PoolSettings):
    """A pool of existing hosts."""

    hosts: dict[MemberName, HostSettings] = Field(
        description="hosts of the pool; `1` of pool `worker` is machine `worker-1` (existing)"
    )

    def members(self) -> Sequence[str]:
        return list(self.hosts)

    def labels_of(self, member: str) -> dict[str, str]:
        return {**self.labels, **self.hosts[member].labels}


class ExistingMachines(VirtualIpMachines[ExistingPoolSettings]):
    """Existing hosts as machines."""

    outlive_stack: ClassVar[bool] = True
    required_secrets: ClassVar[Sequence[str]] = (SSH_KEY,)
    may_run_foreign_containers: ClassVar[bool] = True
    volume_options: ClassVar[frozenset[str]] = frozenset({"path"})

    provider: Literal["existing"] = Field(description="provider of the machines")
    firewall: bool = Field(
        True, description="whether to filter all packets; `false`: only packets of containers (existing)"
    )
    data_path: DataPath = Field("/var/lib/nuvla-swarm", description="folder for data on each machine (existing)")

    @property
    def firewall_mode(self) -> FirewallMode:
        return "confirmed rules" if self.firewall else "confirmed containers"

    def labels(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        yield from super().labels()
        for name, pool in self.pools.items():
            for member, host in pool.hosts.items():
                yield f"machines.pools.{name}.hosts.{member}.labels", host.labels

    def cluster_networks(self) -> list[IPv4Network]:
        return [
            IPv4Network(address)
            for pool in self.pools.values()
            for host in pool.hosts.values()
            for address in host.addresses()
        ] + ([IPv4Network(self.virtual_ip)] if self.virtual_ip else [])

    def private_addresses(self) -> dict[str, IPv4Address]:
        return {name: host.private_address or host.address for name, host in self.hosts().items()}

    def ssh_ports(self) -> set[int]:
        return {host.port for host in self.hosts().values()}

    def hosts(self) -> dict[str, HostSettings]:
        """Return all hosts, by the names of their machines."""
        return {f"{name}-{member}": host for name, pool in self.pools.items() for member, host in pool.hosts.items()}

    @model_validator(mode="after")
    def _require_unique_addresses(self) -> Self:
        """Each address of a host is listed once, and none of them is `machines.virtual_ip` (existing)."""
        listed = [
            (address, f"pools.{name}.hosts.{member}")
            for name, pool in self.pools.items()
            for member, host in pool.hosts.items()
            for address in set(host.addresses())
        ]
        count = Counter(address for address, _ in listed)
        twice = [f"{path}: {address} given twice" for address, path in listed if count[address] > 1]
        if twice:
            raise ValueError(f"{twice[-1]}; allowed: each host once")
        for name, host in self.hosts().items():
            if self.virtual_ip in host.addresses():
                raise ValueError(f"virtual_ip: {self.virtual_ip} given, that of {name}; allowed: an address of no host")
        return self


MACHINES = ExistingMachines
