"""The API of Prometheus, as a user with a login reads it."""

from dataclasses import dataclass
from typing import Any, Self

import requests

SCRAPE_TIMEOUT_S = 90


@dataclass(frozen=True)
class Prometheus:
    """The Prometheus of an infrastructure, with a session and a login."""

    session: requests.Session
    url: str
    login: tuple[str, str]

    @classmethod
    def from_outputs(cls, outputs: dict[str, Any], session: requests.Session) -> Self:
        """Return the Prometheus of an infrastructure with these outputs."""
        login = outputs["logins"]["prometheus"]
        return cls(session, outputs["urls"]["prometheus"], (login["username"], login["password"]))

    def api(self, path: str, **parameters: str) -> Any:
        """Return the data of an API's answer, which has to be a success."""
        answer = self.session.get(f"{self.url}api/v1/{path}", params=parameters, auth=self.login, timeout=20)
        document = answer.json()
        assert document["status"] == "success", f"{parameters}: {document.get('error')}"
        return document["data"]

    def series(self, expression: str) -> list[Any]:
        """Return the current series of an expression."""
        series: list[Any] = self.api("query", query=expression)["result"]
        return series
