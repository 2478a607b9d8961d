"""Scenarios of a script: from which start a machine is brought to which end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.interrupted.programs import script

INSIDE = Path(__file__).with_name("inside")
PACKAGES = ("ca-certificates", "curl", "docker.io", "iptables", "nftables")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a script with an argument, and with values in the place of the program's own."""

    path: str
    verb: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def sent(self) -> dict[str, object]:
        """What the machine gets."""
        return script(self.path, self.verb, **self.values)


@dataclass(frozen=True, kw_only=True)
class Scenario(Run):
    """A run that is killed everywhere."""

    name: str
    packages: Sequence[str] = PACKAGES  # that the machine has
    given: Sequence[Run | str] = ()  # what is done before: runs of scripts, and files of inside/given
    attempts: int = 1  # runs that it may need until one succeeds
    code: int = 0  # how the last one ends
    prints: str = ""  # what it prints, if that matters
    says: str = ""  # part of what it says
    sound: str = ""  # a file of inside/sound: what holds at every moment
    reboots: bool = True
    unlike: Sequence[int] = ()  # numbers of the lines of its output that are different each time

    @property
    def title(self) -> str:
        """For people: "engine/configure: renewed certificates"."""
        place = self.path.replace("/scripts/", "/").removesuffix(".sh")
        return f"{place} {self.verb}: {self.name}" if self.verb else f"{place}: {self.name}"

    def request(self) -> dict[str, object]:
        """What inside/driver.py wants to know."""
        return {
            "script": self.sent(),
            "given": [_before(one) for one in self.given],
            "packages": list(self.packages),
            "attempts": self.attempts,
            "code": self.code,
            "prints": self.prints,
            "says": self.says,
            "sound": (INSIDE / "sound" / self.sound).read_text(encoding="utf-8") if self.sound else "",
            "reboots": self.reboots,
            "unlike": [str(number) for number in self.unlike],
        }


def _before(given: Run | str) -> dict[str, object]:
    if isinstance(given, Run):
        return given.sent()
    return {"parameters": "", "text": (INSIDE / "given" / given).read_text(encoding="utf-8"), "arguments": []}
