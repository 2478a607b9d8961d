"""The state of a stack, as Pulumi exports it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.kept_outputs import STASH, with_kept_outputs
from components.machines.registry import MODELS
from components.machines.settings import Machines
from components.ports import DOCKER_API
from stacks import prior_outputs
from tools.pulumi_cli import pulumi

PROJECT = "nuvla-swarm"
OWNER = "infrastructure"  # logical name of the infrastructure's id
SWARM_PROVIDER = "::pulumi:providers:docker::swarm-engine"
CLUSTERS = {f"nuvla:machines:{folder.capitalize()}Cluster": model for folder, model in MODELS.items()}
# Types of resources in a swarm, and their names in paths of Docker's API.
KINDS = {
    "docker:index/service:Service": "services",
    "docker:index/network:Network": "networks",
    "docker:index/serviceConfig:ServiceConfig": "configs",
    "docker:index/secret:Secret": "secrets",
}
SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the key by which Pulumi marks secrets
SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class SwarmResource:
    """A resource of the state that is in the swarm."""

    urn: str
    kind: str  # a value of KINDS
    id: str
    outputs: Mapping[str, Any]
    leaves: bool = False  # whether the next update deletes it

    @property
    def name(self) -> str:
        """Name of the resource in the swarm."""
        return str(self.outputs.get("name", self.id))


@dataclass(frozen=True, kw_only=True)
class ApiManager:
    """The Docker API of the manager that the program uses."""

    host: str  # tcp://<address>:<port>
    ca: str
    cert: str
    key: str


class State:
    """The exported state of a stack, with its secrets."""

    def __init__(self, stack: str, deployment: Mapping[str, Any] | None):
        self.stack = stack
        resources = (deployment or {}).get("resources") or []
        self.resources: Sequence[Mapping[str, Any]] = [
            resource for _, resource in with_kept_outputs((one["urn"], one) for one in resources)
        ]
        self.pending: Sequence[Mapping[str, Any]] = (deployment or {}).get("pending_operations") or []

    @classmethod
    def read(cls, stack: str) -> "State":
        """Export the current state of a stack."""
        exported = json.loads(pulumi("stack", "export", "--show-secrets", "--stack", stack))
        return cls(stack, exported["deployment"])

    @property
    def name(self) -> str:
        """Name of the stack without an organization."""
        return self.stack.rpartition("/")[2]

    @property
    def label(self) -> str:
        """Label of all objects that the stack makes; a stack of the same name in another checkout uses it, too."""
        return f"{PROJECT}/{self.name}"

    @property
    def id(self) -> str | None:
        """Label of all objects that this infrastructure makes, and of no others."""
        stashes = (stash for stash in self.of(STASH) if stash["urn"].endswith(f"::{OWNER}"))
        return next((str(stash["outputs"].get("output")) for stash in stashes), None)

    def anything(self) -> list[str]:
        """Return the URN of the stack, a target for refreshes that should only change the state."""
        return self.urns("pulumi:pulumi:Stack")

    @property
    def provider(self) -> type[Machines[Any]] | None:
        """Settings model of the provider of the machines."""
        return next((CLUSTERS[cluster["type"]] for cluster in self.of(*CLUSTERS)), None)

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the stack, secrets included; empty if no update has come to its end yet."""
        outputs = next((root.get("outputs") or {} for root in self.of("pulumi:pulumi:Stack")), {})
        return dict(without_secret_marks(outputs))

    def cluster(self) -> Mapping[str, Any]:
        """Return the inputs of the cluster."""
        return next((cluster.get("inputs", {}) for cluster in self.of(*CLUSTERS)), {})

    def lost(self) -> Sequence[str]:
        """Return the names of machines that were lost at the last update."""
        return [name for cluster in self.of(*CLUSTERS) for name in cluster.get("outputs", {}).get("lost", [])]

    def urns(self, *kinds: str, name: str = "") -> list[str]:
        """Return the URNs of all resources of these types, or of those with a logical name."""
        ending = f"::{name}" if name else ""
        return [str(resource["urn"]) for resource in self.of(*kinds) if resource["urn"].endswith(ending)]

    def ids(self) -> set[str]:
        """Return the ids of all resources."""
        return {str(resource["id"]) for resource in self.resources if resource.get("id")}

    def swarm_resources(self) -> list[SwarmResource]:
        """Return the resources that the state has in the swarm."""
        return [
            SwarmResource(
                urn=resource["urn"],
                kind=KINDS[resource["type"]],
                id=resource["id"],
                outputs=without_secret_marks(resource.get("outputs", {})),
                leaves=resource.get("delete", False),
            )
            for resource in self.of(*KINDS)
            if SWARM_PROVIDER in resource.get("provider", "") and resource.get("id")
        ]

    def swarm_provider(self) -> str | None:
        """Return the URN of the provider of the swarm's resources."""
        urns = (str(resource["urn"]) for resource in self.resources)
        return next((urn for urn in urns if urn.endswith(SWARM_PROVIDER)), None)

    def api_manager(self) -> ApiManager | None:
        """Return the API manager of the last update, if there was any."""
        urn = self.swarm_provider()
        inputs: Any = next((resource["inputs"] for resource in self.resources if resource["urn"] == urn), {})
        values = without_secret_marks(inputs)
        keys = ("host", "caMaterial", "certMaterial", "keyMaterial")
        if not all(isinstance(values.get(key), str) for key in keys):
            return None
        host, ca, cert, key = (values[key] for key in keys)
        return ApiManager(host=host, ca=ca, cert=cert, key=key)

    def managers(self) -> dict[str, str]:
        """Return the endpoints of the Docker API of the managers that joined and are not lost, by machine."""
        found, lost = {}, self.lost()
        for membership in self.of("nuvla:swarm:Membership"):
            outputs = membership.get("outputs") or {}
            if self.role(membership) == "manager" and outputs.get("public_address") and outputs.get("name") not in lost:
                found[str(outputs["name"])] = f"tcp://{outputs['public_address']}:{DOCKER_API.number}"
        return found

    def role(self, membership: Mapping[str, Any]) -> str | None:
        """Return the role that a member got last; an update that stopped may have been about to give it another one."""
        activation = f"{membership['urn'].rpartition('::')[2]}-active"
        inputs = [
            command.get("inputs") or {}
            for command in self.of("command:remote:Command")
            if command["urn"].endswith(f"::{activation}") and not command.get("delete")
        ]
        return prior_outputs.role(without_secret_marks(inputs[0]) if inputs else {}) or (
            membership.get("inputs") or {}
        ).get("role")

    def component(self, kind: str, fits: Callable[[Mapping[str, Any]], bool]) -> str | None:
        """Return the URN of the first component of a type that fits."""
        return next((str(component["urn"]) for component in self.of(kind) if fits(component)), None)

    def waits(self, urn: str) -> list[str]:
        """Return the URNs of the commands that wait until a service is healthy."""
        parent = next(resource.get("parent") for resource in self.resources if resource["urn"] == urn)
        return [
            str(resource["urn"])
            for resource in self.resources
            if resource.get("parent") == parent
            and resource["urn"].endswith("-converged")
            and not resource.get("delete")
        ]

    def of(self, *kinds: str) -> list[Mapping[str, Any]]:
        """Return all resources of these types."""
        return [resource for resource in self.resources if resource["type"] in kinds]


def without_secret_marks(value: Any) -> Any:
    """Return a value with secrets in plain text."""
    if isinstance(value, Mapping):
        if value.get(SECRET) == SIGNATURE:
            return without_secret_marks(json.loads(value["plaintext"]))
        return {key: without_secret_marks(nested) for key, nested in value.items()}
    return [without_secret_marks(nested) for nested in value] if isinstance(value, list) else value
