"""How each page with commands is walked: which test does it, and what the reader has before the first command."""

from dataclasses import dataclass
from typing import Final

NOTHING: Final = "nothing"  # a clone, and no stack
LAPTOP: Final = "laptop"  # the same; the page creates the stack `dev`
CLOUD: Final = "cloud"  # an account at Exoscale, its bucket service, and nothing else
DAY_TWO: Final = "day two"  # a target `prod` that is up


@dataclass(frozen=True)
class Walk:
    """The test that walks a page, and what the reader has already."""

    place: str
    before: tuple[str, ...] = ()  # commands of the reader before the page, such as those of the page before
    answers: tuple[str, ...] = ()  # what the reader types, a line each, in the order of questions


WALKS: Final = {
    "README.md": Walk(LAPTOP),
    "VERSIONING.md": Walk(LAPTOP),
    "docs/01-laptop.md": Walk(LAPTOP),
    "docs/02-exoscale.md": Walk(CLOUD),
    "docs/03-existing-hosts.md": Walk(NOTHING),
    "docs/04-after-it-is-up.md": Walk(DAY_TWO),
    "docs/05-target-and-host.md": Walk(LAPTOP),
    "docs/06-scale-and-change.md": Walk(DAY_TWO),
    "docs/07-maintenance.md": Walk(DAY_TWO),
    "docs/08-upgrades.md": Walk(DAY_TWO),
    "docs/09-loss.md": Walk(DAY_TWO),
    "docs/10-backup.md": Walk(DAY_TWO),
    "docs/11-tear-down.md": Walk(DAY_TWO),
    "docs/13-security.md": Walk(DAY_TWO),
    "docs/14-state-and-secrets.md": Walk(CLOUD),
    "docs/15-pull-requests.md": Walk(NOTHING),
    "docs/applications.md": Walk(DAY_TWO),
    "docs/certificates.md": Walk(DAY_TWO),
    "docs/develop/dashboards.md": Walk(NOTHING),
    "docs/files.md": Walk(DAY_TWO),
    "docs/monitoring.md": Walk(DAY_TWO),
    "docs/settings.md": Walk(LAPTOP),
    "docs/volumes.md": Walk(DAY_TWO),
    "docs/without-make.md": Walk(CLOUD),
}
