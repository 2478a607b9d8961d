"""How crowded the cores of this computer are: bounds of waits are made for a computer that has nothing else to do."""

import os

MOST = 8.0  # a condition that never holds is told all the same


def crowd() -> float:
    """Return how many processes want each core now, at least 1: a step takes that many times as long."""
    return min(max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0))), MOST)
