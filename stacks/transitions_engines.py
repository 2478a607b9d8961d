"""Rules of older engines: they do not read what a newer one wrote.

Docker documents no way back. Within a minor version, downgrades only replace binaries. Across minor versions an older
engine may not know what a newer one wrote, and across major versions dockerd ended while it read the swarm's state.
Source: moby/moby issues 38014 (18.06 to 18.03, in swarmkit's store) and 29557 (1.13 to 1.12, raft's files).
"""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from components.rule import Rule
from stacks.config.settings import Settings


def _newer(settings: Settings, prior: PriorState) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the members that stay, each with the newest version of its engine.

    After an update that stopped, that may be the version of its packages: nobody knows whether it has run.
    """
    staying = set(settings.machines.names("manager", "worker")) - set(settings.machines.lost)
    for name, engine in sorted(prior.engines.items()):
        if name in staying & prior.members.keys() and engine.version:
            yield name, max(_parts(version) for version in (engine.version, engine.installed) if version)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _major_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if engines have a newer major version."""
    version = settings.resolved_engine.version or ""
    newer = {name: was for name, was in _newer(settings, prior) if was[0] > _parts(version)[0]}
    if newer:
        yield _line(version, newer, "does not read the swarm and the containers of", "; or another stack")


def _minor_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if engines have a newer minor version of the same major one."""
    version = settings.resolved_engine.version or ""
    major, minor, _ = _parts(version)
    newer = {name: was for name, was in _newer(settings, prior) if was[0] == major and was[1] > minor}
    if newer:
        yield _line(version, newer, "may not read the swarm and the containers of", "")


def _line(version: str, newer: dict[str, tuple[int, ...]], why: str, otherwise: str) -> str:
    newest = max(newer.values())
    least = f"{newest[0]}.{newest[1]}.0"
    was = ".".join(map(str, newest))
    return (
        f"engine.version: {version} given; {', '.join(newer)} had {was}, and an older engine {why} a newer one; "
        f"allowed: {least} or newer, as after a failed upgrade, which the next `make up` continues{otherwise}"
    )


RULES = (
    Rule(
        id="engine-major",
        refuses="an engine of an older major version than the machines have, such as 28 to 27",
        check=_major_stays,
    ),
    Rule(
        id="engine-minor",
        refuses="an engine of an older minor version within the same major one, such as 28.5 to 28.4",
        check=_minor_stays,
        has_exception=True,
    ),
)
