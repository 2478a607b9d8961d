"""The machines of one infrastructure, as one thing that is made and destroyed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_tls as tls

from components.machines.machine import Machine, Role
from components.machines.volume import Volume

STACK_LABEL = "io.nuvla.swarm.stack"  # marks all that a stack makes: "<project>/<stack>"
DATA_LABEL = "io.nuvla.swarm.data"  # marks data volumes, by name: no recovery of a killed update removes them


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Machines that are alike."""

    role: Role
    count: int
    availability: str = "active"
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Machines that are dead, by what the settings say of them and what the state has."""

    names: frozenset[str] = frozenset()
    made_anew: Mapping[str, int] = field(default_factory=dict)  # how often, by name, since they were lost
    commands: frozenset[str] = frozenset()  # names of the commands that the state has

    def outputs(self, machines: Mapping[str, Machine]) -> dict[str, Any]:
        """As outputs of a cluster of these machines, which the next run reads."""
        return {
            "lost": sorted(name for name in machines if name in self.names),
            "made_anew": {name: count for name, count in self.made_anew.items() if name in machines},
        }


NONE_LOST = Losses()


@dataclass(frozen=True, kw_only=True)
class Key:
    """Both halves of an SSH key."""

    private: pulumi.Output[str]  # secret, OpenSSH format
    public: pulumi.Output[str]  # "<type> <base64>"


class Cluster(pulumi.ComponentResource):
    """All machines of an infrastructure and what only they need; a subclass per place that machines come from.

    It is what everything inside the machines is deleted with (`deleted_with`), so that destroying a cluster needs
    none of its machines to answer, while a machine that leaves on its own is drained and removed.

    Outputs: ``names`` (list), the machines that it has; ``provider`` (str), where they are from; ``lost`` (list) and
    ``made_anew`` (dict), those that were given up and how often each was made anew; ``keep_volumes`` (bool).
    """

    machines: dict[str, Machine]
    volumes: dict[str, Volume]
    stable_address: pulumi.Output[str] | None = (
        None  # ipv4 of the infrastructure that outlives its entry, if it has one
    )
    outlives = False  # whether its machines go on when it is destroyed, and so have to be left as they were

    def __init__(
        self,
        kind: str,
        name: str,
        props: Mapping[str, Any],
        own_key: Key | None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__(f"nuvla:machines:{kind}", name, dict(props), opts)
        self.login = own_key or self.generated_key(f"{name}-login-key")
        self.machines = {}
        self.volumes = {}

    def generated_key(self, name: str) -> Key:
        """A new ed25519 key, kept in the state."""
        key = tls.PrivateKey(name, algorithm="ED25519", opts=pulumi.ResourceOptions(parent=self))
        return Key(
            private=pulumi.Output.secret(key.private_key_openssh),
            public=key.public_key_openssh.apply(lambda text: " ".join(text.split()[:2])),
        )

    def child_lifecycle(self) -> pulumi.ResourceOptions:
        """Of everything that is inside the machines: what ends with them is not undone step by step."""
        return pulumi.ResourceOptions() if self.outlives else pulumi.ResourceOptions(deleted_with=self)

    def managers(self) -> list[Machine]:
        """The managers, in the order of pools and ordinals."""
        return [machine for machine in self.machines.values() if machine.role == "manager"]


def stack_id() -> str:
    """Value of `MADE_BY_LABEL` for the current stack."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"
