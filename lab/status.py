"""Shows the machines and addresses of a stack, and whether they answer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests
import urllib3

MEANINGS = {
    500: ": Traefik was built from packages, without its dashboard's pages; see /api/overview there",
    503: ": no service is published under this address",
}
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
    """State of the nodes of the swarm, by hostname."""
    answer = subprocess.run(
        [*docker, "node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.Availability}} {{.ManagerStatus}}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    if answer.returncode != 0:
        print(answer.stderr.strip(), file=sys.stderr)
    return dict(line.split(" ", 1) for line in answer.stdout.splitlines())


def answer(url: str) -> str:
    """What a URL answers; nobody but the stack vouches for its certificate."""
    try:
        found = requests.get(url, verify=False, timeout=5, allow_redirects=False)  # noqa: S501
    except requests.RequestException as error:
        return f"does not answer: {type(error).__name__}"
    return f"answers {found.status_code}{MEANINGS.get(found.status_code, '')}"


def main(stack: str) -> None:
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
    for name, url in found["urls"].items():
        print(f"  {name:<14} {url}  {answer(url)}")
    print(f"\n  ssh -i {key} {found['ssh']['user']}@<address>")
    print(f"  export DOCKER_HOST={endpoint} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH={key.parent}\n")


if __name__ == "__main__":
    main(sys.argv[1])
