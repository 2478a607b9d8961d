"""The base class of providers of machines; each provider's folder implements it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Any, ClassVar, Generic, TypeVar

import pulumi

from components.generations import Generations
from components.machines.cluster import Cluster, Key, LoginKeys
from components.machines.host_key import PROOF_SUFFIX, HostKeys
from components.machines.owner import Owner
from components.machines.prior_state import PriorState
from components.machines.settings import FORMER_SSH_KEY, SSH_KEY, Machines
from components.machines.ssh_settings import OwnKeySettings, key_of
from components.machines.turns import Build, Turns
from components.machines.volume import Moves, VolumeSpec
from components.manifest import HostTraces
from components.ports import PortRule, TrafficSource
from components.rule import Rule


@dataclass(frozen=True, kw_only=True)
class StackPlan:
    """The other settings of a stack that a provider needs, in plain values known before the deployment."""

    api_manager: str  # name of the manager that the program talks to
    volumes: Mapping[str, VolumeSpec]  # data volumes, by name
    volume_paths: Mapping[str, str | None]  # setting `path` of each volume of the stack's kind, or wherever it is set
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]  # networks of the firewall
    container_networks: Sequence[tuple[str, IPv4Network]]  # ranges of container addresses, with their settings


@dataclass(frozen=True, kw_only=True)
class ClusterInputs:
    """The inputs of a cluster beside the settings of its machines."""

    plan: StackPlan
    owner: Owner
    prior: PriorState
    secrets: Mapping[str, pulumi.Output[str]]  # secrets of the configuration, by key
    rows: Sequence[PortRule]  # of the firewall
    ephemeral: tuple[int, int]  # first and last port of deployed applications
    engine_version: str
    kernel_nfs_server: str | None  # machine whose kernel serves files
    retain_volumes: bool
    moves: Mapping[str, Moves]  # of data volumes that moved to another machine, by name
    host_traces: HostTraces  # all that the program puts on a machine
    turns: Turns  # of machines that are rebuilt


M = TypeVar("M", bound=Machines[Any])


class Provider(ABC, Generic[M]):
    """A provider of machines. Its settings model declares all that needs no code."""

    rules: ClassVar[Sequence[Rule[[Any, StackPlan, PriorState]]]] = ()  # changes that only this provider refuses

    def missing_secrets(self, machines: M, secret_keys: Collection[str]) -> Iterator[str]:  # noqa: ARG002 - for others
        """Yield a line for each secret that these machines lack; `secret_keys` are the configured ones."""
        yield from ()

    def conflicts(self, machines: M, plan: StackPlan) -> Iterator[str]:  # noqa: ARG002 - for others
        """Yield a line for each mistake between the settings of the machines and the others."""
        yield from ()

    def is_same_machine(self, machines: M, prior: PriorState, name: str) -> bool:  # noqa: ARG002 - for others
        """Return whether the machine of this name is still the swarm member that the state has."""
        return True

    def builds(self, machines: M, plan: StackPlan) -> Mapping[str, Build]:  # noqa: ARG002 - for others
        """Return by machine what it is made of; a provider whose machines are never rebuilt has nothing."""
        return {}

    @abstractmethod
    def cluster(self, machines: M, inputs: ClusterInputs) -> Cluster:
        """Create the machines and their data volumes."""


def user_key(secrets: Mapping[str, pulumi.Output[str]], public_key: str | None) -> Key | None:
    """Return the user's own SSH key, if the settings have both halves."""
    private = secrets.get(SSH_KEY)
    if private is None or public_key is None:
        return None
    return Key(private=private, public=pulumi.Output.from_input(public_key))


def login_keys(secrets: Mapping[str, pulumi.Output[str]], ssh: OwnKeySettings, prior: PriorState) -> LoginKeys:
    """Return the keys of machines that the program makes."""
    own = user_key(secrets, ssh.public_key)
    keys = LoginKeys(
        own=own,
        former_own=former_user_key(secrets) if own else None,
        generations=Generations(current=ssh.key_generation, former=ssh.former_key_generation),
        retired=prior.retired_keys,
    )
    if own or not prior.login_key or prior.login_generation == keys.used_generation:
        return keys
    return replace(keys, retired=[*prior.retired_keys, key_of(prior.login_key)])


def made_host_keys(ssh: OwnKeySettings, prior: PriorState, lost: Collection[str]) -> HostKeys:
    """Return the host keys of machines that the program makes."""
    return HostKeys(
        generation=ssh.host_key_generation,
        known=prior.host_keys,
        shown={
            name.removesuffix(PROOF_SUFFIX): command.host_key
            for name, command in prior.commands.items()
            if name.endswith(PROOF_SUFFIX)
        },
        away=prior.silent | frozenset(lost),
    )


def host_keys(secrets: Mapping[str, pulumi.Output[str]]) -> LoginKeys:
    """Return the keys of hosts, which know the user's key already, or the former one."""
    former = former_user_key(secrets)
    private: pulumi.Output[str] = pulumi.Output.secret(secrets[SSH_KEY])
    # Its public half is needed only to add it to the hosts.
    public = private.apply(public_half) if former else pulumi.Output.from_input("")
    return LoginKeys(own=Key(private=private, public=public), former_own=former)


def former_user_key(secrets: Mapping[str, pulumi.Output[str]]) -> Key | None:
    """Return the user's former SSH key, which the machines know already, if it is set."""
    private = secrets.get(FORMER_SSH_KEY)
    return None if private is None else Key(private=private, public=private.apply(public_half))


def public_half(private_key: str) -> str:
    """Return the public half of a private key in OpenSSH format, as "<type> <base64>".

    Errors: `pulumi.RunError` if the text is no such key.
    """
    import asyncssh  # noqa: PLC0415 - takes half a second, which only a replacement of the key needs

    try:
        return key_of(asyncssh.import_private_key(private_key).export_public_key().decode())
    except asyncssh.KeyImportError as error:
        raise pulumi.RunError(
            f"{SSH_KEY} or {FORMER_SSH_KEY}: {error}; allowed: a private key in OpenSSH format, without passphrase"
        ) from error


def incomplete_key(public_key: str | None, secret_keys: Collection[str]) -> Iterator[str]:
    """Yield a line if the settings have only one half of the user's own SSH key."""
    if (public_key is None) != (SSH_KEY not in secret_keys):
        missing = SSH_KEY if public_key else "machines.ssh.public_key"
        yield f"{missing}: not given; required: both halves of your own SSH key, or neither for a generated one"
