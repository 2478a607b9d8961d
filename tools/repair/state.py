"""What the state of a stack knows."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.machines.registry import MODELS
from components.machines.settings import Machines

PROJECT = "nuvla-swarm"
STASH, OWNER = "pulumi:index:Stash", "infrastructure"  # of the infrastructure's id: type, and name among others
SWARM_PROVIDER = "::pulumi:providers:docker::swarm-engine"
CLUSTERS = {f"nuvla:machines:{folder.capitalize()}Cluster": model for folder, model in MODELS.items()}
# What the program makes in a swarm, as Docker's API calls it.
KINDS = {
    "docker:index/service:Service": "services",
    "docker:index/network:Network": "networks",
    "docker:index/serviceConfig:ServiceConfig": "configs",
    "docker:index/secret:Secret": "secrets",
}
SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - what Pulumi marks secrets with
SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"


def say(text: str) -> None:
    """To people; what goes to standard output is for a script."""
    print(text, file=sys.stderr)


def pulumi(*arguments: str, shown: bool = False) -> str:
    """What a command of Pulumi prints, unless it is shown to people; where it fails, it has said why."""
    output = sys.stderr if shown else subprocess.PIPE
    done = subprocess.run(["pulumi", *arguments], check=False, stdout=output, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout


@dataclass(frozen=True)
class Made:
    """A resource of the state that is in the swarm."""

    urn: str
    kind: str  # of KINDS
    id: str
    outputs: Mapping[str, Any]
    leaves: bool = False  # with the next update

    @property
    def name(self) -> str:
        """Its name in the swarm."""
        return str(self.outputs.get("name", self.id))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How the program reaches the swarm."""

    host: str  # tcp://<address>:<port>
    ca: str
    cert: str
    key: str


class State:
    """The state of a stack, as it was exported with its secrets."""

    def __init__(self, stack: str, deployment: Mapping[str, Any] | None):
        self.stack = stack
        self.resources: Sequence[Mapping[str, Any]] = (deployment or {}).get("resources") or []
        self.pending: Sequence[Mapping[str, Any]] = (deployment or {}).get("pending_operations") or []

    @classmethod
    def read(cls, stack: str) -> "State":
        """As it is now."""
        exported = json.loads(pulumi("stack", "export", "--show-secrets", "--stack", stack))
        return cls(stack, exported["deployment"])

    @property
    def label(self) -> str:
        """What all that the stack makes is marked with, here and in other checkouts."""
        return f"{PROJECT}/{self.stack}"

    @property
    def id(self) -> str | None:
        """What all that this infrastructure makes is marked with, and nothing else is."""
        found = (one["outputs"].get("output") for one in self.of(STASH) if one["urn"].endswith(f"::{OWNER}"))
        return next((str(one) for one in found), None)

    def anything(self) -> list[str]:
        """URN of a resource that is known without asking anybody: for when the state alone is to be mended."""
        return self.urns("pulumi:pulumi:Stack")

    @property
    def provider(self) -> type[Machines[Any]] | None:
        """Where the machines come from."""
        return next((CLUSTERS[found["type"]] for found in self.of(*CLUSTERS)), None)

    def cluster(self) -> Mapping[str, Any]:
        """Settings of the machines."""
        return next((found.get("inputs", {}) for found in self.of(*CLUSTERS)), {})

    def lost(self) -> Sequence[str]:
        """Machines that were given up by the last update."""
        return [name for found in self.of(*CLUSTERS) for name in found.get("outputs", {}).get("lost", [])]

    def urns(self, *kinds: str, name: str = "") -> list[str]:
        """Of all resources of these types, or of those with a logical name."""
        return [str(one["urn"]) for one in self.of(*kinds) if one["urn"].endswith(f"::{name}" if name else "")]

    def ids(self) -> set[str]:
        """Of everything."""
        return {str(resource["id"]) for resource in self.resources if resource.get("id")}

    def made(self) -> list[Made]:
        """What is in the swarm, by what the state knows."""
        return [
            Made(
                urn=found["urn"],
                kind=KINDS[found["type"]],
                id=found["id"],
                outputs=plain(found.get("outputs", {})),
                leaves=found.get("delete", False),
            )
            for found in self.of(*KINDS)
            if SWARM_PROVIDER in found.get("provider", "") and found.get("id")
        ]

    def swarm_provider(self) -> str | None:
        """URN of the provider of what is in the swarm."""
        return next((str(found["urn"]) for found in self.resources if found["urn"].endswith(SWARM_PROVIDER)), None)

    def entry(self) -> Entry | None:
        """The manager that was talked to in the last update, if one was."""
        urn = self.swarm_provider()
        found = plain(next((one["inputs"] for one in self.resources if one["urn"] == urn), {}))
        keys = ("host", "caMaterial", "certMaterial", "keyMaterial")
        if not all(isinstance(found.get(key), str) for key in keys):
            return None
        host, ca, cert, key = (found[key] for key in keys)
        return Entry(host=host, ca=ca, cert=cert, key=key)

    def component(self, kind: str, fits: Callable[[Mapping[str, Any]], bool]) -> str | None:
        """URN of a component of a type."""
        return next((str(one["urn"]) for one in self.of(kind) if fits(one)), None)

    def waits(self, urn: str) -> list[str]:
        """URNs of what waits until a service is well."""
        parent = next(one.get("parent") for one in self.resources if one["urn"] == urn)
        return [
            str(one["urn"])
            for one in self.resources
            if one.get("parent") == parent and one["urn"].endswith("-converged") and not one.get("delete")
        ]

    def of(self, *kinds: str) -> list[Mapping[str, Any]]:
        """All resources of these types."""
        return [resource for resource in self.resources if resource["type"] in kinds]


def plain(thing: Any) -> Any:
    """Values without their marks of secrets."""
    if isinstance(thing, Mapping):
        if thing.get(SECRET) == SIGNATURE:
            return plain(json.loads(thing["plaintext"]))
        return {key: plain(one) for key, one in thing.items()}
    return [plain(one) for one in thing] if isinstance(thing, list) else thing
