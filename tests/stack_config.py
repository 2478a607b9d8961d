"""Configurations for tests, and the texts that Pulumi makes of them."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any

NAMESPACE = "nuvla-swarm"


def target(managers: int = 1, workers: int = 2, **sections: Any) -> dict[str, Any]:
    """A target on local machines; a section replaces the one that it would have."""
    pools = {"manager": {"role": "manager", "count": managers}, "worker": {"role": "worker", "count": workers}}
    machines = {"provider": "local", "pools": pools}
    return {"kind": "target", "machines": machines, "firewall": {"management": ["10.77.0.1/32"]}} | sections


def changed(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with another value at a path such as `swarm.address_pools[0]`, as `config set --path` does it."""
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


def without(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The document without what is at a path."""
    result = deepcopy(dict(document))
    place: Any = result
    *way, last = steps(path)
    for step in way:
        place = place[step]
    del place[last]
    return result


def steps(path: str) -> list[str | int]:
    """Keys and indexes of a path."""
    return [int(index) if index else key for key, index in re.findall(r"([^.\[\]]+(?!\]))|\[(\d+)\]", path)]


def texts(document: Mapping[str, Any]) -> dict[str, str]:
    """Each section as the text that Pulumi hands to the program: JSON, but plain texts as they are."""
    return {
        f"{NAMESPACE}:{key}": section if isinstance(section, str) else json.dumps(section)
        for key, section in document.items()
    }
