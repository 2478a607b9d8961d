"""A client of the swarm, by Docker's API on port 2376 of the API manager."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import requests

from tools.repair.state import KINDS

STACK_LABEL = "io.nuvla.swarm.stack"
ID_LABEL = "io.nuvla.swarm.id"
CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S = 3, 10
NETWORK_END_TIMEOUT_S, ROLLBACK_TIMEOUT_S, INTERVAL_S = 30, 60, 0.5
WORDS = {"services": "service", "networks": "network", "configs": "config", "secrets": "secret"}
ID_KEYS = {"networks": "Id"}  # key of the id in Docker's API; "ID" for other kinds


class Reach(Enum):
    """What this computer gets from a manager."""

    SILENT = "no connection"
    LATE = "a connection, and no answer in time"
    ANSWERS = "an answer, but not of a manager in a swarm with a leader"
    MANAGES = "the answers of a manager"


class NoAnswerError(Exception):
    """The API manager does not answer, refuses a request, or is no manager; the text says which."""


@dataclass(frozen=True)
class SwarmObject:
    """A service, network, config or secret of the swarm."""

    kind: str  # a value of KINDS
    id: str
    name: str
    labels: Mapping[str, str]
    raw: Mapping[str, Any] = field(compare=False)

    @property
    def update_state(self) -> str:
        """State of the last update of a service, empty if there was none."""
        return str((self.raw.get("UpdateStatus") or {}).get("State", ""))


class Swarm:
    """The objects and nodes of a swarm, and the changes that repairs make to them."""

    def __init__(self, session: requests.Session, url: str, *, stands_in: bool = False):
        self._session = session
        self._url = url
        self.stands_in = stands_in  # whether this is another manager than the API manager, which Pulumi asks

    @property
    def host(self) -> str:
        """Address of the manager."""
        return str(urlsplit(self._url).hostname)

    def reach(self) -> Reach:
        """Return whether the manager answers, and whether it manages a swarm that has a leader."""
        try:
            answer = self._ask("GET", "/nodes")
        except NoAnswerError as error:
            match error.__cause__:
                case requests.exceptions.SSLError():  # a certificate that has expired, say, is what the update renews
                    return Reach.ANSWERS
                case requests.ReadTimeout():
                    return Reach.LATE
            return Reach.SILENT
        return Reach.MANAGES if answer.ok else Reach.ANSWERS

    def marked(self, label: str) -> list[SwarmObject]:
        """Return all objects with the label of the stack, of this checkout or of another."""
        return [found for kind in KINDS.values() for found in self._list(kind, label=[f"{STACK_LABEL}={label}"])]

    def service(self, identity: str) -> SwarmObject | None:
        """Return the service with an id, whatever its labels."""
        answer = self._ask("GET", f"/services/{identity}")
        if answer.status_code == requests.codes.not_found:
            return None
        return self._found("services", answer)[0]

    def nodes(self) -> list[Mapping[str, Any]]:
        """Return all nodes, as Docker's API describes them."""
        answer = self._ask("GET", "/nodes")
        if not answer.ok:
            raise NoAnswerError(_message(answer))
        return list(answer.json() or [])

    def label(self, node: Mapping[str, Any], key: str, value: str) -> None:
        """Add a label to a node."""
        spec = {**node["Spec"], "Labels": {**(node["Spec"].get("Labels") or {}), key: value}}
        answer = self._ask("POST", f"/nodes/{node['ID']}/update?version={node['Version']['Index']}", json=spec)
        if not answer.ok:
            raise NoAnswerError(f"the node {value}: {_message(answer)}")

    def lacking(self, label: str) -> dict[str, str]:
        """Return how many tasks of how many run, of each service with the label of the stack that lacks some."""
        found = {}
        for service in self._list("services", label=[f"{STACK_LABEL}={label}"]):
            counts = service.raw.get("ServiceStatus") or {}
            running, wanted = counts.get("RunningTasks", 0), counts.get("DesiredTasks", 0)
            if running < wanted:
                found[service.name] = f"{running} of {wanted} tasks run"
        return found

    def await_end(self, network: str) -> None:
        """Wait until the API manager has removed its local part of a network that is gone from the swarm."""
        deadline = time.monotonic() + NETWORK_END_TIMEOUT_S
        while self._ask("GET", f"/networks/{network}").ok and time.monotonic() < deadline:
            time.sleep(INTERVAL_S)

    def named(self, kind: str, name: str) -> SwarmObject | None:
        """Return the object of a kind with a name."""
        return next((found for found in self._list(kind, name=[name]) if found.name == name), None)

    def remove(self, found: SwarmObject) -> str | None:
        """Remove an object; if it is in use, return Docker's message, which names the users."""
        answer = self._ask("DELETE", f"/{found.kind}/{found.id}")
        return None if answer.ok or answer.status_code == requests.codes.not_found else _message(answer)

    def try_again(self, service: SwarmObject) -> None:
        """Update a service to its own description, so that Swarm forgets that its last update was paused or undone."""
        deadline = time.monotonic() + ROLLBACK_TIMEOUT_S
        # Let a rollback end: if it is interrupted, its tasks may wait for each other's ports for ever.
        while (current := self.service(service.id)) and current.update_state == "rollback_started":
            if time.monotonic() > deadline:
                break
            time.sleep(INTERVAL_S)
        if current is not None:
            version = current.raw["Version"]["Index"]
            answer = self._ask("POST", f"/services/{current.id}/update?version={version}", json=current.raw["Spec"])
            if not answer.ok:
                raise NoAnswerError(f"the service {current.name}: {_message(answer)}")

    def _list(self, kind: str, **filters: list[str]) -> list[SwarmObject]:
        parameters = {"filters": json.dumps(filters), "status": "1"}  # counts of tasks, of services alone
        return self._found(kind, self._ask("GET", f"/{kind}", params=parameters))

    def _found(self, kind: str, answer: requests.Response) -> list[SwarmObject]:
        if not answer.ok:
            raise NoAnswerError(_message(answer))
        data = answer.json() or []
        return [
            SwarmObject(kind, item[ID_KEYS.get(kind, "ID")], spec["Name"], spec.get("Labels") or {}, item)
            for item in (data if isinstance(data, list) else [data])
            for spec in [item.get("Spec", item)]
            # The API manager's local part of a removed network stays until its last task ends; only that part lists
            # containers.
            if kind != "networks" or (item["Scope"] == "swarm" and item.get("Containers") is None)
        ]

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            timeout = (CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S)
            return self._session.request(method, f"{self._url}{path}", timeout=timeout, **options)
        except requests.RequestException as error:
            raise NoAnswerError(_reason(error)) from error


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason}"


def _reason(error: requests.RequestException) -> str:
    """Return the text of the innermost of nested errors."""
    innermost: BaseException = error
    while (inner := innermost.__cause__ or innermost.__context__) is not None:
        innermost = inner
    return str(innermost) or type(innermost).__name__
