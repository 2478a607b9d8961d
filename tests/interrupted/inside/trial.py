"""A scenario on a machine: its script is stopped everywhere and run again."""

import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.interrupted.inside import reboot
from tests.interrupted.inside.machine import Machine
from tests.interrupted.inside.state import State, torn
from tests.interrupted.inside.steps import Run, Script, Step, run

# Commands, as bash quotes them: what is known to change nothing, or files alone. To look at all else takes time.
CHANGES_NOTHING = re.compile(r"\\\[|\\\(\\\(|(local|return|shift)\b")
CHANGES_FILES = re.compile(r"(awk|cat|chmod|cmp|cp|cut|echo|find|grep|install|ls|mv|printf|read|rm|sed|sort|touch)\b")


@dataclass(frozen=True)
class Scenario:
    """What to run, from which start."""

    script: Script
    attempts: int  # runs that one whole run may need, as the program tries it again
    code: int  # of a whole run
    prints: str  # what it prints, if that is known
    says: str  # part of what it says besides
    given: tuple[Script, ...]  # what runs before, whole
    sound: str  # a test of what holds at every moment, in bash
    reboots: bool  # whether a restart of the machine in its stead is tried too
    unlike: tuple[str, ...]  # names of settings in what is printed that differ from run to run

    @classmethod
    def read(cls, given: dict[str, Any]) -> "Scenario":
        given = dict(given)
        script = Script(**given.pop("script"))
        before = tuple(Script(**one) for one in given.pop("given"))
        return cls(script=script, given=before, **given)


@dataclass(frozen=True)
class Place:
    """A step of one of the attempts of a whole run."""

    attempt: int
    step: Step

    def __str__(self) -> str:
        again = f", time {self.step.time}" if self.step.time > 1 else ""
        attempt = f", attempt {self.attempt}" if self.attempt > 1 else ""
        return f"line {self.step.lines[0]}{again}{attempt}: {self.step.command}"


@dataclass(frozen=True)
class Whole:
    """A whole run."""

    runs: list[Run]
    state: State

    @property
    def last(self) -> Run:
        return self.runs[-1]


class Trial:
    """A scenario on a machine that has just started."""

    def __init__(self, scenario: Scenario, machine: Machine, started: State):
        self.scenario = scenario
        self.machine = machine
        self.started = started
        self._prepare()
        self.start = self.machine.settled()
        self.sound("before it")
        self.wanted, self.places, self.states = self._watch()

    def _prepare(self) -> None:
        for script in self.scenario.given:
            done = run(script)
            assert done.code == 0, f"what comes before the scenario fails: {done.stdout}{done.stderr}"

    def to_start(self) -> None:
        """The machine is what it was before the script ran."""
        try:
            self.machine.put_back(self.start)
        except AssertionError:  # not all can be put back: mounts of devices, for one
            self.machine.put_back(self.started)
            self._prepare()
            self.machine.put_back(self.start)

    def sound(self, when: str) -> None:
        """Errors: AssertionError when what always has to hold does not."""
        if self.scenario.sound:
            told = subprocess.run(
                ["bash", "-eu", "-c", self.scenario.sound], capture_output=True, text=True, check=False, timeout=60
            )
            assert told.returncode == 0, f"{when}, the machine is not sound: {told.stdout}{told.stderr}"

    def _watch(self) -> tuple[Whole, list[Place], list[State]]:
        """A whole run, its steps, and the state before each."""
        places: list[Place] = []
        states: list[State] = []

        def seen(attempt: int) -> Callable[[Step], bool]:
            def see(step: Step) -> bool:
                before = places[-1].step.command if places else ""
                places.append(Place(attempt, step))
                if CHANGES_NOTHING.match(before):
                    states.append(states[-1])
                else:
                    states.append(self.machine.state(states[-1].facts if CHANGES_FILES.match(before) else None))
                return True

            return see

        wanted = self._whole(seen)
        done = wanted.last
        assert done.code == self.scenario.code, f"a whole run ends with {done.code}: {done.stdout}{done.stderr}"
        assert self.scenario.prints in ("", done.stdout), f"a whole run prints {done.stdout}"
        assert self.scenario.says in done.stderr, f"a whole run says {done.stderr}"
        return wanted, places, states

    def _whole(self, watcher: Callable[[int], Callable[[Step], bool]] | None = None) -> Whole:
        runs: list[Run] = []
        while not runs or (runs[-1].code != 0 and len(runs) < self.scenario.attempts):
            runs.append(run(self.scenario.script, watcher(len(runs) + 1) if watcher else None))
        return Whole(runs, self.machine.settled())

    def _stop_before(self, place: Place) -> None:
        """From the start to this step, and no further."""
        for _ in range(place.attempt - 1):
            run(self.scenario.script)
        run(self.scenario.script, lambda step: step.place != place.step.place)

    def same_end(self, when: str) -> None:
        """Errors: AssertionError when a whole run does not end as the first one did."""
        found = self._whole()
        problems = self.machine.differences(self.wanted.state, found.state)
        if found.last.code != self.wanted.last.code:
            problems.append(f"it ends with {found.last.code}: {found.last.stdout[-500:]}{found.last.stderr[-500:]}")
        elif self._printed(found) != self._printed(self.wanted):
            problems.append(f"it prints {found.last.stdout!r}; should print {self.wanted.last.stdout!r}")
        assert not problems, f"{when}, then run again:\n  " + "\n  ".join(problems)

    def _printed(self, whole: Whole) -> list[str]:
        lines = whole.last.stdout.splitlines()
        return [line for number, line in enumerate(lines) if str(number) not in self.scenario.unlike]

    def interruptions(self, seed: str, most: int) -> Iterator[Callable[[], None]]:
        """Things that could happen: each raises AssertionError if that does not end well.

        It is killed where something has changed, and a third as often all else happens; `most` times, by `seed`.
        """
        kills, others, before = list[Callable[[], None]](), list[Callable[[], None]](), self.start
        for place, state in zip(self.places, self.states, strict=True):
            changed = not state.same(before)
            (kills if changed else others).append(partial(self._killed, place))
            others += self._others(place, before, state) if changed else []
            before = state
        yield self._again
        chosen = random.Random(seed)
        for group, count in ((kills, most), (others, most // 3)):
            yield from chosen.sample(group, min(count, len(group)))

    def _others(self, place: Place, before: State, state: State) -> Iterator[Callable[[], None]]:
        if self.scenario.reboots:
            yield partial(self._restarted, place)
        for path in torn(before, state):
            for size in (0, len(self.machine.text(state.files[path])) // 2):
                yield partial(self._torn, place, path, size)

    def _again(self) -> None:
        self._whole()
        self.same_end("after a whole run")

    def _killed(self, place: Place) -> None:
        self._stop_before(place)
        when = f"killed before {place}"
        self.sound(when)
        self.same_end(when)

    def _restarted(self, place: Place) -> None:
        self._stop_before(place)
        when = f"machine restarted before {place}"
        reboot.reboot(self.machine, self.started)
        self.sound(when)
        self.same_end(when)

    def _torn(self, place: Place, path: str, size: int) -> None:
        self._stop_before(place)
        file = Path(path)
        if not file.exists():
            return  # of a pipeline, the other end came first this time
        os.truncate(file, size)
        when = f"killed before {place}, with {size} bytes of {path}"
        if self.scenario.reboots:
            reboot.reboot(self.machine, self.started)
            self.sound(f"{when}, and restarted")
        self.same_end(when)
