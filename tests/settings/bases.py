"""Configurations that the rows of tests/settings/table/ start from: one for each kind of infrastructure."""

from dataclasses import dataclass
from typing import Any

from tests.support.configs import existing, exoscale, host, target

SMTP: dict[str, Any] = {"host": "mail.example.org", "from_address": "swarm@example.org"}
MONITORED = {"smtp": SMTP, "alertmanager": {"mute_warnings": {"start": "22:00", "end": "07:30"}}}
API_MANAGER = "swarm.api_manager"  # the setting that names the manager which the program talks to
# With more than one pool of managers, each of these has to name a machine; in the order of the lines that say so.
PLACED = (API_MANAGER, "monitoring.machine", "nfs.machine")
ON_FIRST_MANAGER = dict.fromkeys(PLACED, "manager-1")


@dataclass(frozen=True)
class Base:
    """A kind of infrastructure, on machines of one provider."""

    name: str
    given: dict[str, Any]  # a configuration that has all the settings whose values are tried
    before: dict[str, Any]  # a configuration with one worker, in which one setting at a time is changed


TARGET = Base(
    "target",
    given=target() | {"engine": {"address_pools": [{"base": "10.200.0.0/16"}]}, "monitoring": MONITORED},
    before=target(managers=1, workers=1),
)
HOST = Base("host", given=host(), before=host())
EXOSCALE = Base("exoscale", given=exoscale(), before=exoscale(workers=1))
EXISTING = Base("existing", given=existing(), before=existing(workers=1))
