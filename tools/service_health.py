"""Health of the services of a stack: answers of their addresses, and measurements of Prometheus."""

import time
from typing import Any
from urllib.parse import quote

import requests

MEANINGS = {
    404: ": Traefik was built from packages, without its dashboard's pages; see /api/overview there",
    503: ": no service is published under this very address",
}
NOT_READY = (404, 502, 503)
READY_TIMEOUT_S = 15  # includes the time until Traefik sees a new service


def ask(url: str, login: dict[str, str] | None = None) -> requests.Response:
    """Return the answer of a URL, after the time that Traefik may need to see a new service; verify no certificate."""
    auth = (login["username"], login["password"]) if login else None
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        answer = requests.get(url, auth=auth, verify=False, timeout=5, allow_redirects=False)  # noqa: S501
        if answer.status_code not in NOT_READY or time.monotonic() > deadline:
            return answer
        time.sleep(0.5)


def health(url: str, login: dict[str, str] | None = None) -> str:
    """Return whether the health page of a service answers with success."""
    try:
        answer = ask(url, login)
    except requests.RequestException as error:
        return f"does not answer: {type(error).__name__}"
    return "healthy" if answer.ok else f"answers {answer.status_code}"


def traefik_answer(url: str) -> str:
    """Return the answer of one of Traefik's own addresses."""
    try:
        code = requests.get(url, verify=False, timeout=5, allow_redirects=False).status_code  # noqa: S501
    except requests.RequestException as error:
        return f"does not answer: {type(error).__name__}"
    return f"answers {code}{MEANINGS.get(code, '')}"


def prometheus(outputs: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the data of an answer of Prometheus' API, or nothing if it does not answer: its own line says so."""
    try:
        answer = ask(f"{outputs['urls']['prometheus']}api/v1/{path}", outputs["logins"]["prometheus"])
        data: dict[str, Any] = answer.json()["data"]
    except (requests.RequestException, KeyError, ValueError):
        return {}
    return data


def query(outputs: dict[str, Any], expression: str) -> list[dict[str, Any]]:
    """Return the results of a query of Prometheus."""
    results: list[dict[str, Any]] = prometheus(outputs, f"query?query={quote(expression)}").get("result", [])
    return results


def nfs(outputs: dict[str, Any]) -> str:
    """Return what Prometheus' probe of the NFS port says, because the firewall keeps operators from that port."""
    if "prometheus" not in outputs["urls"]:
        return "not probed: there is no monitoring"
    for result in query(outputs, 'probe_success{job="nfs"}'):
        return "healthy" if result["value"][1] == "1" else "does not answer"
    return "not probed yet"


def targets_and_alerts(outputs: dict[str, Any]) -> str:
    """Return how many targets of Prometheus are up, and which alerts fire."""
    states = [target["health"] for target in prometheus(outputs, "targets?state=active").get("activeTargets", [])]
    unknown = f", {states.count('unknown')} not asked yet" if "unknown" in states else ""
    alerts = query(outputs, 'ALERTS{alertstate="firing",alertname!="Watchdog"}')
    names = sorted({alert["metric"]["alertname"] for alert in alerts})
    return f"{states.count('up')} of {len(states)} targets are up{unknown}; alerts: {', '.join(names) or 'none'}"


def services(outputs: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the address and health of each service that the outputs name."""
    urls, logins = outputs["urls"], outputs["logins"]
    lines = {name: (urls[name], traefik_answer(urls[name])) for name in ("traefik", "dashboard")}
    if "prometheus" in urls:
        url = f"{urls['prometheus']}-/healthy"
        lines["prometheus"] = (
            urls["prometheus"],
            f"{health(url, logins['prometheus'])}; {targets_and_alerts(outputs)}",
        )
        lines["grafana"] = (urls["grafana"], health(f"{urls['grafana']}api/health"))
    if "s3" in urls:
        lines["s3"] = (urls["s3"], health(f"{urls['s3']}/health"))
        lines["s3_console"] = (urls["s3_console"], health(urls["s3_console"]))
    if "nfs" in outputs:
        lines["nfs"] = (f"{outputs['nfs']['address']}:{outputs['nfs']['path']}", nfs(outputs))
    return lines
