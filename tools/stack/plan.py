"""A summary of a preview in words, and the changes that `make up` refuses."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tools.stack.events import Step

INSTANCES = ("exoscale:index/computeInstance:ComputeInstance", "docker:index/container:Container")
SERVICE, MEMBERSHIP, COMMAND = "docker:index/service:Service", "nuvla:swarm:Membership", "command:remote:Command"
VOLUMES = ("docker:index/volume:Volume", "exoscale:index/blockStorageVolume:BlockStorageVolume")
STOPPING = {"type", "diskSize"}  # properties of an instance whose change stops it
ENGINE_ENDS, DATA_END = ("-engine-configure", "-engine-install"), "-volume"
DISK_END = "-disk"  # of the volume of a container
MEMBERSHIP_END, JOIN_END = "-membership", "-membership-join"
REPLACE = ("replace", "import-replacement")
GONE = ("delete", *REPLACE)
# Versions of services' files, which services to update stand for.
FILES = ("docker:index/serviceConfig:ServiceConfig", "docker:index/secret:Secret")
MOST_NAMES = 6  # of the other resources in one line
WORDS = {"create": "to create", "update": "to change", "replace": "to replace", "delete": "to remove"}


class Plan:
    """The steps of a preview."""

    def __init__(self, steps: Sequence[Step]):
        self._steps = steps

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not self._counts()

    def lines(self) -> list[str]:
        """Return the number of changes, and those that have a name for operators."""
        counts = self._counts()
        if not counts:
            return ["nothing changes"]
        resources = ", ".join(f"{counts[op]} {word}" for op, word in WORDS.items() if counts[op])
        return [f"resources: {resources}, {self._unchanged()} unchanged", *self.named()]

    def named(self) -> list[str]:
        """Return the changes by name, the gravest last: at the end, a reader of a terminal sees it first."""
        parts = [
            ("machines to create", self._instances("create")),
            ("machines to join the swarm", self._joining() if not self._instances("create") else []),
            ("services to create", self._named(SERVICE, "create")),
            ("services to update", self._named(SERVICE, "update")),
            ("services to replace", self._named(SERVICE, *REPLACE)),
            ("services to remove", self._named(SERVICE, "delete")),
            ("other resources to replace", self._others(COMMAND, *FILES, ops=REPLACE)),  # a command only runs again
            ("other resources to remove", self._others(*FILES, ops=("delete",))),
            ("Docker engines to configure again, which restart if their settings change", self._engines()),
            ("machines to stop and start again", self._stopping()),
            ("machines to take out of the swarm", self._leaving()),
            ("MACHINES TO REMOVE, with their disks", self._instances("delete")),
            ("MACHINES TO REPLACE, with their disks", self._replaced()),
            ("DATA VOLUMES TO DELETE", self.deleted_volumes()),
        ]
        return [f"{text}: {', '.join(names)}" for text, names in parts if names]

    def refusal(self) -> str | None:
        """Return a line if the managers that are replaced at once would lose the swarm."""
        managers = {step.name.removesuffix(MEMBERSHIP_END) for step in self._of(MEMBERSHIP) if _is_manager(step)}
        replaced = [name for name in self._replaced() if name in managers]
        if len(replaced) > 1:
            return (
                f"{', '.join(replaced)} would be replaced at once, and the swarm would be lost: replace one manager "
                "per `make up`"
            )
        if replaced and len(managers) == 1:
            return (
                f"{replaced[0]} would be replaced, and is the only manager: the swarm with all its applications "
                "would be "
                "lost. Add two managers first, or undo the change"
            )
        return None

    def deleted_volumes(self) -> list[str]:
        """Return the names of the data volumes whose data would be deleted."""
        return [
            step.name.removesuffix(DATA_END)
            for step in self._of(*VOLUMES)
            if step.name.endswith(DATA_END) and step.op in ("delete", *REPLACE) and not step.old.get("retainOnDelete")
        ]

    def _counts(self) -> Counter[str]:
        ops = ("replace" if step.op in REPLACE else step.op for step in self._steps if step.is_resource)
        return Counter(op for op in ops if op in WORDS)

    def _unchanged(self) -> int:
        return sum(step.is_resource and step.op == "same" for step in self._steps)

    def _of(self, *kinds: str) -> Iterator[Step]:
        return (step for step in self._steps if step.kind in kinds)

    def _named(self, kind: str, *ops: str) -> list[str]:
        names = (step.name.removesuffix("-service") for step in self._of(kind) if step.op in ops)
        return sorted(set(names))

    def _others(self, *besides: str, ops: Sequence[str]) -> list[str]:
        """Return names of resources that are no machine, part of one that goes, service, or data volume."""
        gone = {*self._instances("delete", *REPLACE), *self._leaving()}
        named = {*INSTANCES, SERVICE, MEMBERSHIP, *besides}
        names = [
            step.name
            for step in self._steps
            if step.is_resource and step.op in ops and step.kind not in named
            if not any(step.name == machine or step.name.startswith(f"{machine}-") for machine in gone)
            if not (step.kind in VOLUMES and step.name.endswith(DATA_END))
        ]
        more = [f"and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
        return [*names[:MOST_NAMES], *more]

    def _instances(self, *ops: str) -> list[str]:
        steps = (step for step in self._of(*INSTANCES) if step.op in ops and step.phase == "machines")
        return sorted({step.name for step in steps})

    def _replaced(self) -> list[str]:
        return [name for name in self._instances(*REPLACE) if name not in self._rebuilt()]

    def _rebuilt(self) -> set[str]:
        """Return the containers that are replaced, and whose disks, which are volumes, stay."""
        containers = {step.name for step in self._of(INSTANCES[1]) if step.op in REPLACE}
        return containers - {step.name.removesuffix(DISK_END) for step in self._of(VOLUMES[0]) if step.op in GONE}

    def _joining(self) -> list[str]:
        """Return the machines whose join is to run; their membership may be there from an update that failed."""
        names = (step.name for step in self._of(COMMAND) if step.op == "create")
        return sorted(name.removesuffix(JOIN_END) for name in names if name.endswith(JOIN_END))

    def _leaving(self) -> list[str]:
        return sorted(step.name.removesuffix(MEMBERSHIP_END) for step in self._of(MEMBERSHIP) if step.op == "delete")

    def _engines(self) -> list[str]:
        """Return the machines whose engine was there before and is configured anew."""
        steps = (step for step in self._of(COMMAND) if step.op in ("update", *REPLACE))
        names = (step.name.removesuffix(end) for step in steps for end in ENGINE_ENDS if step.name.endswith(end))
        return sorted(set(names))

    def _stopping(self) -> list[str]:
        stopped = (step for step in self._of(INSTANCES[0]) if step.op == "update")
        return sorted({step.name for step in stopped if STOPPING.intersection(step.changed)} | self._rebuilt())


def _is_manager(step: Step) -> bool:
    return bool(step.old) and (step.old.get("inputs") or {}).get("role") == "manager"
