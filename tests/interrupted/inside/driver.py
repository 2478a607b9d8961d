"""Runs inside a machine: takes scenarios from standard input, tells what it finds on standard output, in JSON."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.interrupted.inside import stand_ins
from tests.interrupted.inside.machine import Machine
from tests.interrupted.inside.state import State
from tests.interrupted.inside.trial import Scenario, Trial


def main() -> None:
    """For each scenario: its problems, then how many interruptions were tried, of how many."""
    stand_ins.install()
    machine = Machine()
    started = machine.settled()
    for line in sys.stdin:
        began = time.monotonic()
        tried = check(machine, started, **json.loads(line))
        tell({"tried": tried, "took_s": round(time.monotonic() - began, 1)})


def check(machine: Machine, started: State, scenario: dict[str, Any], seed: str, most: int) -> int:
    """Tries a scenario on a machine that has just started; how many interruptions that were."""
    tried = 0
    try:
        machine.put_back(started)
        stand_ins.have(scenario.pop("packages"))
        trial = Trial(Scenario.read(scenario), machine, started)
    except (AssertionError, TimeoutError, subprocess.TimeoutExpired) as error:
        tell({"problem": str(error)})
        return tried
    for attempt in trial.interruptions(seed, most):
        tried += 1
        try:
            trial.to_start()
            attempt()
        except (AssertionError, TimeoutError, subprocess.TimeoutExpired) as error:
            tell({"problem": str(error)})
    return tried


def tell(line: Mapping[str, Any]) -> None:
    """A line of what is found."""
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
