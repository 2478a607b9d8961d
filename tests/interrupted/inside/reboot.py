"""What a restart of a machine does to it, without the seconds that a real one takes."""

from tests.interrupted.inside.machine import Machine
from tests.interrupted.inside.state import State, tell

BOOT = ("sysinit.target", "sockets.target", "timers.target", "multi-user.target")


def reboot(machine: Machine, started: State) -> None:
    """Ends all that runs, forgets what is not on the disk, and starts what is enabled.

    `started` is what the machine was after its own start.
    """
    found = machine.settled()
    files = {path: file for path, file in found.files.items() if not path.startswith(("/run/", "/tmp/"))}
    volatile = {path: file for path, file in started.files.items() if path.startswith(("/run/", "/tmp/"))}
    kept = {fact: told for fact, told in found.facts.items() if fact.startswith("interface ")}  # cards stay
    machine.put_back(State({**files, **volatile}, {**started.facts, **kept}))
    tell("systemctl", "daemon-reload")
    tell("systemctl", "start", *BOOT)
    machine.settled()
