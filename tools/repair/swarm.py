"""The swarm, asked by Docker's API on port 2376 of the entry, as the program itself reaches it."""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tools.repair.state import KINDS, Entry, State

STACK_LABEL = "io.nuvla.swarm.stack"
ID_LABEL = "io.nuvla.swarm.id"
CONNECT_S, ANSWER_S = 3, 10
END_S, ROLLBACK_S, INTERVAL_S = 30, 60, 0.5
WORDS = {"services": "service", "networks": "network", "configs": "config", "secrets": "secret"}
ID_OF = {"networks": "Id"}  # of other kinds it is "ID"


class NoAnswerError(Exception):
    """The entry does not answer, or is no manager; its text says which."""


@dataclass(frozen=True)
class Found:
    """Something of the swarm that bears the label of the stack."""

    kind: str  # of KINDS
    id: str
    name: str
    labels: Mapping[str, str]
    raw: Mapping[str, Any] = field(compare=False)

    @property
    def update_state(self) -> str:
        """Of a service: how its last update ended, or goes."""
        return str((self.raw.get("UpdateStatus") or {}).get("State", ""))


class Swarm:
    """What is in the swarm, and what may be done about it."""

    def __init__(self, session: requests.Session, url: str):
        self._session = session
        self._url = url

    def marked(self, label: str) -> list[Found]:
        """All that bears the label of the stack, of this checkout or of another."""
        return [found for kind in KINDS.values() for found in self._list(kind, label=[f"{STACK_LABEL}={label}"])]

    def service(self, identity: str) -> Found | None:
        """The service that has an id, whatever labels it bears."""
        answer = self._ask("GET", f"/services/{identity}")
        if answer.status_code == requests.codes.not_found:
            return None
        return self._found("services", answer)[0]

    def nodes(self) -> list[Mapping[str, Any]]:
        """All nodes, as Docker's API tells them."""
        answer = self._ask("GET", "/nodes")
        if not answer.ok:
            raise NoAnswerError(_message(answer))
        return list(answer.json() or [])

    def label(self, node: Mapping[str, Any], key: str, value: str) -> None:
        """Gives a node a label beside those that it has."""
        spec = {**node["Spec"], "Labels": {**(node["Spec"].get("Labels") or {}), key: value}}
        answer = self._ask("POST", f"/nodes/{node['ID']}/update?version={node['Version']['Index']}", json=spec)
        if not answer.ok:
            raise NoAnswerError(f"the node {value}: {_message(answer)}")

    def await_end(self, network: str) -> None:
        """Waits until the entry has taken down its own part of a network that the swarm has no more."""
        deadline = time.monotonic() + END_S
        while self._ask("GET", f"/networks/{network}").ok and time.monotonic() < deadline:
            time.sleep(INTERVAL_S)

    def named(self, kind: str, name: str) -> Found | None:
        """What has a name."""
        return next((found for found in self._list(kind, name=[name]) if found.name == name), None)

    def remove(self, found: Found) -> str | None:
        """Removes something, unless it is in use: then the answer says by whom."""
        answer = self._ask("DELETE", f"/{found.kind}/{found.id}")
        return None if answer.ok or answer.status_code == requests.codes.not_found else _message(answer)

    def try_again(self, service: Found) -> None:
        """Has Swarm forget that an update was stopped or taken back: it goes on with the same description."""
        deadline = time.monotonic() + ROLLBACK_S
        # A rollback is not cut off: its tasks wait for each other's ports, and may do so for ever.
        while (now := self.service(service.id)) and now.update_state == "rollback_started":
            if time.monotonic() > deadline:
                break
            time.sleep(INTERVAL_S)
        if now is not None:
            version = now.raw["Version"]["Index"]
            answer = self._ask("POST", f"/services/{now.id}/update?version={version}", json=now.raw["Spec"])
            if not answer.ok:
                raise NoAnswerError(f"the service {now.name}: {_message(answer)}")

    def _list(self, kind: str, **filters: list[str]) -> list[Found]:
        return self._found(kind, self._ask("GET", f"/{kind}", params={"filters": json.dumps(filters)}))

    def _found(self, kind: str, answer: requests.Response) -> list[Found]:
        if not answer.ok:
            raise NoAnswerError(_message(answer))
        told = answer.json() or []
        return [
            Found(kind, one[ID_OF.get(kind, "ID")], spec["Name"], spec.get("Labels") or {}, one)
            for one in (told if isinstance(told, list) else [told])
            for spec in [one.get("Spec", one)]
            # The entry's own part of a network outlives it until the last task there has ended; it has a list of those.
            if kind != "networks" or (one["Scope"] == "swarm" and one.get("Containers") is None)
        ]

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        try:
            return self._session.request(method, f"{self._url}{path}", timeout=(CONNECT_S, ANSWER_S), **more)
        except requests.RequestException as error:
            raise NoAnswerError(_reason(error)) from error


@contextmanager
def connected(state: State) -> Iterator[Swarm | None]:
    """The swarm of a stack, if the state knows how to reach one."""
    entry = state.entry()
    if entry is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder, requests.Session() as session:
        session.trust_env = False  # neither a proxy nor somebody else's authorities
        session.verify, session.cert = _files(Path(folder), entry)
        yield Swarm(session, f"https://{entry.host.removeprefix('tcp://')}")


def _files(folder: Path, entry: Entry) -> tuple[str, tuple[str, str]]:
    """The certificates, in files that only their owner reads."""
    paths = []
    for name, text in {"ca": entry.ca, "cert": entry.cert, "key": entry.key}.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return paths[0], (paths[1], paths[2])


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason}"


def _reason(error: requests.RequestException) -> str:
    """The innermost of errors that wrap each other."""
    found: BaseException = error
    while (inner := found.__cause__ or found.__context__) is not None:
        found = inner
    return str(found) or type(found).__name__
