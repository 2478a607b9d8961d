"""Rules of changes of managers: a swarm without a majority of its managers accepts no change."""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from components.rule import Rule
from stacks.api_manager import working
from stacks.config.settings import Settings


def _majority_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line unless a majority of the managers stays: removed ones may fail halfway, and lost ones may live."""
    machines, again = settings.machines, [name for name, one in prior.reinstalled.items() if one.role == "manager"]
    before = sorted([*prior.managers, *(name for name in again if name not in prior.lost)])
    lost = [name for name in before if name in machines.lost]
    other = [name for name in before if name in again and name not in lost]
    gone = [name for name in before if name not in machines.names("manager") and name not in lost + other]
    staying = [name for name in before if name not in lost + other + gone]
    if 2 * len(staying) > len(before) or not (staying or other):  # without any, the rule `api-manager` refuses it
        return
    path, given = ("machines.lost", lost) if lost else ("machines.pools", [])
    reasons = [
        *([f"{', '.join(lost)} given"] if given else []),
        *([f"{', '.join(other)} given with another host_key, as if reinstalled"] if other else []),
        *([f"{', '.join(gone)} no managers any more"] if gone else []),
    ]
    least = len(before) // 2 + 1
    yield (
        f"{path}: {'; '.join(reasons)}: {len(staying)} of {len(before)} managers stay; allowed: {least} or more in "
        "each `make up`, as a swarm without a majority of its managers accepts no change; start those that live; for "
        "dead ones see docs/09-loss.md#most-managers"
    )


def _api_manager_is_in_the_swarm(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if no manager of the swarm stays one, through which the program could work."""
    allowed = sorted(name for name in prior.managers if name not in settings.machines.lost)
    if allowed and working(settings, prior) not in allowed:
        manager = settings.api_manager
        value = f"{manager} given" if settings.swarm.api_manager else f"not given, which means {manager}"
        yield (
            f"swarm.api_manager: {value}, which is not in the swarm; allowed: {', '.join(allowed)}; in three "
            "steps: add the new managers and run `make up`; set swarm.api_manager to one of the new managers and run "
            "`make up`; remove the old managers and run `make up`"
        )


def _api_manager_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if the API manager leaves in the update that names another one."""
    former, machines = prior.api_manager, settings.machines
    leaves = former in prior.managers and former not in machines.lost and former not in machines.names("manager")
    if leaves and settings.api_manager in prior.managers:
        yield (
            f"machines.pools: {former} is no manager any more, and is the API manager, to whose address DNS and Nuvla "
            f"lead; allowed: first a `make up` with swarm.api_manager: {settings.api_manager} that keeps {former}"
        )


RULES = (
    Rule(
        id="manager-majority",
        refuses=(
            "removed, demoted, lost or reinstalled managers, if less than a majority stays: such as three managers to "
            "one, or two of three declared lost"
        ),
        check=_majority_stays,
        has_exception=True,
    ),
    Rule(
        id="api-manager",
        refuses=(
            "managers of whom none is in the swarm, such as after another name for the only pool of managers: a second "
            "swarm would begin"
        ),
        check=_api_manager_is_in_the_swarm,
    ),
    Rule(
        id="api-manager-stays",
        refuses="the removal of the API manager in the update that names another one",
        check=_api_manager_stays,
    ),
)
