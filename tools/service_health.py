"""Health of the services of a stack: answers of their addresses, and measurements of Prometheus."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import requests

from tools.access.web import Web, reason
from tools.console import Fault

MEANINGS = {
    404: "ready, without pages: this Traefik was built from packages; /api/overview works",
    503: "ready (nothing is published yet)",
}
NOT_READY = (404, 502, 503)
READY_TIMEOUT_S = 15  # includes the time until Traefik sees a new service, and Prometheus has asked its targets
INTERVAL_S = 0.5
Line = tuple[str, str]  # address and health


class Health:
    """The health of the services that the outputs of a stack name."""

    def __init__(self, outputs: dict[str, Any], web: Web):
        self._outputs, self._web = outputs, web
        self._urls, self._logins = outputs["urls"], outputs.get("logins") or {}

    def lines(self) -> dict[str, Line]:
        """Return the address and health of each service; all are asked at once."""
        checks: dict[str, Callable[[str], str]] = {
            "traefik": self.traefik_answer,
            "dashboard": self.traefik_answer,
            "prometheus": self.prometheus_health,
            "grafana": lambda url: self.health(f"{url}api/health"),
            "s3": lambda url: self.health(f"{url}/health"),
            "s3_console": self.health,
        }
        asked = {name: (self._urls[name], check) for name, check in checks.items() if name in self._urls}
        if nfs := self._outputs.get("nfs"):
            asked["nfs"] = (f"{nfs.get('address')}:{nfs.get('path')}", self.nfs)
        with ThreadPoolExecutor(max(1, len(asked))) as pool:
            answers = {name: (at, pool.submit(_guarded, check, at)) for name, (at, check) in asked.items()}
            return {name: (address, answer.result()) for name, (address, answer) in answers.items()}

    def health(self, url: str, login: dict[str, str] | None = None) -> str:
        """Return whether the health page of a service answers with success."""
        try:
            answer = self.ask(url, login)
        except requests.RequestException as error:
            return Fault(f"does not answer: {reason(error)}")
        return "healthy" if answer.ok else Fault(f"answers {answer.status_code}")

    def traefik_answer(self, url: str) -> str:
        """Return the answer of one of Traefik's own addresses; whichever it is, an application may have given it."""
        try:
            code = self.ask(url, not_ready=()).status_code
        except requests.RequestException as error:
            return Fault(f"does not answer: {reason(error)}")
        return MEANINGS.get(code, f"answers {code}")

    def prometheus_health(self, url: str) -> str:
        """Return the health of Prometheus, its targets and alerts."""
        health = self.health(f"{url}-/healthy", self._logins.get("prometheus"))
        return health if isinstance(health, Fault) else f"{health}; {self.targets_and_alerts()}"

    def targets_and_alerts(self) -> str:
        """Return how many targets of Prometheus are up, once all were asked, and which alerts fire."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            targets = self.prometheus("targets?state=active").get("activeTargets", [])
            states = [str(target.get("health")) for target in targets]
            if (states and "unknown" not in states) or time.monotonic() > deadline:
                break
            time.sleep(INTERVAL_S)
        unknown = f", {states.count('unknown')} not asked yet" if "unknown" in states else ""
        alerts = self.query('ALERTS{alertstate="firing",alertname!="Watchdog"}')
        names = sorted({str(alert.get("metric", {}).get("alertname")) for alert in alerts})
        return f"{states.count('up')} of {len(states)} targets are up{unknown}; alerts: {', '.join(names) or 'none'}"

    def nfs(self, _address: str) -> str:
        """Return the health of NFS by Prometheus' probe, because the firewall closes the NFS port to operators."""
        if "prometheus" not in self._urls:
            return "not probed: there is no monitoring"
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not (results := self.query('probe_success{job="nfs"}')) and time.monotonic() < deadline:
            time.sleep(INTERVAL_S)
        if not results:
            return "not probed yet"
        return "healthy" if results[0]["value"][1] == "1" else Fault("does not answer")

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the results of a query of Prometheus."""
        results: list[dict[str, Any]] = self.prometheus(f"query?query={quote(expression)}").get("result", [])
        return results

    def prometheus(self, path: str) -> dict[str, Any]:
        """Return the data of an answer of Prometheus' API, empty without an answer, which another line reports."""
        try:
            answer = self.ask(f"{self._urls['prometheus']}api/v1/{path}", self._logins.get("prometheus"))
            data: Any = answer.json()["data"]
        except (requests.RequestException, KeyError, ValueError, TypeError):
            return {}
        return data if isinstance(data, dict) else {}

    def ask(
        self, url: str, login: dict[str, str] | None = None, not_ready: Sequence[int] = NOT_READY
    ) -> requests.Response:
        """Return the answer of a URL, after the time that Traefik may need to see a new service and its certificate."""
        auth = (login["username"], login["password"]) if login else None
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            is_late = time.monotonic() > deadline
            try:
                answer = self._web.get(url, auth)
            except requests.exceptions.SSLError:
                if is_late:
                    raise
            else:
                if answer.status_code not in not_ready or is_late:
                    return answer
            time.sleep(INTERVAL_S)


def _guarded(check: Callable[[str], str], address: str) -> str:
    """Return the answer of a check, or its error: the status has a line for each service."""
    try:
        return check(address)
    except Exception as error:
        return Fault(f"unknown: {type(error).__name__}: {error}")
