"""The manager that an update works through: the one that the settings prefer, or another one while that one is away."""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from stacks.config.settings import Settings


def preferred(settings: Settings) -> str:
    """Return the name of the manager that the settings prefer, which is none that they declare lost, unless all are."""
    alive = _alive(settings)
    return settings.api_manager if settings.api_manager in alive or not alive else alive[0]


def working(settings: Settings, prior: PriorState) -> str:
    """Return the name of the manager that the program talks to.

    That is the preferred one, unless it does not answer, or is no manager of the swarm while others are. Then it is the
    one of the last update, or else the first that can. This needs no connection, and a preview decides the same.
    """
    wanted = preferred(settings)
    members = [name for name in _alive(settings) if name in prior.managers]
    candidates = [name for name in members if name not in prior.silent] or members
    if not candidates or wanted in candidates:
        return wanted
    return prior.api_manager if prior.api_manager in candidates else candidates[0]


def announcements(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if the update works through another manager than `swarm.api_manager` or the last update."""
    wanted, used = settings.api_manager, working(settings, prior)
    if used != wanted:
        yield f"swarm.api_manager: {wanted} {_absence(settings, prior)}; this update works through {used} instead"
    elif prior.api_manager not in (None, used):
        yield f"swarm.api_manager: this update works through {used}, the last one worked through {prior.api_manager}"


def _alive(settings: Settings) -> list[str]:
    return [name for name in settings.machines.names("manager") if name not in settings.machines.lost]


def _absence(settings: Settings, prior: PriorState) -> str:
    if settings.api_manager in settings.machines.lost:
        return "is lost"
    return "does not answer" if settings.api_manager in prior.silent else "is no manager of the swarm now"
