"""How each page with commands is walked: which test does it, and what the reader has and types."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

NOTHING: Final = "nothing"  # a clone, and no stack
LAPTOP: Final = "laptop"  # the same; the page creates the stack `dev`
CLOUD: Final = "cloud"  # an account at Exoscale, its bucket service, and nothing else
HOSTS: Final = "hosts"  # three hosts with a user `ops`, at the addresses of the example
DAY_TWO: Final = "day two"  # a target `prod` that is up

EDIT: Final = Path(__file__).with_name("edit_settings.py")
PASSPHRASE: Final = {r"^read -rsp ": "a passphrase of a reader"}
ANSWERS: Final = PASSPHRASE | {r"^make up STACK=prod": "y", r"^make down STACK=prod": "prod"}


KEY: Final = ("export EXOSCALE_API_KEY=EXO... EXOSCALE_API_SECRET=...",)
PROD: Final = (  # a stack without machines, whose state is in .state
    "make stack NAME=prod FROM=exoscale-target",
    "tools/setup.sh tools",
    'eval "$(tools/env.sh)"',
    "pulumi stack init prod",
)


@dataclass(frozen=True)
class Walk:
    """The test that walks a page, and what the reader has and does beside its commands."""

    place: str
    before: tuple[str, ...] = ()  # commands before the page, such as those of the page before
    edits: tuple[str, ...] = ()  # patterns of commands after which the reader edits Pulumi.prod.yaml
    answers: Mapping[str, str] = field(default_factory=lambda: ANSWERS)  # typed, by a pattern of the command that asks


def edit(stack: str, changes: Mapping[str, Any]) -> str:
    """Return the command that changes settings in a stack's file as an editor does."""
    return shlex.join([sys.executable, str(EDIT), f"Pulumi.{stack}.yaml", json.dumps(changes)])


WALKS: Final = {  # pages of one place in the order in which they are walked
    "docs/01-laptop.md": Walk(LAPTOP),
    "README.md": Walk(LAPTOP),
    "docs/settings.md": Walk(LAPTOP),
    "VERSIONING.md": Walk(LAPTOP),
    "docs/05-target-and-host.md": Walk(LAPTOP),
    "docs/15-pull-requests.md": Walk(NOTHING),
    "docs/develop/dashboards.md": Walk(NOTHING, before=("export PATH=$PWD/.venv/bin:$PATH",)),
    "docs/02-exoscale.md": Walk(CLOUD, edits=("^make stack ",)),
    "docs/14-state-and-secrets.md": Walk(CLOUD, before=(*KEY, *PROD)),
    "docs/without-make.md": Walk(CLOUD, edits=(r"firewall\.management\[0\]",)),
    "docs/03-existing-hosts.md": Walk(HOSTS, edits=("^make stack ",)),
    "docs/04-after-it-is-up.md": Walk(DAY_TWO),
    "docs/06-scale-and-change.md": Walk(DAY_TWO),
    "docs/07-maintenance.md": Walk(DAY_TWO),
    "docs/08-upgrades.md": Walk(DAY_TWO),
    "docs/09-loss.md": Walk(DAY_TWO),
    "docs/10-backup.md": Walk(DAY_TWO),
    "docs/13-security.md": Walk(DAY_TWO, before=("ssh-keygen -q -t ed25519 -N '' -f alice",)),
    "docs/alerts.md": Walk(DAY_TWO),
    "docs/applications.md": Walk(DAY_TWO),
    "docs/certificates.md": Walk(DAY_TWO),
    "docs/files.md": Walk(DAY_TWO),
    "docs/monitoring.md": Walk(DAY_TWO),
    "docs/volumes.md": Walk(DAY_TWO),
    "docs/11-tear-down.md": Walk(DAY_TWO),
}
