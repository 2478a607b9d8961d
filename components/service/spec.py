"""What a stack of services is made of, described apart from the resources that it becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import pulumi

from components.machines.machine import NAME_LABEL
from components.swarm.network import OverlayNetwork


def on_machine(name: str) -> list[str]:
    """The constraint of a service that has to be where its data are."""
    return [f"node.labels.{NAME_LABEL}=={name}"]


@dataclass(frozen=True, kw_only=True)
class File:
    """A file in the containers of a service, kept as a Swarm config. It names secrets and services, and holds none."""

    name: str  # in the preview
    path: str  # in the container
    content: pulumi.Input[str]  # plain text, so that a preview shows its lines


@dataclass(frozen=True, kw_only=True)
class SecretFile:
    """A file /run/secrets/<name>."""

    name: str
    content: pulumi.Output[str]  # secret


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port that is open on each machine that runs the service, in host mode: the client's address is kept."""

    published: int
    target: int
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True, kw_only=True)
class Mount:
    """Something of the machine that containers see."""

    source: str  # path of the machine, or name of a volume
    target: str
    type: Literal["bind", "volume"] = "volume"
    read_only: bool = False
    shared: bool = False  # whether a second container may write there at the same time


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """A command that exits with 0 while the service is well; its image has a shell and `timeout`."""

    command: Sequence[str]
    interval_s: int = 2  # before the first check, and between two until it is well
    pause_s: int = 28  # added to the interval from then on
    timeout_s: int = 3  # of the command
    retries: int = 5
    start_period_s: int = 30

    @classmethod
    def http(cls, url: str) -> Self:
        """A URL inside of the container answers; the images that have it have wget."""
        return cls(command=["wget", "-q", "-O", "/dev/null", url])


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service: alike containers on machines that fit."""

    name: str
    image: pulumi.Input[str] = field(repr=False)
    networks: Sequence[OverlayNetwork] = field(repr=False)
    memory_limit_mib: int  # at which a container is killed; a quarter of it is kept for it
    health: HealthCheck
    replicas: int | None = None  # None: one on each machine that fits
    constraints: Sequence[str] = ()  # of placement, "node.role==manager"
    command: Sequence[str] = ()  # instead of the image's entry point
    args: Sequence[str] = ()
    env: Mapping[str, pulumi.Input[str]] = field(default_factory=dict, repr=False)  # no secrets: anybody may read it
    user: str | None = None  # "<uid>", and its group is of the same number; the image's own if unset
    capabilities: Sequence[str] = ()  # of the kernel's, "CAP_NET_BIND_SERVICE"; it has no other, though it be root
    temporary: Sequence[str] = ("/tmp",)  # folders in memory  # noqa: S108
    read_only: bool = True  # whether nothing else of its container can be written to, but for its mounts
    files: Sequence[File] = field(default=(), repr=False)
    secrets: Sequence[SecretFile] = field(default=(), repr=False)
    mounts: Sequence[Mount] = ()
    ports: Sequence[Port] = ()
    # Between the request to stop and the kill. Well above what the process takes by itself: whoever removes the service
    # through the Docker provider waits exactly this long for the containers to be gone, and fails if one is killed.
    stop_grace_s: int = 20
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StackSpec:
    """Services that belong together."""

    services: Sequence[Service]
    settings: Mapping[str, Any]  # plain settings that made the services: what a preview shows of them
