"""Configurations of stacks for tests, and the texts that Pulumi hands to the program for them."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

NAMESPACE = "nuvla-swarm"


def target(managers: int = 1, workers: int = 2, **sections: Any) -> dict[str, Any]:
    """Return a target on local machines; a given section replaces its own."""
    pools = {"manager": {"role": "manager", "count": managers}, "worker": {"role": "worker", "count": workers}}
    machines = {"provider": "local", "pools": pools}
    return {"kind": "target", "machines": machines, "firewall": {"management": ["10.77.0.1/32"]}} | sections


def on_exoscale(document: Mapping[str, Any], **machines: Any) -> dict[str, Any]:
    """Return the document with its pools on Exoscale; `machines` are further settings of the machines."""
    template = {"id": "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01", "name": "Linux Ubuntu 24.04 LTS 64-bit"}
    place = {"provider": "exoscale", "zone": "ch-gva-2", "template": template, "pools": document["machines"]["pools"]}
    return {**document, "machines": place | machines}


def host(**sections: Any) -> dict[str, Any]:
    """Return a host on local machines, one for each label that Nuvla places services by."""
    pools: dict[str, Any] = {"frontend": {"role": "manager", "labels": {"type": "frontend"}}}
    pools |= {name: {"role": "worker", "labels": {"type": f"worker-{name}"}} for name in ("job", "streams", "db")}
    machines = {"provider": "local", "pools": pools}
    return {"kind": "host", "machines": machines, "firewall": {"management": ["10.77.0.1/32"]}} | sections


HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"
TEMPLATE = {"id": "00000000-0000-4000-8000-000000000001", "name": "Linux Ubuntu 24.04 LTS 64-bit"}


def exoscale(kind: str = "target", managers: int = 1, workers: int = 2, **sections: Any) -> dict[str, Any]:
    """Return an infrastructure on Exoscale."""
    pools = {"manager": {"role": "manager", "count": managers}, "worker": {"role": "worker", "count": workers}}
    machines = {"provider": "exoscale", "zone": "ch-gva-2", "template": TEMPLATE, "pools": pools}
    return {"kind": kind, "machines": machines, "firewall": {"management": ["192.0.2.0/24"]}} | sections


def existing(kind: str = "target", workers: int = 2, **sections: Any) -> dict[str, Any]:
    """Return an infrastructure on existing machines."""

    def hosts(first: int, count: int) -> dict[str, Any]:
        return {str(i + 1): {"address": f"198.51.100.{first + i}", "host_key": HOST_KEY} for i in range(count)}

    pools = {
        "manager": {"role": "manager", "hosts": hosts(1, 1)},
        "worker": {"role": "worker", "hosts": hosts(11, workers)},
    }
    machines = {"provider": "existing", "pools": pools}
    return {"kind": kind, "machines": machines, "firewall": {"management": ["192.0.2.0/24"]}} | sections


# What a configuration of each needs in secrets.
SECRETS = {
    "local": {},
    "exoscale": {"exoscale_api_key": "EXO-KEY", "exoscale_api_secret": "SECRET"},
    "existing": {"ssh_private_key": "KEY"},
}


def secrets_for(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the secrets that a configuration requires."""
    return SECRETS[document["machines"]["provider"]]


def changed(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the document with a value at a path such as `swarm.address_pools[0]`, as `config set --path` does it."""
    result = deepcopy(dict(document))
    place: Any = result
    *way, last = steps(path)
    for step, following in pairwise([*way, last]):
        nothing: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            place += [nothing] * (step + 1 - len(place))
            place = place[step]
        else:
            place = place.setdefault(step, nothing)
    if isinstance(last, int) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return result


def excepted(document: Mapping[str, Any], *rules: str) -> dict[str, Any]:
    """Return the document with exceptions from rules of changes, until tomorrow."""
    tomorrow = datetime.now(UTC).date() + timedelta(1)
    return dict(document) | {"exceptions": dict.fromkeys(rules, tomorrow.isoformat())}


def without(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the document without the value at a path."""
    result = deepcopy(dict(document))
    place: Any = result
    *way, last = steps(path)
    for step in way:
        place = place[step]
    del place[last]
    return result


def steps(path: str) -> list[str | int]:
    """Return the keys and indexes of a path."""
    return [int(index) if index else key for key, index in re.findall(r"([^.\[\]]+(?!\]))|\[(\d+)\]", path)]


def texts(document: Mapping[str, Any]) -> dict[str, str]:
    """Return each section as the text that Pulumi hands to the program: JSON, or a plain text unchanged."""
    return {
        f"{NAMESPACE}:{key}": section if isinstance(section, str) else json.dumps(section)
        for key, section in document.items()
    }
