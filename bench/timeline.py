"""Timeline of an update: steps of Pulumi's engine, in groups, and the chain of steps that decides the duration."""

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READ_INTERVAL_S = 0.005
BEGINS, ENDS = "program starts", "state is written, plugins end"

# Source: terraform-provider-docker, `Delay` of the wait after it creates such a resource.
PROVIDER_WAITS_S = {"docker:index/network:Network": 2.0, "docker:index/service:Service": 2.0}
GROUPS_OF_TYPES = {
    "docker:index/container:Container": "containers",
    "docker:index/volume:Volume": "disks",
    "docker:index/serviceConfig:ServiceConfig": "configs, secrets",
    "docker:index/secret:Secret": "configs, secrets",
    "docker:index/service:Service": "services",
    "random:index/randomPassword:RandomPassword": "passwords",
}
GROUPS_OF_NAMES = {r"-image-pull$": "image pulls", r"^(?!cluster-).*-network$": "overlay networks"}
MACHINE = r"^(manager|worker)-\d+-|-(manager|worker)-\d+$"


@dataclass
class Step:
    """The creation of one resource; times are seconds since the command began."""

    name: str
    group: str
    start_s: float
    end_s: float
    provider_wait_s: float = 0.0
    depends_on: list["Step"] = field(default_factory=list, repr=False)
    decisive: bool = False  # whether the update would have ended earlier without this step

    @property
    def cause(self) -> "Step | None":
        """The dependency that ended last."""
        return max(self.depends_on, key=lambda step: step.end_s, default=None)


class EventLog(threading.Thread):
    """A thread that reads the engine's events as they are written: their own timestamps are whole seconds."""

    def __init__(self, path: Path):
        super().__init__(daemon=True)
        self._path = path
        self._start = time.monotonic()
        self._lines: list[tuple[float, str]] = []
        self._done = threading.Event()

    def run(self) -> None:
        while not self._path.exists() and not self._done.wait(READ_INTERVAL_S):
            pass
        rest = ""
        with self._path.open() as file:
            ended = False
            while not ended:
                ended = self._done.wait(READ_INTERVAL_S)
                *whole, rest = (rest + file.read()).split("\n")
                now = time.monotonic() - self._start
                self._lines += [(now, line) for line in whole]

    def steps(self, total_s: float, state: str) -> list[Step]:
        """Return all steps in the order of their start, the start of the program first; `state` has dependencies."""
        self._done.set()
        self.join()
        steps = dict(self._resources())
        first, last = min(step.start_s for step in steps.values()), max(step.end_s for step in steps.values())
        begin, end = Step(BEGINS, BEGINS, 0, first), Step(ENDS, ENDS, last, total_s, depends_on=list(steps.values()))
        dependencies = _dependencies(json.loads(state)["deployment"]["resources"])
        for urn, step in steps.items():
            step.depends_on = [steps[needed] for needed in dependencies[urn] if needed in steps] or [begin]
        every = sorted([begin, *steps.values(), end], key=lambda step: step.start_s)
        chain: Step | None = end
        while chain:
            chain.decisive = True
            chain = chain.cause
        return every

    def _resources(self) -> Iterator[tuple[str, Step]]:
        begun: dict[str, float] = {}
        for seconds, line in self._lines:
            event = json.loads(line)
            if metadata := event.get("resourcePreEvent", {}).get("metadata"):
                begun[metadata["urn"]] = seconds
            elif metadata := event.get("resOutputsEvent", {}).get("metadata"):
                kind, name = metadata["type"], metadata["urn"].split("::")[-1]
                if not kind.startswith(("nuvla:", "pulumi:")):
                    yield metadata["urn"], Step(name, _group(kind, name), begun[metadata["urn"]], seconds, _fixed(kind))


def _dependencies(resources: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the URNs that each resource waits for: dependencies of itself, its provider and its components."""
    known = {resource["urn"]: resource for resource in resources}
    children: dict[str, list[str]] = {}
    for resource in resources:
        children.setdefault(resource.get("parent", ""), []).append(resource["urn"])

    def whole(urn: str) -> Iterator[str]:
        yield urn
        for child in children.get(urn, []):
            yield from whole(child)

    def needed(urn: str) -> set[str]:
        urns: set[str] = set()
        while resource := known.get(urn):
            provider = resource.get("provider", "").rsplit("::", 1)[0]
            urns |= {provider} | (needed(provider) if provider in known else set())
            for dependency in resource.get("dependencies", []):
                urns |= set(whole(dependency))
            urn = resource.get("parent", "")
        return urns

    return {urn: needed(urn) - set(whole(urn)) for urn in known}


def _fixed(kind: str) -> float:
    return PROVIDER_WAITS_S.get(kind, 0.0)


def _group(kind: str, name: str) -> str:
    """Return the group of a resource; similar resources of all machines are in the same group."""
    if kind.startswith("tls:"):
        return "keys, certificates"
    if group := GROUPS_OF_TYPES.get(kind):
        return group
    return next(
        (group for pattern, group in GROUPS_OF_NAMES.items() if re.search(pattern, name)), re.sub(MACHINE, "", name)
    )


def chart(steps: Iterable[Step], width: int = 60) -> list[str]:
    """Return a line for each group, in the order of their start, with `#` where a step decides the duration."""
    groups: dict[str, list[Step]] = {}
    for step in steps:
        groups.setdefault(step.group, []).append(step)
    total_s = max(step.end_s for members in groups.values() for step in members)
    label = max(map(len, groups))
    lines = [f"{'':{label}}  {'start':>6} {'end':>6}"]
    for group, members in groups.items():
        bar = [" "] * width
        for step in sorted(members, key=lambda step: step.decisive):
            first = int(step.start_s / total_s * width)
            for place in range(first, min(max(int(step.end_s / total_s * width), first + 1), width)):
                bar[min(place, width - 1)] = "#" if step.decisive else "-"
        start_s, end_s = min(step.start_s for step in members), max(step.end_s for step in members)
        lines.append(f"{group:{label}}  {start_s:6.1f} {end_s:6.1f}  {''.join(bar).rstrip()}")
    return lines


@dataclass(frozen=True)
class Link:
    """A step of the chain that decides the duration of an update."""

    step: Step
    waited_s: float  # from the end of its dependencies to its start
    took_s: float


def chain(steps: Iterable[Step]) -> list[Link]:
    """Return the chain, from the start of the program to its end."""
    decisive = [step for step in steps if step.decisive]
    return [
        Link(step, step.start_s - (step.cause.end_s if step.cause else 0), step.end_s - step.start_s)
        for step in decisive
    ]
