"""Connections to the managers of a stack, by Docker's API with the program's own certificate."""

import tempfile
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests

from tools.console import say
from tools.repair.state import ApiManager, State
from tools.repair.swarm import INTERVAL_S, Reach, Swarm

ELECTION_TIMEOUT_S = 15  # Swarm takes some seconds


@contextmanager
def connected(state: State) -> Iterator[Swarm | None]:
    """Connect to the swarm of a stack, if the state has its API manager; to another one if only that one answers."""
    with managers(state) as found:
        if not found:
            yield None
            return
        first, *others = found
        if not others or found[first].reach() is Reach.MANAGES:
            yield found[first]
            return
        reaches = zip(others, reached([found[name] for name in others]), strict=True)
        other = next((name for name, reach in reaches if reach is Reach.MANAGES), None)
        if other is not None:
            say(f"{state.name}: its API manager {first} does not answer; asks {other} instead")
        yield found[other or first]


@contextmanager
def managers(state: State) -> Iterator[dict[str, Swarm]]:
    """Yield a client of each manager by its machine, first of the API manager; none without one in the state."""
    manager = state.api_manager()
    if manager is None:
        yield {}
        return
    with tempfile.TemporaryDirectory() as folder, requests.Session() as session:
        session.trust_env = False  # ignore proxies and CAs of the environment
        session.verify, session.cert = _files(Path(folder), manager)
        names = {endpoint: name for name, endpoint in state.managers().items()}
        yield {
            names.get(host, host): Swarm(
                session, f"https://{host.removeprefix('tcp://')}", stands_in=host != manager.host
            )
            for host in dict.fromkeys([manager.host, *names])
        }


def reached(swarms: Collection[Swarm]) -> list[Reach]:
    """Return what this computer gets from each of these managers, all asked at once.

    Managers that are there get some time to choose a leader, since the former one may have just died: until they have
    noticed that, they wait for its answer.
    """
    deadline = time.monotonic() + ELECTION_TIMEOUT_S
    while True:
        with ThreadPoolExecutor(max(1, len(swarms))) as pool:
            found = list(pool.map(Swarm.reach, swarms))
        if Reach.MANAGES in found or set(found) <= {Reach.SILENT} or time.monotonic() > deadline:
            return found
        time.sleep(INTERVAL_S)


def _files(folder: Path, manager: ApiManager) -> tuple[str, tuple[str, str]]:
    """Write the certificates to files that only their owner may read; return the paths."""
    paths = []
    for name, text in {"ca": manager.ca, "cert": manager.cert, "key": manager.key}.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return paths[0], (paths[1], paths[2])
