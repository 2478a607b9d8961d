"""Descriptions of services, files, ports and mounts: plain values without Pulumi resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import pulumi

from components import assets
from components.machines.machine import NAME_LABEL
from components.swarm.network import OverlayNetwork


def constraint_for_machine(name: str) -> list[str]:
    """Return the constraint of a service that runs where its data are."""
    return [f"node.labels.{NAME_LABEL}=={name}"]


@dataclass(frozen=True, kw_only=True)
class File:
    """A file in the containers of a service, stored as a Swarm config. Its content is public: put secrets elsewhere."""

    name: str  # part of the config's name in a preview
    path: str  # in the container
    content: pulumi.Input[str]  # plain text, so that a preview shows its lines

    @classmethod
    def copy(cls, source: str, name: str, path: str) -> Self:
        """Return a copy of a file, by its path below components/."""
        return cls(name=name, path=path, content=assets.read(source))


@dataclass(frozen=True, kw_only=True)
class SecretFile:
    """The file /run/secrets/<name> in the containers of a service, stored as a Swarm secret."""

    name: str
    content: pulumi.Output[str]  # secret


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of each machine that runs the service, published in host mode, which preserves the client's address."""

    published: int
    target: int
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A folder or volume of the machine that containers of the service mount."""

    source: str  # path of the machine, or name of a volume
    target: str
    type: Literal["bind", "volume"] = "volume"
    read_only: bool = False
    shared: bool = False  # whether a second container may write there at the same time


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """A command that exits with 0 while the service is healthy; the image needs a shell and `timeout`."""

    command: Sequence[str]
    start_period_s: int = 30  # in which failures do not count
    interval_s: int = 1  # before the first check, and before each one after a failure
    pause_s: int = 29  # added to the interval while the container is healthy
    timeout_s: int = 3  # of the command
    retries: int = 8  # failures one after the other that make the container unhealthy

    @classmethod
    def http(cls, url: str) -> Self:
        """Return the check that a URL inside the container answers; the image needs wget."""
        return cls(command=["wget", "-q", "-O", "/dev/null", url])


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service: identical containers on the machines that its constraints allow."""

    name: str
    image: pulumi.Input[str] = field(repr=False)
    networks: Sequence[OverlayNetwork] = field(repr=False)
    memory_limit_mib: int  # the kernel kills a container above it; Swarm reserves a quarter of it
    health: HealthCheck
    replicas: int | None = None  # None: one on each machine that the constraints allow
    constraints: Sequence[str] = ()  # of placement, "node.role==manager"
    command: Sequence[str] = ()  # replaces the image's entry point
    args: Sequence[str] = ()
    env: Mapping[str, pulumi.Input[str]] = field(default_factory=dict, repr=False)  # public: Docker's API shows it
    user: str | None = None  # "<uid>", also the number of its group; the image's user if unset
    capabilities: Sequence[str] = ()  # of the kernel, "CAP_NET_BIND_SERVICE"; all others are dropped, even for root
    temporary: Sequence[str] = ("/tmp",)  # folders in memory  # noqa: S108
    read_only: bool = True  # whether only mounts and folders in memory can be written to
    files: Sequence[File] = field(default=(), repr=False)
    secrets: Sequence[SecretFile] = field(default=(), repr=False)
    mounts: Sequence[Mount] = ()
    ports: Sequence[Port] = ()
    # Seconds from the request to stop until Docker kills the container. Choose well above what the process needs: to
    # remove a service, the Docker provider waits exactly this long for its containers, and fails if one is killed.
    stop_grace_s: int = 20
    labels: Mapping[str, str] = field(default_factory=dict)
    # Label that changes with a login to the registry: the provider sends the login with each update of the service.
    login_generation: pulumi.Input[str] | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class StackSpec:
    """The services of a `ServiceStack`."""

    services: Sequence[Service]
    settings: Mapping[str, Any]  # plain settings that the services come from; a preview shows them
