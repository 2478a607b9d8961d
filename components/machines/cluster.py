"""The base class of clusters: all machines of one infrastructure, created and destroyed together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any

import pulumi
import pulumi_tls as tls

from components.generations import FIRST, Generations
from components.kept_outputs import keep_outputs
from components.machines.host_key import FIRST_HOST_KEYS, HostKey, HostKeys, name_of
from components.machines.machine import Machine, Role
from components.machines.volume import VolumeLocation

STACK_LABEL = "io.nuvla.swarm.stack"  # on everything that a stack creates: "<project>/<stack>"
LOGIN_KEY = "login-key"  # ends the logical name of the generated SSH key of the machines
MADE = "cluster-made"  # logical name of the record of what is true of all machines and volumes
DATA_LABEL = "io.nuvla.swarm.data"  # on data volumes, with their names: the repair of a killed update keeps them


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Machines with the same settings."""

    role: Role
    count: int
    availability: str = "active"
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Losses:
    """The machines that the settings declare lost, and what the state holds about lost machines."""

    names: frozenset[str] = frozenset()
    recreations: Mapping[str, int] = field(default_factory=dict)  # by machine: how often it came back after a loss
    commands: frozenset[str] = frozenset()  # names of the commands in the state
    silent: frozenset[str] = frozenset()  # names of machines that do not answer now

    def of(self, machine: str) -> dict[str, Any]:
        """Return the fields of a `Machine` that say whether it is away, and what the state holds about it."""
        return {"lost": machine in self.names, "silent": machine in self.silent, "commands": self.commands}

    def outputs(self, machines: Mapping[str, Machine]) -> dict[str, Any]:
        """Return the outputs of a cluster of these machines, from which the next run reads the losses."""
        return {
            "lost": sorted(name for name in machines if name in self.names),
            "made_anew": {name: count for name, count in self.recreations.items() if name in machines},
        }


NONE_LOST = Losses()


@dataclass(frozen=True, kw_only=True)
class Key:
    """An SSH key pair."""

    private: pulumi.Output[str]  # secret, OpenSSH format
    public: pulumi.Output[str]  # "<type> <base64>"


@dataclass(frozen=True, kw_only=True)
class LoginKeys:
    """The SSH keys that the machines have to let in: the user's own, or generated ones."""

    own: Key | None = None
    former_own: Key | None = None  # which the program still logs in with, until the machines know the own one
    generations: Generations = FIRST  # of generated keys
    retired: Sequence[str] = ()  # public halves of earlier generated keys, which no machine may let in any more

    @property
    def used_generation(self) -> int:
        """Return the generation that the program logs in with: the former one, as long as that is valid."""
        return self.generations.valid[-1]

    def props(self) -> dict[str, Any]:
        """Return what a preview shows of them; nothing before any replacement."""
        shown = {} if self.own else self.generations.props()
        return {"login_key": shown} if shown else {}

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of a cluster from which the next run reads these keys; none before any replacement."""
        if self.own or (self.used_generation == 1 and not self.retired):
            return {}
        return {"login_generation": self.used_generation, "retired_keys": list(self.retired)}


GENERATED = LoginKeys()  # a key that was never replaced


class Cluster(pulumi.ComponentResource):
    """All machines of an infrastructure and their keys, networks and volumes; each provider has a subclass.

    Resources inside the machines are deleted with the cluster (`deleted_with`): destroying the cluster connects to no
    machine. A single machine that leaves the cluster is drained and removed from the swarm first.

    Outputs: ``names`` (list) of the machines; ``provider`` (str); ``lost`` (list), the machines that the settings
    declare lost, and ``made_anew`` (dict), how often each machine came back after a loss; ``keep_volumes`` (bool),
    whether the volumes are retained.
    """

    machines: dict[str, Machine]
    volumes: dict[str, VolumeLocation]
    stable_address: pulumi.Output[str] | None = None  # ipv4 that survives a replacement of the API manager
    is_address_shared = False  # whether each manager may have the stable address
    survives_destroy = False  # whether the machines live on after `destroy`, so that the program has to clean them up

    def __init__(
        self,
        kind: str,
        name: str,
        props: Mapping[str, Any],
        keys: LoginKeys,
        opts: pulumi.ResourceOptions | None = None,
        *,
        host_keys: HostKeys = FIRST_HOST_KEYS,
    ):
        super().__init__(f"nuvla:machines:{kind}", name, {**props, **keys.props(), **host_keys.props()}, opts)
        self.login_keys = keys
        self._host_keys = host_keys
        former: Key | None
        if keys.own:
            current, former = keys.own, keys.former_own
        else:
            generations = keys.generations
            made = [self.generate_key(generations.name(f"{name}-{LOGIN_KEY}", one)) for one in generations.valid]
            current, former = made[0], made[1] if len(made) > 1 else None
        self.ssh_key = former or current  # the program logs in with
        self.next_key = current if former else None
        self.machines = {}
        self.volumes = {}

    def generate_key(self, name: str) -> Key:
        """Create an ed25519 key; the state holds it."""
        key = tls.PrivateKey(name, algorithm="ED25519", opts=pulumi.ResourceOptions(parent=self))
        return Key(
            private=pulumi.Output.secret(key.private_key_openssh),
            public=key.public_key_openssh.apply(lambda text: " ".join(text.split()[:2])),
        )

    def generate_host_key(self, machine: str) -> tuple[Key, HostKey | None]:
        """Create the host key that a machine is created with, and that of the present generation, if it is another."""
        keys = self._host_keys
        first = self.generate_key(name_of(machine, 1))
        if not keys.is_replaced(machine):
            return first, None
        current = first if keys.generation == 1 else self.generate_key(keys.current(machine))
        former = keys.former(machine)
        if machine in keys.away:  # it shows one of them when it is back
            for name in former:
                self.generate_key(name)
        others = list[pulumi.Input[str]](former.values())
        return first, HostKey(
            first=first.public,
            private=current.private,
            public=current.public,
            others=others if current is first else [first.public, *others],
            is_due=keys.is_due(machine),
        )

    def keep_outputs(
        self, losses: Losses, outputs: Mapping[str, Any], *, made: Sequence[pulumi.Resource] = (), **others: Any
    ) -> None:
        """Register the outputs, with those of all clusters, and record them as `kept_outputs.keep_outputs` does.

        They say at once what the update is going to do. A second record says it when Pulumi has done so with all
        resources `made`: until then, some are still as they were, such as volumes that are not retained yet.
        """
        common = {**losses.outputs(self.machines), **self.login_keys.outputs()}
        keep_outputs(self, {**common, **outputs}, names=list(self.machines), **others)
        if made:
            options = pulumi.ResourceOptions(parent=self, depends_on=list(made))
            pulumi.Stash(MADE, input=dict(outputs), opts=options)

    def share_address(self, address: IPv4Address) -> None:
        """Let the managers share an address, which one of them has."""
        self.stable_address = pulumi.Output.from_input(str(address))
        self.is_address_shared = True

    def child_lifecycle(self) -> pulumi.ResourceOptions:
        """Return options for resources inside the machines: Pulumi skips their deletion when it deletes the cluster."""
        return pulumi.ResourceOptions() if self.survives_destroy else pulumi.ResourceOptions(deleted_with=self)

    def managers(self) -> list[Machine]:
        """Return the managers, in the order of pools and ordinals."""
        return [machine for machine in self.machines.values() if machine.role == "manager"]


def stack_id() -> str:
    """Return the value of `STACK_LABEL` for the current stack."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"
