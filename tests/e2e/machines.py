"""The machines of `full_target`: local ones, or with NUVLA_SWARM_MACHINES=guests those of tests/kernel."""

import os

from tests.support.crowd import crowd

# How many times as long as local machines they take: a guest's kernel is a process, and each call of it two switches.
PATIENCE_WITH = {"local": 1, "guests": 5}
KIND = os.environ.get("NUVLA_SWARM_MACHINES") or "local"
if KIND not in PATIENCE_WITH:
    raise ValueError(f"NUVLA_SWARM_MACHINES: {KIND!r} given; allowed: {', '.join(PATIENCE_WITH)}")
PATIENCE = PATIENCE_WITH[KIND]
ARE_GUESTS = KIND == "guests"


def patience() -> float:
    """Return how many times as long a step may take now: on slow machines, and while other processes want the cores.

    Not both times: the patience with guests is that of cores which many processes share.
    """
    return max(PATIENCE, crowd())
