"""Shows the machines and addresses of a stack, and whether they answer; with --logins, the generated logins too."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import urllib3

from tools.certificates import shown

MEANINGS = {
    404: ": Traefik was built from packages, without its dashboard's pages; see /api/overview there",
    503: ": no service is published under this very address",
}
# A node: the name of its machine, and what it is in the swarm.
NODE = (
    '{{index .Spec.Labels "nuvla-swarm.machine"}} {{.Status.State}} {{.Spec.Availability}} '
    "{{with .ManagerStatus}}{{if .Leader}}leader{{else}}{{.Reachability}}{{end}}{{end}}"
)
NOT_YET = (404, 502, 503)
PATIENCE_S = 15  # of which Traefik takes some to see a new service
FILES = Path(".state/files")


def outputs(stack: str) -> dict[str, Any]:
    answer = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", stack],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def keep(stack: str, name: str, text: str) -> Path:
    """Writes a file that only its owner reads."""
    folder = FILES / stack
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def nodes(docker: list[str]) -> dict[str, str]:
    """State of the nodes of the swarm, by the names of their machines."""
    ids = _docker(*docker, "node", "ls", "--quiet").split()
    lines = _docker(*docker, "node", "inspect", *ids, "--format", NODE).splitlines() if ids else []
    return {name: " ".join(states).title() for name, *states in map(str.split, lines)}


def _docker(*command: str) -> str:
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    if answer.returncode != 0:
        print(answer.stderr.strip(), file=sys.stderr)
    return answer.stdout


def ask(url: str, login: dict[str, str] | None = None) -> requests.Response:
    """What a URL answers, after the time that Traefik may take to see a new service; only the stack vouches for it."""
    auth = (login["username"], login["password"]) if login else None
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = requests.get(url, auth=auth, verify=False, timeout=5, allow_redirects=False)  # noqa: S501
        if found.status_code not in NOT_YET or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def healthy(url: str, login: dict[str, str] | None = None) -> str:
    """Whether a service says that it is well."""
    try:
        found = ask(url, login)
    except requests.RequestException as error:
        return f"does not answer: {type(error).__name__}"
    return "healthy" if found.ok else f"answers {found.status_code}"


def entry(url: str) -> str:
    """What Traefik's own addresses answer."""
    try:
        code = requests.get(url, verify=False, timeout=5, allow_redirects=False).status_code  # noqa: S501
    except requests.RequestException as error:
        return f"does not answer: {type(error).__name__}"
    return f"answers {code}{MEANINGS.get(code, '')}"


def prometheus(found: dict[str, Any], path: str) -> dict[str, Any]:
    """What the API of Prometheus answers; nothing where it does not, which its own line tells."""
    try:
        answer = ask(f"{found['urls']['prometheus']}api/v1/{path}", found["logins"]["prometheus"])
        data: dict[str, Any] = answer.json()["data"]
    except (requests.RequestException, KeyError, ValueError):
        return {}
    return data


def query(found: dict[str, Any], expression: str) -> list[dict[str, Any]]:
    """What Prometheus has measured."""
    results: list[dict[str, Any]] = prometheus(found, f"query?query={quote(expression)}").get("result", [])
    return results


def nfs(found: dict[str, Any]) -> str:
    """What the probe of the NFS port says: operators do not reach it themselves."""
    if "prometheus" not in found["urls"]:
        return "not probed: there is no monitoring"
    for result in query(found, 'probe_success{job="nfs"}'):
        return "healthy" if result["value"][1] == "1" else "does not answer"
    return "not probed yet"


def watched(found: dict[str, Any]) -> str:
    """How much of what is measured answers, and which alerts fire."""
    states = [target["health"] for target in prometheus(found, "targets?state=active").get("activeTargets", [])]
    new = f", {states.count('unknown')} not asked yet" if "unknown" in states else ""
    alerts = query(found, 'ALERTS{alertstate="firing",alertname!="Watchdog"}')
    names = sorted({alert["metric"]["alertname"] for alert in alerts})
    return f"{states.count('up')} of {len(states)} targets are up{new}; alerts: {', '.join(names) or 'none'}"


def services(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Each address with how it is."""
    urls, logins = found["urls"], found["logins"]
    lines = {name: (urls[name], entry(urls[name])) for name in ("traefik", "dashboard")}
    if "prometheus" in urls:
        url = f"{urls['prometheus']}-/healthy"
        lines["prometheus"] = (urls["prometheus"], f"{healthy(url, logins['prometheus'])}; {watched(found)}")
        lines["grafana"] = (urls["grafana"], healthy(f"{urls['grafana']}api/health"))
    if "s3" in urls:
        lines["s3"] = (urls["s3"], healthy(f"{urls['s3']}/health"))
        lines["s3_console"] = (urls["s3_console"], healthy(urls["s3_console"]))
    if "nfs" in found:
        lines["nfs"] = (f"{found['nfs']['address']}:{found['nfs']['path']}", nfs(found))
    return lines


def certificates(found: dict[str, Any]) -> list[str]:
    """Until when Docker's API is open to whom: who holds one, and the first to end first."""
    lines = []
    for holder, end in sorted(found.get("certificates", {}).items(), key=lambda one: str(one[1])):
        until = datetime.fromisoformat(end)
        days = (until - datetime.now(UTC)).days
        told = f"{days} days" if days >= 0 else "it has ended"
        lines.append(f"on 2376, of {holder}: until {until:%Y-%m-%d}, {told}")
    return lines


def logins(found: dict[str, Any]) -> dict[str, str]:
    """Names and passwords that the program made."""
    lines = {name: f"{login['username']} {login['password']}" for name, login in found["logins"].items()}
    if "s3" in found:
        lines["s3"] = f"{found['s3']['access_key']} {found['s3']['secret_key']}"
    return lines


def main(stack: str, *, with_logins: bool) -> None:
    urllib3.disable_warnings()
    found = outputs(stack)
    if not found:
        sys.exit(f"{stack}: is not up; `make up STACK={stack}`")
    key = keep(stack, "ssh_key", found["ssh"]["private_key"])
    endpoint, operator = found["docker"]["endpoint"], found["docker"]["operator"]
    for name, text in operator.items():
        keep(stack, f"{name}.pem", text)
    docker = ["docker", "--tlsverify", "--host", endpoint]
    for option in ("ca", "cert", "key"):
        docker.append(f"--tls{option if option != 'ca' else 'cacert'}={FILES / stack / option}.pem")
    state = nodes(docker)
    print(f"\n{found['kind']} `{stack}`\n")
    for name, machine in found["machines"].items():
        print(f"  {name:<14} {machine['public_address']:<16} {state.get(name, 'not in the swarm').rstrip()}")
    print()
    for name, (address, health) in services(found).items():
        print(f"  {name:<14} {address}  {health}")
    print()
    host = urlsplit(found["urls"]["traefik"]).hostname or ""
    for name, machine in found["machines"].items():
        if machine["role"] == "manager":
            print(f"  {'certificate':<14} on {name}: {shown(machine['public_address'], host)}")
    for line in certificates(found):
        print(f"  {'certificate':<14} {line}")
    print()
    if with_logins:
        for name, login in logins(found).items():
            print(f"  {name:<14} {login}")
    else:
        print(f"  {'logins':<14} make status STACK={stack}")
    print(f"\n  ssh -i {key} {found['ssh']['user']}@<address>")
    print(f"  export DOCKER_HOST={endpoint} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH={key.parent}\n")


if __name__ == "__main__":
    main(sys.argv[1], with_logins="--logins" in sys.argv[2:])
