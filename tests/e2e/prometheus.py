"""Prometheus, as somebody who logs in to it sees it."""

from dataclasses import dataclass
from typing import Any, Self

import requests

PATIENCE_S = 90


@dataclass(frozen=True)
class Prometheus:
    """Somebody who logs in."""

    user: requests.Session
    url: str
    login: tuple[str, str]

    @classmethod
    def of(cls, outputs: dict[str, Any], user: requests.Session) -> Self:
        """The one of an infrastructure with these outputs."""
        login = outputs["logins"]["prometheus"]
        return cls(user, outputs["urls"]["prometheus"], (login["username"], login["password"]))

    def ask(self, path: str, **parameters: str) -> Any:
        answer = self.user.get(f"{self.url}api/v1/{path}", params=parameters, auth=self.login, timeout=20)
        found = answer.json()
        assert found["status"] == "success", f"{parameters}: {found.get('error')}"
        return found["data"]

    def series(self, expression: str) -> list[Any]:
        """The series that an expression has now."""
        found: list[Any] = self.ask("query", query=expression)["result"]
        return found
